"""Receipts and audits as a person reads them, and as a program does (`--json`)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import fields
from datetime import UTC, datetime
from functools import cache
from importlib import resources

from verifier.codes import Code
from verifier.receipts.audit import Audited
from verifier.receipts.findings import PROBLEMS, Finding
from verifier.receipts.record import Check, Receipt
from verifier.receipts.sealing import Evidence
from verifier.report import row
from verifier.words import Language, Words, known_codes

Row = tuple[str, str]
# Nothing was read at all; every other error of a check is one of the computer's own.
_NOT_READ = {"QR_NOT_FOUND", "QR_SEVERAL", "QR_DAMAGED", "IMAGE_INVALID", "IMAGE_TOO_LARGE"}


def told(key: str, language: Language, **values: object) -> str:
    """Return one text of `texts.json` with its places filled; KeyError for an unknown key."""
    return _texts()[key][language].format(**values)


def second(unix: int) -> str:
    """Return a time to the second, in UTC."""
    try:
        return datetime.fromtimestamp(unix, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    except (ValueError, OverflowError, OSError):
        return f"{unix} s"


def verdict_word(check: Check, words: Words) -> str:
    """Return the verdict's headline; the code itself where this version knows it no more."""
    if check.code in _NOT_READ:
        return told("not_read", words.language)
    if check.code in known_codes()[1]:
        return told("device_fault", words.language)
    if check.code not in set(Code):
        return check.code
    word = words.word(check.code)
    if check.accepted or check.code not in {"VALID", "VALID_STATUS_UNKNOWN", "HOLDER_NOT_PROVEN"}:
        return word
    return told("again_refused", words.language)


def receipt_rows(receipt: Receipt, words: Words, evidence: Evidence | None = None) -> list[Row]:
    """Return (label, value) of everything in a receipt."""
    language, record = words.language, receipt.record
    rows = [
        (told("member_number", language), str(record.number)),
        (told("member_at", language), second(record.at)),
    ]
    if isinstance(record.body, Check):
        rows += _check_rows(record.body, words)
    else:
        rows.append((told("member_kind", language), told(f"kind_{record.kind}", language)))
    rows += [
        (told("member_hash", language), receipt.digest.hex()),
        (told("member_previous", language), record.previous.hex()),
    ]
    if evidence is not None:
        rows.append((told("member_text", language), evidence.text))
        rows += [(name, _plain_line(value)) for name, value in evidence.claims.items()]
    return [(label, _readable(value)) for label, value in rows]


def receipt_members(receipt: Receipt, evidence: Evidence | None = None) -> dict[str, object]:
    """Return a receipt as JSON: every member by its name, bytes as hex, times as unix seconds."""
    record = receipt.record
    body = {one.name: getattr(record.body, one.name) for one in fields(record.body)}
    members: dict[str, object] = {
        "number": record.number,
        "kind": record.kind,
        "at": record.at,
        "chain": record.chain.hex(),
        "hash": receipt.digest.hex(),
        "previous": record.previous.hex(),
        "verifier": record.verifier,
        **{name: one.hex() if isinstance(one, bytes) else one for name, one in body.items()},
    }
    if evidence is not None:
        members["evidence"] = {"text": evidence.text, "claims": evidence.claims}
    return members


def audit_members(result: Audited) -> dict[str, object]:
    """Return an audit as JSON."""
    head = result.head
    return {
        "intact": result.intact,
        "chain": None if result.chain is None else result.chain.hex(),
        "key": result.key,
        "key_compared": result.key_known,
        "first": result.first,
        "last": None if head is None else head.number,
        "head": None if head is None else head.text,
        "records": result.records,
        "checks": result.checks,
        "accepted": result.accepted,
        "sealed": result.sealed,
        "opened": result.opened,
        "issuer_checked": result.issuer_checked,
        "heads_confirmed": result.heads_confirmed,
        "counts": result.findings.counts,
        "findings": [
            {"code": one.code, "number": one.number, "detail": one.detail}
            for one in result.findings.listed
        ],
    }


