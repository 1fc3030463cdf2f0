"""COSE_Sign1 (RFC 9052 section 4.2), untagged, payload attached, header values we know.

The type of what is signed is part of what is signed: every use passes its own `external_aad`, so
a kiosk frame can never be read as a credential. The algorithm to verify with comes from the
caller's trust list; the header must agree with it but never decides.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from credentials import cbor
from credentials.errors import FormatError, SignatureError
from credentials.signing import ES256, PublicKey, Signer, verify_signature

HEADER_ALG = 1
HEADER_CRIT = 2
HEADER_KID = 4
HEADER_TYP = 16
MAX_SIZE = 64 * 1024 * 1024  # bundles; QR texts are bounded by their own decoder
_PARTS = 4


class UnverifiedSign1(NamedTuple):
    """The four parts as read; nothing here has been checked against a key."""

    protected: bytes
    unprotected: dict[object, object]
    payload: bytes
    signature: bytes

    @property
    def alg(self) -> int | None:
        """Algorithm named in the protected header, or None."""
        return _header(self.protected)[0]

    @property
    def kid(self) -> bytes | None:
        """Key id in the protected header, or None; an unprotected kid is not looked at."""
        return _header(self.protected)[1]


def parse_sign1(data: bytes, *, max_size: int = cbor.MAX_SIZE) -> UnverifiedSign1:
    """Read an untagged deterministic COSE_Sign1 of at most `max_size` bytes; FormatError."""
    return sign1_of(cbor.decode(data, max_size=max_size))


def sign1_of(value: object) -> UnverifiedSign1:
    """Take the four parts from a decoded array; FormatError when it is not a COSE_Sign1."""
    if not isinstance(value, list) or len(value) != _PARTS:
        raise FormatError("COSE_NOT_SIGN1")
    protected, unprotected, payload, signature = value
    if (
        type(protected) is not bytes
        or type(unprotected) is not dict
        or type(payload) is not bytes
        or type(signature) is not bytes
    ):
        raise FormatError("COSE_NOT_SIGN1")
    _header(protected)
    return UnverifiedSign1(protected, unprotected, payload, signature)


def sign1(payload: bytes, signer: Signer, *, external_aad: bytes, typ: str | None = None) -> bytes:
    """Sign with ES256; the protected header is {1: -7, 4: kid}, the unprotected one is empty.

    `typ` adds header 16, the media type of the whole (RFC 9596).
    """
    protected = _protected(signer.kid, typ)
    signature = signer.sign(sig_structure(protected, external_aad, payload))
    parts = map(cbor.encode_bytes, (payload, signature))
    return b"\x84" + cbor.encode_bytes(protected) + b"\xa0" + b"".join(parts)


@lru_cache(maxsize=256)
def _protected(kid: bytes, typ: str | None) -> bytes:
    """Return the protected header. Cached: the same for everything a key signs."""
    header: dict[object, object] = {HEADER_ALG: ES256, HEADER_KID: kid}
    if typ is not None:
        header[HEADER_TYP] = typ
    return cbor.encode(header)


def verify_sign1(
    message: UnverifiedSign1, public_key: PublicKey, *, external_aad: bytes, alg: int = ES256
) -> bytes:
    """Return the payload when the signature holds, else raise SignatureError.

    `alg` is the algorithm our trust list gives for this key; a protected header that names
    another one is refused. An unprotected algorithm is never believed.
    """
    named = _header(message.protected)[0]
    if named is not None and named != alg:
        raise SignatureError("ALG_MISMATCH")
    signed = sig_structure(message.protected, external_aad, message.payload)
    verify_signature(public_key, alg, signed, message.signature)
    return message.payload


def sig_structure(protected: bytes, external_aad: bytes, payload: bytes) -> bytes:
    """Return the bytes that are signed (RFC 9052 section 4.4), written out by hand for speed.

    An empty protected map, however it was written, counts as a zero-length string there.
    """
    return _sig_head(protected, external_aad) + cbor.encode_bytes(payload)


@lru_cache(maxsize=256)
def _sig_head(protected: bytes, external_aad: bytes) -> bytes:
    """Return what comes before the payload. Cached: the same for every credential of a key."""
    parts = (b"" if protected == b"\xa0" else protected, external_aad)
    return b"\x84\x6aSignature1" + b"".join(map(cbor.encode_bytes, parts))


@lru_cache(maxsize=256)
def _header(protected: bytes) -> tuple[int | None, bytes | None]:
    """Return (alg, kid). Cached: a verifier meets the same few issuers all day."""
    value = cbor.decode(protected) if protected else {}
    if not isinstance(value, dict):
        raise FormatError("COSE_HEADER")
    if HEADER_CRIT in value:  # RFC 9052 section 3.1: we understand no critical extension
        raise FormatError("COSE_CRIT")
    alg, kid = value.get(HEADER_ALG), value.get(HEADER_KID)
    if alg is not None and type(alg) is not int:
        raise FormatError("COSE_HEADER")
    if kid is not None and type(kid) is not bytes:
        raise FormatError("COSE_HEADER")
    return alg, kid
