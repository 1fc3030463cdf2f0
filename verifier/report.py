"""A verdict as a program reads it (`--json`) and as a person reads it."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Protocol

from credentials.catalogue import Catalogue, DocumentType, Field
from credentials.errors import FormatError
from credentials.regions import Regions
from verifier.bundle import TrustedBundle
from verifier.codes import Code
from verifier.policy import Policy
from verifier.verdict import Facts, Refused, Verified
from verifier.words import Words, moment

_GREEN, _YELLOW, _RED, _BOLD, _PLAIN = (
    "\x1b[42;30m",
    "\x1b[43;30m",
    "\x1b[41;97m",
    "\x1b[1m",
    "\x1b[0m",
)
_ICONS = {_GREEN: "✔", _YELLOW: "!", _RED: "✘"}  # never colour alone


@dataclass(frozen=True, slots=True)
class Report:
    """One check's outcome with what surrounds it; `portrait` is the path it was written to."""

    verdict: Verified | Refused
    bundle: TrustedBundle
    policy: Policy
    now: datetime
    portrait: str | None = None

    @property
    def valid(self) -> bool:
        """Whether the policy accepts it."""
        return isinstance(self.verdict, Verified)

    def members(self) -> dict[str, object]:
        """Return the members of the JSON form."""
        facts = self.verdict.facts
        return {
            "valid": self.valid,
            "code": str(self.verdict.code),
            "detail": self.verdict.detail if isinstance(self.verdict, Refused) else "",
            "authentic": facts.authentic,
            "possession": facts.possession,
            "status": facts.status,
            "status_as_of": _time(facts.status_as_of),
            "status_age_seconds": (
                None if facts.status_age is None else int(facts.status_age.total_seconds())
            ),
            "document_type": facts.document_type,
            "profile": facts.profile,
            "issuer": facts.issuer,
            "issued_at": _time(facts.issued_at),
            "expires_at": _time(facts.expires_at),
            "claims": plain(facts.claims),
            "portrait": self.portrait,
            "policy": self.policy.name,
            "bundle_version": self.bundle.version,
            "development_trust": self.bundle.development,
        }

    def json(self) -> str:
        """Return the JSON form, one line."""
        return json.dumps(self.members(), ensure_ascii=False)

    def human(self, words: Words, *, colour: bool) -> str:
        """Return the form for a person: the verdict first, then the three facts, then claims."""
        facts = self.verdict.facts
        shade, headline = self._headline(words)
        lines = [*development_lines(self.bundle, words)]
        head = f"  {_ICONS[shade]} {headline}  "
        lines += [f"{shade}{_BOLD}{head}{_PLAIN}" if colour else head, ""]
        rows = [
            (words.label("next"), words.next_step(self.verdict.code)),
            (words.label("code"), str(self.verdict.code)),
            *self._detail(words),
            *_fact_rows(self.bundle, facts, words),
            *self._claim_rows(facts, words),
        ]
        if self.portrait is not None:
            rows.append((words.label("portrait"), self.portrait))
        rows.append((words.label("bundle"), bundle_line(self.bundle, self.now, words)))
        rows.append((words.label("policy"), words.of(self.policy.title)))
        return "\n".join(lines + [row(label, text) for label, text in rows])

    def _headline(self, words: Words) -> tuple[str, str]:
        code = self.verdict.code
        headline = words.word(code)
        if not self.valid:
            return (_YELLOW if code in _CURABLE else _RED), headline
        age = self.verdict.facts.status_age
        if age is not None and age > self.policy.status_warn_age:
            return _YELLOW, f"{headline}, {words.label('status_old', age=words.age(age))}"
        return (_GREEN if code == Code.VALID else _YELLOW), headline

    def _detail(self, words: Words) -> list[tuple[str, str]]:
        if self.verdict.code in CLOCK_CODES:
            return [(words.label("device_time"), moment(self.now))]
        if isinstance(self.verdict, Refused) and self.verdict.detail:
            return [(words.label("missing"), self.verdict.detail)]
        return []

    def _claim_rows(self, facts: Facts, words: Words) -> list[tuple[str, str]]:
        if facts.document_type is None:
            return []
        return claim_rows(self.bundle, facts.document_type, facts.claims, words)


# What a clock that is wrong looks like, ahead or behind: beside these its time is told.
CLOCK_CODES = frozenset(
    {Code.CLOCK_SUSPECT, Code.BUNDLE_EXPIRED, Code.NOT_YET_VALID, Code.PROOF_FROM_FUTURE}
)

# Nothing is wrong with the credential itself: the holder or this terminal can mend it.
_CURABLE = {
    Code.HOLDER_NOT_PROVEN, Code.CLOCK_SUSPECT, Code.BUNDLE_EXPIRED, Code.NOT_FRESH, Code.REPLAYED,
    Code.PROOF_FROM_FUTURE, Code.STATUS_UNKNOWN, Code.STATUS_TOO_OLD, Code.CHALLENGE_REQUIRED,
    Code.CHALLENGE_EXPIRED, Code.CHALLENGE_MISMATCH, Code.DOCUMENT_NOT_ACCEPTED,
    Code.DOCUMENT_UNKNOWN, Code.FIELD_MISSING, Code.REPLAY_MEMORY_FULL,
    Code.TEXT_TOO_LONG, Code.PREFIX_UNKNOWN,
    Code.NOT_A_CREDENTIAL, Code.BASE45_INVALID, Code.CBOR_INVALID, Code.CLAIMS_INVALID,
    Code.EXPIRED, Code.NOT_YET_VALID, Code.VERIFIER_TOO_OLD,
}  # fmt: skip


