"""How a catalogue field's value looks as a claim of SD-JWT VC, as an element of mdoc, and back.

    field                  claim (JSON)                       element (CBOR)
    date                   "1998-01-10"                       full-date, tag 1004
    image                  data URL                           bytes
    code named `sex`       ISO 5218 number (the code's wire)  the same number
    other codes            the code's value                   the code's value
    `nationalities`        ["ID"]                             ["ID"]
    derived by `age_over`  {"18": true, "21": false}          age_over_18, age_over_21
    records                array of objects                   array of maps
    everything else        as it is                           as it is

The shapes follow the claim's registered name or the field's kind; no document type is named here,
so that a new one needs no code.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from dataclasses import dataclass

from credentials.errors import FormatError, LintError
from credentials.fields import Code, Field, Part, decode_field, encode_field

SEX = "sex"  # OpenID Connect for Identity Assurance and ISO 18013-5 both take ISO 5218 numbers
NATIONALITIES = frozenset({"nationalities", "nationality"})
AGE_OVER = "age_over"
MAX_PICTURE = 1 << 16

_MEDIA = {b"\xff\xd8\xff": "image/jpeg", b"RIFF": "image/webp"}
_PREFIX = "data:"
_ENCODING = ";base64,"


@dataclass(frozen=True, slots=True)
class Authority:
    """Who issues a document: `name` as printed, `country` and `jurisdiction` in ISO 3166 codes."""

    name: str
    country: str = "ID"
    jurisdiction: str = ""

    def claims(self) -> dict[str, str]:
        """Return the claims, named the same in both formats."""
        found = {
            "issuing_authority": self.name,
            "issuing_country": self.country,
            "issuing_jurisdiction": self.jurisdiction,
        }
        return {name: text for name, text in found.items() if text}


def is_age(field: Field) -> bool:
    """Tell whether a field says which ages were reached."""
    return field.derived is not None and field.derived.rule == AGE_OVER


def ages(field: Field, value: object) -> dict[int, bool]:
    """Return {years: reached} of the largest number of years reached."""
    numbers = field.derived.numbers if field.derived else ()
    return {number: isinstance(value, int) and number <= value for number in numbers}


def age_reached(field: Field, found: dict[int, object]) -> int | None:
    """Return the largest number of years that is true; FormatError("CLAIM_INVALID", name)."""
    if not all(isinstance(reached, bool) for reached in found.values()):
        raise FormatError("CLAIM_INVALID", field.name)
    return max((number for number, reached in found.items() if reached), default=None)


def write_scalar(field: Field, name: str, value: object) -> object:
    """Return the shape both formats share, for a field that goes by `name` there."""
    if field.kind == "code" and name == SEX:
        return next(code.wire for code in field.codes if code.value == value)
    return [value] if name in NATIONALITIES else value


def read_scalar(field: Field, name: str, found: object) -> object:
    """Return the Python value of a shape; FormatError("CLAIM_INVALID" or "FIELD_INVALID", name)."""
    if field.kind == "code" and name == SEX:
        code = _code_of(field, found)
        if code is None:
            raise FormatError("CLAIM_INVALID", field.name)
        return code.value
    if name in NATIONALITIES:
        if not isinstance(found, list) or len(found) != 1:
            raise FormatError("CLAIM_INVALID", field.name)
        found = found[0]
    wire = encode_field(field, {field.name: found}, frozenset())
    return found if wire is None else decode_field(field, wire)[field.name]


def read_digits(found: object, part: Part) -> str:
    """Return the digits of a joined field's part; FormatError("CLAIM_INVALID", name)."""
    if not isinstance(found, str) or not (found.isascii() and found.isdigit()):
        raise FormatError("CLAIM_INVALID", part.name)
    if len(found) != part.size:
        raise FormatError("CLAIM_INVALID", part.name)
    return found


def picture_url(picture: bytes) -> str:
    """Return a data URL (RFC 2397); LintError("PICTURE") for other than small JPEG and WebP."""
    media = next((media for start, media in _MEDIA.items() if picture.startswith(start)), None)
    if media is None or len(picture) > MAX_PICTURE:
        raise LintError("PICTURE")
    return f"{_PREFIX}{media}{_ENCODING}{b64encode(picture).decode()}"


def read_picture(found: object) -> bytes:
    """Return the bytes of a data URL or of an element; FormatError("PICTURE").

    They are a small JPEG or WebP by their first bytes; nobody decoded them yet.
    """
    data = found
    if isinstance(found, str):
        head, mark, tail = found.partition(_ENCODING)
        if not mark or head.removeprefix(_PREFIX) not in _MEDIA.values():
            raise FormatError("PICTURE")
        try:
            data = b64decode(tail, validate=True)
        except ValueError:
            raise FormatError("PICTURE") from None
    if not isinstance(data, bytes) or not data.startswith(tuple(_MEDIA)):
        raise FormatError("PICTURE")
    if len(data) > MAX_PICTURE:
        raise FormatError("PICTURE")
    return data


def _code_of(field: Field, found: object) -> Code | None:
    return next((code for code in field.codes if type(found) is int and code.wire == found), None)
