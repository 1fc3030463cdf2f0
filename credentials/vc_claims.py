"""A document of the catalogue as claims of SD-JWT VC, and back; from the catalogue alone.

Every claim may be withheld, and so may every member of an address, every element of a list of
records and every member of such an element. The claims about the credential itself (`iss`, `exp`,
`cnf`, …) are not made here. Names with a dot (`address.street_address`) become nested objects; a
name that says something of the credential itself (a tax number's `status`) gets the document
type's name in front.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from credentials.claim_path import Path, find_values
from credentials.claim_shapes import (
    Authority,
    age_reached,
    ages,
    is_age,
    picture_url,
    read_digits,
    read_picture,
    read_scalar,
    write_scalar,
)
from credentials.disclosures import Selective
from credentials.document_types import DocumentType, Profile
from credentials.errors import FormatError
from credentials.fields import Field
from credentials.sd_jwt_vc import OPEN_CLAIMS

DAY = 86_400
_TAKEN = OPEN_CLAIMS | {"sub", "aud", "jti"}


def coarse_times(now: int, days: int) -> tuple[int, int]:
    """Return (issued at, expires at) in unix seconds, both at the beginning of a UTC day.

    All credentials of a day have the same times, so that nobody can tell two presentations of one
    person by them (RFC 9901 section 10.1). It is valid for the `days` that follow the day of issue.
    """
    day = now - now % DAY
    return day, day + (days + 1) * DAY


def make_claims(
    document_type: DocumentType,
    profile: Profile,
    values: Mapping[str, object],
    *,
    authority: Authority,
    picture: bytes | None = None,
) -> dict[str, object]:
    """Return the claims of a profile, each value wrapped in `Selective`.

    `values` are those `DocumentType.encode` takes; what the profile leaves out stays out.
    `picture` (JPEG or WebP, at most 64 KiB) takes the place of the tiny portrait of the QR.
    LintError("FIELD_…", name) as from `DocumentType.encode`, LintError("PICTURE").
    """
    known = document_type.decode(profile, document_type.encode(profile, values))
    if picture is not None and document_type.pictures & set(profile.names):
        known |= dict.fromkeys(document_type.pictures & set(profile.names), picture)
    claims = _members(document_type.fields, known, document_type.name)
    claims |= {name: Selective(text) for name, text in authority.claims().items()}
    return claims


def claim_paths(document_type: DocumentType, name: str) -> tuple[Path, ...]:
    """Return the paths that carry the value `name`, none when the format has no such claim.

    Several for ages: one for each number of years. KeyError for an unknown name.
    """
    field = document_type.field(name)
    if field.parts:
        return ((name,),)
    if not field.oidc:
        return ()
    path: Path = tuple(claim_steps(field, document_type.name))
    if is_age(field):
        return tuple((*path, str(number)) for number in ages(field, None))
    return (path,)


def read_claims(document_type: DocumentType, claims: Mapping[str, object]) -> dict[str, object]:
    """Return {name: value} of disclosed claims, as `Catalogue.decode` names and types them.

    What was not disclosed is absent, no default is filled in. FormatError("CLAIM_INVALID",
    "FIELD_INVALID" or "PICTURE"): an issuer wrote something the catalogue does not allow.
    """
    return _read(document_type.fields, claims, document_type.name)


def claim_steps(field: Field, owner: str) -> list[str]:
    """Return the names that lead to a field's claim; `owner` is the document type's name.

    In a record `owner` is "": there nothing is said of the credential itself.
    """
    steps = field.oidc.split(".")
    return [f"{owner}_{steps[0]}", *steps[1:]] if owner and steps[0] in _TAKEN else steps


def _members(
    fields: Iterable[Field], values: Mapping[str, object], owner: str = ""
) -> dict[str, object]:
    claims: dict[str, object] = {}
    for field in fields:
        for part in field.parts:
            if values.get(part.name) is not None:
                claims[part.name] = Selective(values[part.name])
        if field.oidc and not field.parts and values.get(field.name) is not None:
            _place(claims, claim_steps(field, owner), _write(field, values[field.name]))
    return claims


def _place(claims: dict[str, object], path: list[str], value: object) -> None:
    """Put a value where its path says; objects on the way may be withheld like values."""
    name, *rest = path
    if not rest:
        claims[name] = Selective(value)
        return
    inner = claims.setdefault(name, Selective({}))
    if isinstance(inner, Selective) and isinstance(inner.value, dict):
        _place(inner.value, rest, value)


def _write(field: Field, value: object) -> object:
    if field.kind == "records" and isinstance(value, list):
        return [Selective(_members(field.fields, record)) for record in value]
    if field.kind == "image" and isinstance(value, bytes):
        return picture_url(value)
    if is_age(field):
        return {str(years): Selective(over) for years, over in ages(field, value).items()}
    return write_scalar(field, field.oidc, value)


def _read(
    fields: Iterable[Field], claims: Mapping[str, object], owner: str = ""
) -> dict[str, object]:
    values: dict[str, object] = {}
    for field in fields:
        for part in field.parts:
            if part.name in claims:
                values[part.name] = read_digits(claims[part.name], part)
        if field.oidc and not field.parts:
            for found in find_values(claims, tuple(claim_steps(field, owner))):
                value = _read_value(field, found)
                if value is not None:
                    values[field.name] = value
    return values


def _read_value(field: Field, found: object) -> object:
    if field.kind == "records":
        if not isinstance(found, list) or not all(isinstance(one, Mapping) for one in found):
            raise FormatError("CLAIM_INVALID", field.name)
        return [_read(field.fields, record) for record in found]
    if field.kind == "image":
        return read_picture(found)
    if is_age(field):
        if not isinstance(found, Mapping):
            raise FormatError("CLAIM_INVALID", field.name)
        known = {str(years): years for years in ages(field, None)}
        return age_reached(field, {known[name]: found[name] for name in found if name in known})
    return read_scalar(field, field.oidc, found)
