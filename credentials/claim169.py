"""Reading identity QRs of others: MOSIP claim 169 (base45, zlib, CWT in a COSE_Sign1).

These are bearer documents: whoever has a copy can show them, so possession is never proven. We
only read. An encrypted one is refused with its own code: we hold no key for it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from credentials import cbor, cose
from credentials.errors import FormatError, SignatureError
from credentials.qr_text import MAX_TEXT, base45_decode
from credentials.signing import PublicKey, verify_signature
from credentials.status_list import inflate

MAX_INFLATED = 64 * 1024
CLAIM = 169
# Keys of MOSIP claim 169 that people read; biometric templates (50 and above) are not shown.
NAMES: Mapping[int, str] = {
    1: "id",
    2: "version",
    3: "language",
    4: "full_name",
    5: "first_name",
    6: "middle_name",
    7: "last_name",
    8: "date_of_birth",
    9: "gender",
    10: "address",
    11: "email",
    12: "phone",
    13: "nationality",
    14: "marital_status",
    15: "guardian",
    16: "photo",
    17: "photo_format",
    18: "best_quality_fingers",
    19: "secondary_full_name",
    20: "secondary_language",
    21: "location_code",
    22: "legal_status",
    23: "country_of_issuance",
}

_ISS, _EXP, _NBF, _IAT = 1, 4, 5, 6
_CWT_TAG, _SIGN1_TAG, _ENCRYPT0_TAG, _ENCRYPT_TAG = b"\xd8\x3d", b"\xd2", b"\xd0", b"\xd8\x60"
_ENCRYPT0_PARTS, _SIGN1_PARTS = 3, 4
_MAX_TIME = 1 << 40
_MAX_CHARACTERS = 2000


@dataclass(frozen=True, slots=True)
class Claim169:
    """A claim 169 whose signature held. Times are unix seconds or None where the CWT has none.

    `values` holds the named keys only; texts are as the issuer wrote them.
    """

    values: dict[str, object]
    issuer: str | None
    issued_at: int | None
    not_before: int | None
    expires_at: int | None


@dataclass(frozen=True, slots=True)
class UnverifiedClaim169:
    """A well-formed claim 169 as read. `kid` and `alg` are hints for finding a trusted key."""

    protected: bytes
    payload: bytes
    signature: bytes
    alg: int | None
    kid: bytes | None
    claim: Claim169


def parse_claim169(text: str) -> UnverifiedClaim169:
    """Read the text of a claim 169 QR (no prefix); FormatError.

    Codes of its own: CLAIM169_ENCRYPTED, CLAIM169_NOT_SIGN1, CLAIM169_MISSING, CLAIM169_VALUE.
    """
    if len(text) > MAX_TEXT:
        raise FormatError("QR_TOO_LONG")
    data = inflate(base45_decode(text), MAX_INFLATED)
    data = data.removeprefix(_CWT_TAG)
    if data.startswith((_ENCRYPT0_TAG, _ENCRYPT_TAG)):
        raise FormatError("CLAIM169_ENCRYPTED")
    message = cbor.decode_lenient(data.removeprefix(_SIGN1_TAG), max_size=MAX_INFLATED)
    if not isinstance(message, list) or len(message) not in (_ENCRYPT0_PARTS, _SIGN1_PARTS):
        raise FormatError("CLAIM169_NOT_SIGN1")
    if len(message) == _ENCRYPT0_PARTS:  # untagged COSE_Encrypt0
        raise FormatError("CLAIM169_ENCRYPTED")
    protected, unprotected, payload, signature = message
    if type(protected) is not bytes or not isinstance(unprotected, dict):
        raise FormatError("CLAIM169_NOT_SIGN1")
    if type(payload) is not bytes or type(signature) is not bytes:
        raise FormatError("CLAIM169_NOT_SIGN1")
    alg, kid = _read_header(protected, unprotected)
    return UnverifiedClaim169(protected, payload, signature, alg, kid, _read_claim(payload))


def verify_claim169(unverified: UnverifiedClaim169, public_key: PublicKey, *, alg: int) -> Claim169:
    """Return the claim when the key signed it (ES256 or EdDSA), else raise SignatureError.

    `alg` is the trust list's; a protected header that names another one is refused.
    """
    if unverified.alg is not None and unverified.alg != alg:
        raise SignatureError("ALG_MISMATCH")
    signed = cose.sig_structure(unverified.protected, b"", unverified.payload)
    verify_signature(public_key, alg, signed, unverified.signature)
    return unverified.claim


def _read_header(
    protected: bytes, unprotected: dict[object, object]
) -> tuple[int | None, bytes | None]:
    header = cbor.decode_lenient(protected) if protected else {}
    if not isinstance(header, dict) or cose.HEADER_CRIT in header:
        raise FormatError("CLAIM169_NOT_SIGN1")
    alg = header.get(cose.HEADER_ALG)
    kid = header.get(cose.HEADER_KID, unprotected.get(cose.HEADER_KID))
    if alg is not None and type(alg) is not int:
        raise FormatError("CLAIM169_NOT_SIGN1")
    return alg, kid if type(kid) is bytes else None


def _read_claim(payload: bytes) -> Claim169:
    claims = cbor.decode_lenient(payload, max_size=MAX_INFLATED)
    if not isinstance(claims, dict):
        raise FormatError("CLAIM169_NOT_SIGN1")
    identity = claims.get(CLAIM)
    if identity is None:
        raise FormatError("CLAIM169_MISSING")
    if not isinstance(identity, dict):
        raise FormatError("CLAIM169_VALUE")
    issuer = claims.get(_ISS)
    if issuer is not None and not isinstance(issuer, str):
        raise FormatError("CLAIM169_VALUE")
    return Claim169(
        values={NAMES[key]: _value(item) for key, item in identity.items() if key in NAMES},
        issuer=issuer,
        issued_at=_time(claims.get(_IAT)),
        not_before=_time(claims.get(_NBF)),
        expires_at=_time(claims.get(_EXP)),
    )


def _value(value: object) -> object:
    if isinstance(value, list) and all(type(item) is int for item in value):
        return value
    if isinstance(value, str) and len(value) <= _MAX_CHARACTERS:
        return value
    if type(value) in (int, bytes):
        return value
    raise FormatError("CLAIM169_VALUE")


def _time(value: object) -> int | None:
    if isinstance(value, float) and 0 <= value < _MAX_TIME:  # RFC 8392 allows fractions
        return int(value)
    if value is None or (type(value) is int and 0 <= value < _MAX_TIME):
        return value
    raise FormatError("CLAIM169_VALUE")
