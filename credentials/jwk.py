"""P-256 public keys as JSON Web Keys (RFC 7517), and their thumbprints (RFC 7638)."""

from __future__ import annotations

import binascii
import hashlib
import re
from collections.abc import Mapping, Sequence

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from credentials.errors import FormatError
from credentials.signing import thumbprint_input

_COORDINATE_SIZE = 32
_ALPHABET = re.compile(r"[A-Za-z0-9_-]*", re.ASCII).fullmatch
_TO_URL = bytes.maketrans(b"+/", b"-_")
_FROM_URL = bytes.maketrans(b"-_", b"+/")
# By length modulo 4 the padding a text lacks, and by that how it may end.
_PADDING = (b"", b"===", b"==", b"=")
_LAST = ("", "AEIMQUYcgkosw048", "AQgw", "")
_LAST_BYTES = tuple(map(str.encode, _LAST))
_ALPHABETS = re.compile(r"[A-Za-z0-9_~-]*", re.ASCII).fullmatch
_PRIVATE_MEMBERS = frozenset({"d", "k", "p", "q"})


def b64url_encode(data: bytes) -> str:
    """Encode as base64url without padding (RFC 7515 section 2)."""
    return binascii.b2a_base64(data, newline=False).translate(_TO_URL).rstrip(b"=").decode()


def b64url_decode(text: str) -> bytes:
    """Decode unpadded base64url; FormatError for anything that would not encode back the same."""
    padding = _PADDING[len(text) & 3]
    # Spare bits set would make two texts for one value; a lone character is none.
    if not _ALPHABET(text) or (padding and text[-1] not in _LAST[len(padding)]):
        raise FormatError("BASE64_INVALID")
    return binascii.a2b_base64(text.encode().translate(_FROM_URL) + padding)


def b64url_decode_all(texts: Sequence[str]) -> list[bytes]:
    """Decode many at once; FormatError when `b64url_decode` refuses one of them."""
    joined = "~".join(texts)
    if not _ALPHABETS(joined):
        raise FormatError("BASE64_INVALID")
    decoded: list[bytes] = []
    for encoded in joined.encode().translate(_FROM_URL).split(b"~") if texts else ():
        padding = _PADDING[len(encoded) & 3]
        if padding and encoded[-1] not in _LAST_BYTES[len(padding)]:
            raise FormatError("BASE64_INVALID")
        decoded.append(binascii.a2b_base64(encoded + padding))
    return decoded


def public_jwk(public_key: ec.EllipticCurvePublicKey) -> dict[str, str]:
    """Return the key as {kty, crv, x, y}."""
    point = public_key.public_bytes(
        serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
    )
    return {
        "kty": "EC",
        "crv": "P-256",
        "x": b64url_encode(point[1:33]),
        "y": b64url_encode(point[33:]),
    }


def load_jwk(jwk: Mapping[str, object]) -> ec.EllipticCurvePublicKey:
    """Load a P-256 public key; FormatError for other kinds, private members, points off the curve.

    A private key is refused rather than stripped: whoever sends one should learn it at once.
    """
    if not isinstance(jwk, Mapping) or jwk.get("kty") != "EC" or jwk.get("crv") != "P-256":
        raise FormatError("JWK_NOT_P256")
    if _PRIVATE_MEMBERS & set(jwk):
        raise FormatError("JWK_PRIVATE")
    x, y = jwk.get("x"), jwk.get("y")
    if not isinstance(x, str) or not isinstance(y, str):
        raise FormatError("JWK_INVALID")
    point = b64url_decode(x) + b64url_decode(y)
    if len(point) != 2 * _COORDINATE_SIZE or len(x) != len(y):
        raise FormatError("JWK_INVALID")
    try:
        return ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), b"\x04" + point)
    except ValueError:
        raise FormatError("KEY_NOT_ON_CURVE") from None


def thumbprint(key: Mapping[str, object] | ec.EllipticCurvePublicKey) -> str:
    """Return the RFC 7638 SHA-256 thumbprint, base64url (43 characters)."""
    public_key = load_jwk(key) if isinstance(key, Mapping) else key
    return b64url_encode(hashlib.sha256(thumbprint_input(public_key)).digest())
