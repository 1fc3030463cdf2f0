"""The kinds of fields a document may have: how each value looks in Python and on the wire.

    kind     Python value                            wire (CBOR)
    digits   str of exactly `size` digits            uint up to 19 digits, else tstr
    joined   two or more digit strings (its parts)   one uint: the digits one after the other
    village  str of 10 digits (Kemendagri code)      uint
    text     str, 1 to `maximum` characters          tstr
    date     str, ISO 8601 YYYY-MM-DD                uint YYYYMMDD
    code     str, one of the listed values           uint
    uint     int, 0 to `maximum`                     uint
    image    bytes, WebP, at most 2 KiB              bstr
    records  list of dicts with the sub-fields       array of maps (uint keys)

A reader checks as strictly as a writer: both use the same two functions.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date

from credentials.errors import FormatError
from credentials.portrait import check_portrait

KINDS = ("digits", "joined", "village", "text", "date", "code", "uint", "image", "records")
VILLAGE_SIZE = 10
MAX_RECORDS = 64

_UINT_DIGITS = 19  # 10**19 - 1 fits 64 bits
_DIGITS = re.compile(r"[0-9]+", re.ASCII)
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Labels:
    """A text for people in Indonesian and English."""

    id: str
    en: str

    def text(self, language: str) -> str:
        """Return the English text for "en", else the Indonesian one."""
        return self.en if language == "en" else self.id


@dataclass(frozen=True, slots=True)
class Code:
    """One value of a code list. `aliases` are further spellings a registry may use."""

    value: str
    wire: int
    labels: Labels
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Part:
    """One digit string of a joined field."""

    name: str
    size: int
    labels: Labels


@dataclass(frozen=True, slots=True)
class Derivation:
    """How the issuer computes a field: see `credentials.derived`."""

    rule: str
    source: str
    numbers: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a document type, or of a record in it.

    `static` fields never change in the registry, a change of any other means re-issuing;
    `sensitive` ones are left out unless a profile names them; `oidc` and `mdoc` are the claim
    names in SD-JWT VC and ISO mdoc ("" where there is none; parts go by their own names); a value
    equal to `default` is not written; `required` counts in records only (profiles say it for
    documents).
    """

    name: str
    key: int
    kind: str
    labels: Labels
    size: int = 0
    maximum: int = 0
    codes: tuple[Code, ...] = ()
    parts: tuple[Part, ...] = ()
    fields: tuple[Field, ...] = ()
    default: str | None = None
    static: bool = False
    sensitive: bool = False
    required: bool = False
    derived: Derivation | None = None
    oidc: str = ""
    mdoc: str = ""

    @property
    def value_names(self) -> tuple[str, ...]:
        """Names of the Python values this field carries: its own, or those of its parts."""
        return tuple(part.name for part in self.parts) or (self.name,)

    def code_labels(self, value: str) -> Labels | None:
        """Return the labels of a code value, None for an unknown one."""
        return next((code.labels for code in self.codes if code.value == value), None)


def encode_field(field: Field, values: Mapping[str, object], omit: frozenset[str]) -> object | None:
    """Return the wire value, or None when the values have none (or only the default).

    `omit` holds "records.field" names that must stay out. FormatError("FIELD_…", name).
    """
    if field.kind == "joined":
        return _encode_joined(field, values)
    value = values.get(field.name)
    if value is None or value == field.default:
        return None
    if field.kind == "records":
        return _encode_records(field, value, omit)
    return _ENCODERS[field.kind](field, value)


def decode_field(field: Field, wire: object) -> dict[str, object]:
    """Return {name: value} of one wire value; FormatError("FIELD_INVALID", name)."""
    if field.kind == "joined":
        return _decode_joined(field, wire)
    return {field.name: _DECODERS[field.kind](field, wire)}


def _refuse(field: Field) -> FormatError:
    return FormatError("FIELD_INVALID", field.name)


def _encode_digits(field: Field, value: object) -> object:
    size = field.size or VILLAGE_SIZE
    if not isinstance(value, str) or len(value) != size or not _DIGITS.fullmatch(value):
        raise _refuse(field)
    return int(value) if size <= _UINT_DIGITS else value


def _decode_digits(field: Field, wire: object) -> str:
    size = field.size or VILLAGE_SIZE
    if size > _UINT_DIGITS:
        if type(wire) is str and len(wire) == size and _DIGITS.fullmatch(wire):
            return wire
    elif type(wire) is int and 0 <= wire < 10**size:
        return str(wire).zfill(size)
    raise _refuse(field)


