"""What the page says to people: texts, the labels of what is asked, a result made readable."""

from __future__ import annotations

import json
from datetime import date
from functools import cache
from importlib import resources
from typing import Any

from credentials.document_types import DocumentType
from credentials.fields import Field, Labels
from verifier.openid4vp.exchange import RelyingParty
from verifier.openid4vp.queries import MDOC, SD_JWT
from verifier.openid4vp.settings import Offer

LANGUAGES = ("id", "en")
_MONTHS = {
    "id": (
        "Januari", "Februari", "Maret", "April", "Mei", "Juni", "Juli", "Agustus", "September",
        "Oktober", "November", "Desember",
    ),
    "en": (
        "January", "February", "March", "April", "May", "June", "July", "August", "September",
        "October", "November", "December",
    ),
}  # fmt: skip
_FORMATS = {SD_JWT: "SD-JWT VC", MDOC: "mdoc"}
_WHY = "why_"
_REASONS = {
    "EXPIRED": "expired", "NOT_YET_VALID": "expired", "CHAIN_EXPIRED": "issuer",
    "STATUS_REVOKED": "revoked", "STATUS_SUSPENDED": "suspended",
    "STATUS_UNKNOWN": "status", "STATUS_TOO_OLD": "status",
    "CLAIM_REQUIRED": "missing", "FIELD_MISSING": "missing", "CLAIM_NOT_ASKED": "more",
    "BELOW_MINIMUM": "minimum", "TYPE_NOT_ASKED": "type", "KEY_BINDING_OLD": "clock",
    "ISSUED_IN_FUTURE": "clock", "CHAIN_UNTRUSTED": "issuer", "ISSUER_NOT_FOR_TYPE": "issuer",
    "ISSUER_MISMATCH": "issuer",
}  # fmt: skip


@cache
def _texts() -> dict[str, dict[str, str]]:
    file = resources.files("verifier.openid4vp") / "texts.json"
    texts: dict[str, dict[str, str]] = json.loads(file.read_text(encoding="utf-8"))
    return texts


def language_texts(language: str, **values: object) -> dict[str, str]:
    """Return every text in one language, places filled that have a value here."""
    texts = {name: text[language] for name, text in _texts().items()}
    for place, value in values.items():
        texts = {name: text.replace(f"{{{place}}}", str(value)) for name, text in texts.items()}
    return texts


def why_refused(code: str, language: str) -> str:
    """Return what to tell a person about a refusal; a general text for a rare one."""
    return _texts()[_WHY + _REASONS.get(code, "other")][language]


def check_titles(party: RelyingParty, language: str) -> list[str]:
    """Return the offers' titles, told apart by document and format where a policy comes twice."""
    offers = party.settings.offers
    titles = []
    for offer in offers:
        same = [one for one in offers if one.policy == offer.policy]
        parts = [party.policy(offer.policy).title[language]]
        if len({one.document_type for one in same}) > 1:
            parts.append(document_label(party, offer, language))
        if len({one.format for one in same if one.document_type == offer.document_type}) > 1:
            parts.append(_FORMATS[offer.format])
        titles.append(" · ".join(parts))
    return titles


def document_label(party: RelyingParty, offer: Offer, language: str) -> str:
    """Return the document's name."""
    return _of(party.checker.trust.catalogue.document_type(offer.document_type).labels, language)


def asked_labels(party: RelyingParty, offer: Offer, language: str) -> list[dict[str, Any]]:
    """Return what is asked, as the document's own labels; `always` where the policy insists."""
    query = party.query(offer.policy, offer.document_type, offer.format)
    required = party.policy(offer.policy).required
    kind = query.document_type
    names = [name for field in kind.fields for name in field.value_names if name in query.fields]
    return [
        {"label": _of(kind.label(name), language), "always": name in required} for name in names
    ]


def shown_result(party: RelyingParty, result: dict[str, Any], language: str) -> dict[str, Any]:
    """Return a result for people: rows in the document's order, the picture apart."""
    kind = party.checker.trust.catalogue.document_type(result["type"])
    claims = result["claims"]
    order = [name for field in kind.fields for name in field.value_names if name in claims]
    rows = [
        {"label": _of(kind.label(name), language), "value": _readable(kind, name, claims, language)}
        for name in order
        if name not in kind.pictures
    ]
    picture = next((claims[name] for name in order if name in kind.pictures), "")
    head = {name: result[name] for name in ("issuer", "status", "status_as_of", "expires_at")}
    return head | {"rows": rows, "picture": picture, "document": _of(kind.labels, language)}


def _readable(kind: DocumentType, name: str, claims: dict[str, Any], language: str) -> str:
    return _value(kind.field(name), claims[name], language)


def _value(field: Field, value: object, language: str) -> str:
    """Return a value as text: a code by its label, records one a line."""
    if field.kind == "code" and isinstance(value, str):
        labels = field.code_labels(value)
        return value if labels is None else _of(labels, language)
    if field.kind == "date" and isinstance(value, str):
        return _long_date(value, language)
    if isinstance(value, list):
        return "\n".join(_record(field, one, language) for one in value)
    return str(value)


def _long_date(value: str, language: str) -> str:
    day = date.fromisoformat(value)
    return f"{day.day} {_MONTHS[language][day.month - 1]} {day.year}"


def _record(field: Field, record: object, language: str) -> str:
    if not isinstance(record, dict):
        return str(record)
    known = {one.name: one for one in field.fields}
    values = [
        _value(known[name], value, language) if name in known else str(value)
        for name, value in record.items()
    ]
    return " · ".join(values)


def _of(labels: Labels, language: str) -> str:
    return labels.id if language == "id" else labels.en
