"""Plain claim 169 QR codes (MOSIP claim 169 v1.2) that other issuers print.

They carry an issuer's signature but no holder's proof and no status: readable, authentic where
the trust list knows the issuer for exactly this form, never more than *possession none* and
*status unknown*. base45 -> zlib (inflated at most 64 KiB) -> CWT in a COSE_Sign1 -> claim 169.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from credentials import cbor
from credentials.cose import UnverifiedSign1, sign1_of
from credentials.errors import FormatError
from credentials.qr_text import base45_decode
from credentials.status_list import inflate

DOCUMENT_TYPE = "claim169"  # what a trust list entry must allow before its key counts here
PROFILE = "claim169"
MAX_INFLATED = 64 * 1024
_ISSUER, _EXPIRES, _NOT_BEFORE, _ISSUED, _IDENTITY = 1, 4, 5, 6, 169
_HEADER_KID = 4
# CBOR tags that may stand before the message: 18 (COSE_Sign1), 61 (CWT), 61 around 18.
_TAGS = (b"\xd8\x3d\xd2", b"\xd8\x3d", b"\xd2", b"")
_COSE_ARRAY = 0x84

# Keys of the claim 169 identity map, named as our catalogue names the same things.
_NAMES = {
    1: "id", 2: "version", 3: "language", 4: "full_name", 5: "first_name", 6: "middle_name",
    7: "last_name", 8: "birth_date", 9: "sex", 10: "address", 11: "email", 12: "phone",
    13: "nationality", 14: "marital_status", 15: "guardian", 18: "best_quality_fingers",
    19: "full_name_secondary", 20: "secondary_language", 21: "location_code",
    22: "legal_status", 23: "country_of_issuance",
}  # fmt: skip
_FACE, _FACE_FORMAT, _WEBP = 16, 17, 3


@dataclass(frozen=True, slots=True)
class ForeignCredential:
    """A claim 169 CWT as read; nothing in it is checked before the signature is."""

    message: UnverifiedSign1
    kid: bytes | None
    issuer: str | None
    issued_at: int | None
    not_before: int | None
    expires_at: int | None
    claims: Mapping[str, object]


def parse_foreign(text: str) -> ForeignCredential:
    """Read a claim 169 text; FormatError for anything else, an unsigned one (COSE_Mac0) included.

    No expiry is added where the issuer gave none, and encrypted ones cannot be read.
    """
    message = _message(inflate(base45_decode(text), MAX_INFLATED))
    payload = cbor.decode_lenient(message.payload, max_size=MAX_INFLATED)
    if not isinstance(payload, dict):
        raise FormatError("CWT_INVALID")
    identity = payload.get(_IDENTITY)
    if isinstance(identity, bytes):
        identity = cbor.decode_lenient(identity, max_size=MAX_INFLATED)
    if not isinstance(identity, dict):
        raise FormatError("CLAIM169_MISSING")
    issuer = payload.get(_ISSUER)
    return ForeignCredential(
        message=message,
        kid=message.kid or _unprotected_kid(message),
        issuer=issuer if isinstance(issuer, str) else None,
        issued_at=_time(payload, _ISSUED),
        not_before=_time(payload, _NOT_BEFORE),
        expires_at=_time(payload, _EXPIRES),
        claims=_named(identity),
    )


def _message(data: bytes) -> UnverifiedSign1:
    tag = next(tag for tag in _TAGS if data.startswith(tag))
    rest = data[len(tag) :]
    if rest[:1] != bytes((_COSE_ARRAY,)):
        raise FormatError("COSE_NOT_SIGN1")
    return sign1_of(cbor.decode_lenient(rest, max_size=MAX_INFLATED))


def _unprotected_kid(message: UnverifiedSign1) -> bytes | None:
    """Only chooses which keys are tried; what it says is not believed."""
    kid = message.unprotected.get(_HEADER_KID)
    return kid if isinstance(kid, bytes) else None


def _time(payload: dict[object, object], claim: int) -> int | None:
    value = payload.get(claim)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 1 << 40:
        raise FormatError("CWT_INVALID")
    return int(value)


def _named(identity: dict[object, object]) -> dict[str, object]:
    claims: dict[str, object] = {}
    for key, value in identity.items():
        name = _NAMES.get(key) if isinstance(key, int) else None
        if name is not None and isinstance(value, str | int):
            claims[name] = _date(str(value)) if name == "birth_date" else value
    face = identity.get(_FACE)
    if isinstance(face, bytes) and identity.get(_FACE_FORMAT, _WEBP) == _WEBP:
        claims["portrait"] = face
    return claims


def _date(text: str) -> str:
    """YYYYMMDD, as claim 169 has it, becomes our ISO form; anything else stays as it is."""
    if len(text) == 8 and text.isascii() and text.isdigit():
        return f"{text[:4]}-{text[4:6]}-{text[6:]}"
    return text
