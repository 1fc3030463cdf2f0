"""A document of the catalogue as data elements of an mdoc, and back; from the catalogue alone.

Elements that ISO/IEC 23220-2 or ISO 18013-5 define stand in `org.iso.23220.1`, all others in a
namespace that is the document type's own name. Portrait, age_over_NN, dates and sex are written as
in a mobile driving licence.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

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
from credentials.document_types import DocumentType, Profile
from credentials.errors import FormatError
from credentials.fields import Field
from credentials.tagged_cbor import full_date

NAMESPACE = "org.iso.23220.1"
STANDARD = frozenset(
    {
        *("age_in_years", "birth_date", "birth_place", "document_number", "email_address"),
        *("expiry_date", "family_name", "given_name", "issuance_date", "issuing_authority"),
        *("issuing_country", "issuing_jurisdiction", "mobile_phone_number", "nationality"),
        *("personal_administrative_number", "place_of_birth", "portrait", "resident_address"),
        *("resident_city", "resident_country", "resident_postal_code", "resident_state"),
        *("resident_street", "sex"),
    }
)
_AGE = "age_over_"

Elements = dict[str, dict[str, object]]


def make_elements(
    document_type: DocumentType,
    profile: Profile,
    values: Mapping[str, object],
    *,
    authority: Authority,
    picture: bytes | None = None,
) -> Elements:
    """Return {namespace: {element: value}} of a profile, ready for `mdoc_issuer.issue_mdoc`.

    The parameters are those of `vc_claims.make_claims`; LintError as there.
    """
    known = document_type.decode(profile, document_type.encode(profile, values))
    if picture is not None:
        picture_url(picture)  # refuses what is no picture
        known |= dict.fromkeys(document_type.pictures & set(profile.names), picture)
    members = _members(document_type.fields, known) | authority.claims()
    elements: Elements = {}
    for name, value in members.items():
        elements.setdefault(namespace_of(document_type, name), {})[name] = value
    return elements


def namespace_of(document_type: DocumentType, element: str) -> str:
    """Return the namespace an element stands in."""
    standard = element in STANDARD or element.startswith(_AGE)
    return NAMESPACE if standard else document_type.doctype


def element_names(document_type: DocumentType, name: str) -> tuple[tuple[str, str], ...]:
    """Return the (namespace, element) pairs that carry the value `name`, possibly none.

    Several for ages: one for each number of years. KeyError for an unknown name.
    """
    field = document_type.field(name)
    names = [name] if field.parts else [field.mdoc] if field.mdoc else []
    if is_age(field):
        names = [f"{_AGE}{years}" for years in ages(field, None)]
    return tuple((namespace_of(document_type, one), one) for one in names)


def read_elements(
    document_type: DocumentType, elements: Mapping[str, Mapping[str, object]]
) -> dict[str, object]:
    """Return {name: value} of disclosed elements, as `Catalogue.decode` names and types them.

    Elements of other namespaces are not looked at. FormatError("CLAIM_INVALID", "FIELD_INVALID"
    or "PICTURE"): an issuer wrote something the catalogue does not allow.
    """
    members = {
        element: value
        for namespace, found in elements.items()
        for element, value in found.items()
        if namespace == namespace_of(document_type, element)
    }
    return _read(document_type.fields, members)


def _members(fields: Iterable[Field], values: Mapping[str, object]) -> dict[str, object]:
    members: dict[str, object] = {}
    for field in fields:
        for part in field.parts:
            if values.get(part.name) is not None:
                members[part.name] = values[part.name]
        value = values.get(field.name)
        if field.parts or not field.mdoc or value is None:
            continue
        if is_age(field):
            members |= {f"{_AGE}{years}": over for years, over in ages(field, value).items()}
        else:
            members[field.mdoc] = _write(field, value)
    return members


def _write(field: Field, value: object) -> object:
    if field.kind == "records" and isinstance(value, list):
        return [_members(field.fields, record) for record in value]
    if field.kind == "date" and isinstance(value, str):
        return full_date(value)
    return write_scalar(field, field.mdoc, value)


def _read(fields: Iterable[Field], members: Mapping[str, object]) -> dict[str, object]:
    values: dict[str, object] = {}
    for field in fields:
        for part in field.parts:
            found = members.get(part.name)
            if found is not None:
                values[part.name] = read_digits(found, part)
        value = None if field.parts else _read_value(field, members)
        if value is not None:
            values[field.name] = value
    return values


def _read_value(field: Field, members: Mapping[str, object]) -> object:
    if is_age(field):
        found = {years: members.get(f"{_AGE}{years}") for years in ages(field, None)}
        return age_reached(field, {years: one for years, one in found.items() if one is not None})
    value = members.get(field.mdoc)
    if value is None:
        return None
    if field.kind == "records":
        if not isinstance(value, list) or not all(isinstance(one, Mapping) for one in value):
            raise FormatError("CLAIM_INVALID", field.name)
        return [_read(field.fields, record) for record in value]
    return read_picture(value) if field.kind == "image" else read_scalar(field, field.mdoc, value)
