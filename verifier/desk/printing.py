"""A receipt as it is printed: what was checked and found, and at the foot what proves it later.

Nothing on it names a person: the desk itself cannot open what was sealed. The foot holds the head
of the chain as it was then; with it an auditor notices when the chain was changed or cut later.
"""

from __future__ import annotations

from dataclasses import dataclass

from credentials.catalogue import Catalogue
from verifier.desk.drawing import draw_svg
from verifier.desk.texts import page_text
from verifier.receipts.book import Head
from verifier.receipts.record import Check, Receipt
from verifier.receipts.telling import second, told, verdict_word
from verifier.words import Language, Words

Row = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Printed:
    """What the template prints. `hash_lines` in groups of eight, to be read out or compared."""

    number: int
    accepted: bool
    word: str
    rows: tuple[Row, ...]
    details: tuple[Row, ...]
    development: bool
    head: str
    svg: str
    hash_lines: tuple[str, ...]


def printed(
    receipt: Receipt, *, catalogue: Catalogue, key: str, language: Language
) -> Printed | None:
    """Return what is printed of a check; None for a record of another kind."""
    record, check, words = receipt.record, receipt.record.body, Words(language)
    if not isinstance(check, Check):
        return None
    head = Head(record.chain, record.number, receipt.digest).text
    details = [
        (page_text("receipt_chain", language), _groups(record.chain.hex())),
        (page_text("receipt_key", language), key),
    ]
    return Printed(
        number=record.number,
        accepted=check.accepted,
        word=verdict_word(check, words),
        rows=tuple(_rows(check, record.at, catalogue, words)),
        details=tuple(details),
        development=check.development,
        head=head,
        svg=draw_svg(head),
        hash_lines=tuple(_groups(receipt.digest.hex()[n : n + 32]) for n in (0, 32)),
    )


def _rows(check: Check, at: int, catalogue: Catalogue, words: Words) -> list[Row]:
    language = words.language
    authentic = words.label("authentic_no")
    if check.authentic:
        authentic = words.label("authentic_yes", issuer=check.issuer or "")
    bundle = told(
        "bundle", language, version=check.bundle_version, moment=second(check.status_as_of)
    )
    rows = [
        (told("member_at", language), second(at)),
        (told("member_desk", language), check.desk),
        (told("member_purpose", language), check.purpose),
        (words.label("document"), _document(check, catalogue, language)),
        (told("member_form", language), told(f"form_{check.form}", language)),
        (words.label("authentic"), authentic),
        (words.label("possession"), words.label(f"possession_{check.possession}")),
        (words.label("status"), words.label(f"status_{check.status}")),
        (words.label("bundle"), bundle),
        (words.label("policy"), f"{check.policy} · {check.policy_digest.hex()[:16]}"),
        (told("member_nonce", language), "" if check.nonce is None else check.nonce.hex()),
        (told("member_seen", language), _seen(check, language)),
        (told("member_sealed", language), told(_sealed(check), language)),
    ]
    return [(label, value) for label, value in rows if value]


def _document(check: Check, catalogue: Catalogue, language: Language) -> str:
    if check.document_type is None:
        return ""
    try:
        kind = catalogue.document_type(check.document_type)
        profile = kind.profile(check.profile or "")
    except KeyError:
        return f"{check.document_type} / {check.profile}"
    return f"{kind.labels.text(language)} / {profile.labels.text(language)}"


def _seen(check: Check, language: Language) -> str:
    if check.seen_seconds is None:
        return ""
    return told("seen", language, n=check.seen_seconds)


def _sealed(check: Check) -> str:
    return "sealed_no" if check.sealed is None else "sealed_yes"


def _groups(digits: str) -> str:
    return " ".join(digits[n : n + 8] for n in range(0, len(digits), 8)).upper()
