"""P-256 public keys as JSON Web Keys (RFC 7517), and their thumbprints (RFC 7638)."""

from __future__ import annotations

import hashlib
import string
from binascii import a2b_base64, b2a_base64
from collections.abc import Mapping, Sequence

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from credentials.errors import FormatError
from credentials.signing import thumbprint_input

_COORDINATE_SIZE = 32
_CURVE = ec.SECP256R1()
_TO_URL = bytes.maketrans(b"+/", b"-_")
# Into the other alphabet; what is not of this one, into what a strict decoder refuses.
_ALPHABET = (string.ascii_letters + string.digits + "-_").encode()
_OTHERS = bytes(set(range(256)) - set(_ALPHABET))
_FROM_URL = bytes.maketrans(b"-_" + _OTHERS, b"+/" + b"!" * len(_OTHERS))
# By length modulo 4 the padding a text lacks, and how it may end then: a lone character not at all.
_PADDING = (b"", b"", b"==", b"=")
_LAST = (b"", b"", b"AQgw", b"AEIMQUYcgkosw048")
_PRIVATE_MEMBERS = frozenset({"d", "k", "p", "q"})


def b64url_encode(data: bytes) -> str:
    """Encode as base64url without padding (RFC 7515 section 2)."""
    return b2a_base64(data, newline=False).translate(_TO_URL).rstrip(b"=").decode()


def b64url_decode(text: str) -> bytes:
    """Decode unpadded base64url; FormatError for anything that would not encode back the same."""
    return b64url_decode_all((text,))[0]


def b64url_decode_all(texts: Sequence[str]) -> list[bytes]:
    """Decode many at once; FormatError when `b64url_decode` refuses one of them."""
    decoded: list[bytes] = []
    try:
        for text in texts:
            data = text.encode("ascii").translate(_FROM_URL)
            size = len(data) & 3
            if size:  # spare bits set would make two texts for one value
                if data[-1] not in _LAST[size]:
                    raise FormatError("BASE64_INVALID")
                data += _PADDING[size]
            decoded.append(a2b_base64(data, strict_mode=True))
    except ValueError:
        raise FormatError("BASE64_INVALID") from None
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
    if not _PRIVATE_MEMBERS.isdisjoint(jwk):
        raise FormatError("JWK_PRIVATE")
    x, y = jwk.get("x"), jwk.get("y")
    if not isinstance(x, str) or not isinstance(y, str):
        raise FormatError("JWK_INVALID")
    point = b"".join(b64url_decode_all((x, y)))
    if len(point) != 2 * _COORDINATE_SIZE or len(x) != len(y):
        raise FormatError("JWK_INVALID")
    try:
        return ec.EllipticCurvePublicKey.from_encoded_point(_CURVE, b"\x04" + point)
    except ValueError:
        raise FormatError("KEY_NOT_ON_CURVE") from None


def thumbprint(key: Mapping[str, object] | ec.EllipticCurvePublicKey) -> str:
    """Return the RFC 7638 SHA-256 thumbprint, base64url (43 characters)."""
    public_key = load_jwk(key) if isinstance(key, Mapping) else key
    return b64url_encode(hashlib.sha256(thumbprint_input(public_key)).digest())