def development_lines(bundle: TrustedBundle, words: Words) -> list[str]:
    """Return the warning that every output under the sample root carries, or nothing."""
    return [f"*** {words.label('development')} ***"] if bundle.development else []


def bundle_line(bundle: TrustedBundle, now: datetime, words: Words) -> str:
    """Return the bundle's version and age in one line."""
    issued_at = datetime.fromtimestamp(bundle.issued_at, UTC)
    return words.label(
        "bundle_line",
        version=bundle.version,
        moment=moment(issued_at),
        age=words.age(now - issued_at),
    )


def row(label: str, text: str) -> str:
    """Return one aligned line, or several."""
    return f"  {label:<22} {text}".replace("\n", "\n" + " " * 25)


class Names(Protocol):
    """What the words come from: a bundle has both."""

    @property
    def catalogue(self) -> Catalogue:
        """The labels of types, fields and codes."""

    @property
    def regions(self) -> Regions:
        """The names of villages."""


def claim_rows(
    names: Names, document_type: str, claims: Mapping[str, object], words: Words
) -> list[tuple[str, str]]:
    """Return (label, value) of each claim, in the bundle's words where it has some."""
    try:
        known = names.catalogue.document_type(document_type)
    except KeyError:  # claim 169 of other issuers
        return [(name, _shown(value)) for name, value in claims.items()]
    text = _ClaimText(names.regions, words)
    return [_claim_row(known, name, value, text) for name, value in claims.items()]


def document_text(names: Names, facts: Facts, words: Words) -> str:
    """Return document type and profile in the catalogue's words."""
    try:
        kind = names.catalogue.document_type(facts.document_type or "")
        profile = kind.profile(facts.profile or "")
    except KeyError:
        return f"{facts.document_type} / {facts.profile}"
    return f"{kind.labels.text(words.language)} / {profile.labels.text(words.language)}"


def _claim_row(
    document_type: DocumentType, name: str, value: object, text: _ClaimText
) -> tuple[str, str]:
    try:
        field, label = document_type.field(name), document_type.label(name)
    except KeyError:
        return name, _shown(value)
    return label.text(text.words.language), text.of(field, value)


@dataclass(frozen=True, slots=True)
class _ClaimText:
    """How one value is told: in the catalogue's words, a village by its names."""

    regions: Regions
    words: Words

    def of(self, field: Field, value: object) -> str:
        """Return one value; records are lines."""
        if field.kind == "records" and isinstance(value, list):
            return "\n".join(self._record(field, record) for record in value)
        if not isinstance(value, str):
            return _shown(value)
        if field.kind == "date":
            return self.words.day(date.fromisoformat(value))
        if field.kind == "village":
            return self._village(value)
        labels = field.code_labels(value)
        return _shown(value) if labels is None else labels.text(self.words.language)

    def _record(self, field: Field, record: Mapping[str, object]) -> str:
        members = ((one, record.get(name)) for one in field.fields for name in one.value_names)
        return " · ".join(self.of(one, value) for one, value in members if value)

    def _village(self, code: str) -> str:
        try:
            region = self.regions.find(code)
        except FormatError:
            region = None
        if region is None:
            return _shown(code)
        parts = (region.village, region.district, region.regency, region.province)
        return f"{', '.join(part for part in parts if part)} ({code})"


def plain(value: object) -> object:
    """Return a claim value as JSON can hold it: dates as ISO text, bytes as base64."""
    if isinstance(value, Mapping):
        return {str(key): plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [plain(one) for one in value]
    if isinstance(value, bytes):
        return b64encode(value).decode()
    if isinstance(value, date):
        return value.isoformat()
    return value


def _fact_rows(names: Names, facts: Facts, words: Words) -> list[tuple[str, str]]:
    authentic = words.label("authentic_no")
    if facts.authentic:
        authentic = words.label("authentic_yes", issuer=facts.issuer)
    status = words.label(f"status_{facts.status}")
    if facts.status_as_of is not None and facts.status_age is not None:
        when = moment(facts.status_as_of)
        status += ", " + words.label("as_of", moment=when, age=words.age(facts.status_age))
    rows = [
        (words.label("authentic"), authentic),
        (words.label("possession"), words.label(f"possession_{facts.possession}")),
        (words.label("status"), status),
    ]
    if facts.expires_at is not None:
        until = words.label("until", moment=moment(facts.expires_at))
        rows.append((words.label("validity"), until))
    if facts.document_type is not None:
        rows.append((words.label("document"), document_text(names, facts, words)))
    return rows


def _shown(value: object) -> str:
    """One line for a person. Control characters of a hostile issuer never reach the terminal."""
    if not isinstance(value, str):
        value = json.dumps(plain(value), ensure_ascii=False)
        value = value.strip('"')
    return "".join(c if c.isprintable() else "�" for c in value)


def _time(when: datetime | None) -> str | None:
    return None if when is None else when.isoformat().replace("+00:00", "Z")