def audit_lines(result: Audited, words: Words, *, key_given: bool) -> Iterator[str]:
    """Yield an audit for a person: the verdict, what it covers, then every finding."""
    language = words.language
    yield f"  {'✔' if result.intact else '✘'} " + told(
        "audit_intact" if result.intact else "audit_broken", language
    )
    yield ""
    head = result.head
    covered = told("none", language)
    if head is not None and result.first is not None:
        covered = f"{result.first} – {head.number}"
    yield row(told("audit_covered", language), covered)
    counts = told("audit_counts", language, checks=result.checks, accepted=result.accepted)
    yield row(told("audit_checks", language), counts)
    if result.sealed:
        sealed = told(
            "audit_sealed_counts", language, sealed=result.sealed, opened=result.opened,
            issuer=result.issuer_checked,
        )  # fmt: skip
        yield row(told("audit_sealed", language), sealed)
    if result.key is not None:
        yield row(told("member_key", language), result.key)
    if not key_given:
        yield row("", told("audit_key_not_compared", language))
    if head is not None:
        yield row(told("member_head", language), head.text)
    if result.heads_confirmed:
        yield row("", told("audit_heads", language, n=result.heads_confirmed))
    for finding in result.findings.listed:
        yield _finding(finding, language)
    more = sum(result.findings.counts.values()) - len(result.findings.listed)
    if more:
        yield told("audit_more", language, n=more)


def _finding(finding: Finding, language: Language) -> str:
    sign = "✘" if finding.code in PROBLEMS else "·"
    number = "" if finding.number is None else f"{finding.number}: "
    detail = f" ({finding.detail})" if finding.detail else ""
    return _readable(f"  {sign} {number}{told(f'finding_{finding.code}', language)}{detail}")


def _check_rows(check: Check, words: Words) -> Iterator[Row]:
    language = words.language
    yield told("member_desk", language), check.desk
    yield told("member_verdict", language), f"{verdict_word(check, words)} ({check.code})"
    accepted = told("accepted" if check.accepted else "not_accepted", language)
    yield told("member_accepted", language), accepted
    if check.document_type is not None:
        document = f"{check.document_type} / {check.profile}"
        yield words.label("document"), document
    yield told("member_form", language), told(f"form_{check.form}", language)
    issuer = "" if check.issuer is None else check.issuer
    authentic = words.label("authentic_yes", issuer=issuer)
    yield words.label("authentic"), authentic if check.authentic else words.label("authentic_no")
    yield words.label("possession"), words.label(f"possession_{check.possession}")
    yield words.label("status"), words.label(f"status_{check.status}")
    bundle = told(
        "bundle", language, version=check.bundle_version, moment=second(check.status_as_of)
    )
    yield words.label("bundle"), bundle
    yield words.label("policy"), f"{check.policy} (SHA-256 {check.policy_digest.hex()})"
    if check.purpose:
        yield told("member_purpose", language), check.purpose
    if check.nonce is not None:
        yield told("member_nonce", language), check.nonce.hex()
    if check.seen_seconds is not None:
        yield told("member_seen", language), told("seen", language, n=check.seen_seconds)
    if check.mark is not None and check.salt is not None:
        yield told("member_mark", language), f"{check.mark.hex()} ({check.salt.hex()})"
    sealed = "sealed_yes" if check.sealed is not None else "sealed_no"
    yield told("member_sealed", language), told(sealed, language)
    if check.development:
        yield "", words.label("development")


def _plain_line(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _readable(text: str) -> str:
    """Keep control characters of whoever wrote it from the terminal."""
    return "".join(one if one.isprintable() else "�" for one in text)


@cache
def _texts() -> dict[str, dict[str, str]]:
    file = resources.files("verifier.receipts") / "texts.json"
    texts: dict[str, dict[str, str]] = json.loads(file.read_text(encoding="utf-8"))
    return texts