def _encode_joined(field: Field, values: Mapping[str, object]) -> int | None:
    found = [values.get(part.name) for part in field.parts]
    if all(value is None for value in found):
        return None
    digits = ""
    for part, value in zip(field.parts, found, strict=True):
        if not isinstance(value, str) or len(value) != part.size or not _DIGITS.fullmatch(value):
            raise FormatError("FIELD_INVALID", part.name)
        digits += value
    return int(digits)


def _decode_joined(field: Field, wire: object) -> dict[str, object]:
    size = sum(part.size for part in field.parts)
    if type(wire) is not int or not 0 <= wire < 10**size:
        raise _refuse(field)
    digits = str(wire).zfill(size)
    values: dict[str, object] = {}
    for part in field.parts:
        values[part.name], digits = digits[: part.size], digits[part.size :]
    return values


def _text(field: Field, value: object) -> str:
    if type(value) is not str or not 0 < len(value) <= field.maximum or not value.isprintable():
        raise _refuse(field)
    return value


def _encode_date(field: Field, value: object) -> int:
    if not isinstance(value, str) or not _DATE.fullmatch(value):
        raise _refuse(field)
    wire = int(value.replace("-", ""))
    _decode_date(field, wire)
    return wire


def _decode_date(field: Field, wire: object) -> str:
    if type(wire) is not int or not 0 < wire <= 99991231:
        raise _refuse(field)
    try:
        return date(wire // 10000, wire // 100 % 100, wire % 100).isoformat()
    except ValueError:
        raise _refuse(field) from None


def _encode_code(field: Field, value: object) -> int:
    for code in field.codes:
        if value in (code.value, code.labels.id, *code.aliases):
            return code.wire
    raise _refuse(field)


def _decode_code(field: Field, wire: object) -> str:
    if type(wire) is int:
        for code in field.codes:
            if code.wire == wire:
                return code.value
    raise _refuse(field)


def _uint(field: Field, value: object) -> int:
    if type(value) is not int or not 0 <= value <= field.maximum:
        raise _refuse(field)
    return value


def _image(field: Field, value: object) -> bytes:
    if type(value) is not bytes:
        raise _refuse(field)
    check_portrait(value)
    return value


def _encode_records(field: Field, value: object, omit: frozenset[str]) -> list[object]:
    if not isinstance(value, list | tuple) or not 0 < len(value) <= MAX_RECORDS:
        raise _refuse(field)
    return [_encode_record(field, record, omit) for record in value]


def _encode_record(field: Field, record: object, omit: frozenset[str]) -> dict[int, object]:
    if not isinstance(record, Mapping):
        raise _refuse(field)
    wire: dict[int, object] = {}
    for member in field.fields:
        if f"{field.name}.{member.name}" in omit:
            continue
        encoded = encode_field(member, record, omit)
        if encoded is not None:
            wire[member.key] = encoded
        elif member.required:
            raise FormatError("FIELD_MISSING", f"{field.name}.{member.name}")
    return wire


def _decode_records(field: Field, wire: object) -> list[dict[str, object]]:
    if not isinstance(wire, list) or not 0 < len(wire) <= MAX_RECORDS:
        raise _refuse(field)
    by_key = {member.key: member for member in field.fields}
    return [_decode_record(field, by_key, record) for record in wire]


def _decode_record(field: Field, by_key: dict[int, Field], record: object) -> dict[str, object]:
    if not isinstance(record, dict):
        raise _refuse(field)
    values: dict[str, object] = {
        member.name: member.default for member in field.fields if member.default is not None
    }
    for key, item in record.items():
        member = by_key.get(key) if type(key) is int else None
        if member is None:
            raise FormatError("FIELD_UNKNOWN", field.name)
        values.update(decode_field(member, item))
    for member in field.fields:
        if member.required and member.name not in values:
            raise FormatError("FIELD_MISSING", f"{field.name}.{member.name}")
    return values


_ENCODERS: dict[str, Callable[[Field, object], object]] = {
    "digits": _encode_digits,
    "village": _encode_digits,
    "text": _text,
    "date": _encode_date,
    "code": _encode_code,
    "uint": _uint,
    "image": _image,
}
_DECODERS: dict[str, Callable[[Field, object], object]] = {
    "digits": _decode_digits,
    "village": _decode_digits,
    "text": _text,
    "date": _decode_date,
    "code": _decode_code,
    "uint": _uint,
    "image": _image,
    "records": _decode_records,
}
