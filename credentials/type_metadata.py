"""The type metadata document that an SD-JWT VC's `vct` leads to, from the catalogue alone.

SD-JWT VC section 6: what the type is called, which claims it has, what people call them, and
that every one of them may be withheld.
"""

from __future__ import annotations

import hashlib
from base64 import b64encode
from collections.abc import Iterable, Iterator

from credentials.claim_shapes import ages, is_age
from credentials.document_types import DocumentType
from credentials.fields import Field, Labels
from credentials.json_text import encode_json
from credentials.vc_claims import claim_steps

LANGUAGES = ("id", "en")
_AUTHORITY = {
    "issuing_authority": Labels("Instansi penerbit", "Issuing authority"),
    "issuing_country": Labels("Negara penerbit", "Issuing country"),
    "issuing_jurisdiction": Labels("Wilayah penerbit", "Issuing jurisdiction"),
}

Found = tuple[list[str | None], Labels | None, str]  # path, label, name of the value


def type_metadata(document_type: DocumentType) -> bytes:
    """Return the document as JSON bytes: serve exactly these, `integrity` is over them."""
    always = _always_there(document_type)
    claims = [
        _claim(path, labels, mandatory=name in always)
        for path, labels, name in _once(_walk(document_type.fields, [], document_type.name))
    ]
    claims += [_claim([name], labels, mandatory=False) for name, labels in _AUTHORITY.items()]
    document: dict[str, object] = {
        "vct": document_type.vct,
        "name": document_type.labels.en,
        "description": document_type.labels.id,
        "display": [
            {"locale": language, "name": document_type.labels.text(language)}
            for language in LANGUAGES
        ],
        "claims": claims,
    }
    return encode_json(document)


def integrity(document: bytes) -> str:
    """Return the `vct#integrity` value (Subresource Integrity, SHA-256 in base64)."""
    return "sha256-" + b64encode(hashlib.sha256(document).digest()).decode()


def _always_there(document_type: DocumentType) -> frozenset[str]:
    """Return the names that every profile requires and no default stands for."""
    required = [
        {name for name in profile.required if document_type.field(name).default is None}
        for profile in document_type.profiles
        if not profile.part
    ]
    return frozenset(set.intersection(*required)) if required else frozenset()


def _walk(fields: Iterable[Field], prefix: list[str | None], owner: str = "") -> Iterator[Found]:
    for field in fields:
        for part in field.parts:
            yield [*prefix, part.name], part.labels, field.name
        if field.parts or not field.oidc:
            continue
        steps = claim_steps(field, owner)
        for end in range(1, len(steps)):
            yield [*prefix, *steps[:end]], None, ""
        path = [*prefix, *steps]
        yield path, field.labels, "" if prefix else field.name
        if is_age(field):
            for years in ages(field, None):
                label = Labels(f"{field.labels.id} ({years})", f"{field.labels.en} ({years})")
                yield [*path, str(years)], label, ""
        if field.fields:
            yield [*path, None], None, ""
            yield from _walk(field.fields, [*path, None])


def _once(found: Iterable[Found]) -> Iterator[Found]:
    """Drop repeated paths: several members share their `address`."""
    seen: set[tuple[str | None, ...]] = set()
    for path, labels, name in found:
        if tuple(path) not in seen:
            seen.add(tuple(path))
            yield path, labels, name


def _claim(path: list[str | None], labels: Labels | None, *, mandatory: bool) -> dict[str, object]:
    claim: dict[str, object] = {"path": path}
    if labels is not None:
        claim["display"] = [
            {"locale": language, "label": labels.text(language)} for language in LANGUAGES
        ]
    if mandatory:
        claim["mandatory"] = True
    claim["sd"] = "always"
    return claim
