"""The one shape our own issuer and phones write, read by fixed positions.

A full check may cost little more than its signatures, and the general CBOR decoder is the largest
rest. Every function here returns None when the bytes have another shape; the general way then
reads or refuses them. Whatever is accepted here is deterministic CBOR and means the same there:
lengths are compared with the size of the whole, integers with their shortest form.

    presentation  83 | 59 size credential | 46 81 1a iat | 58 40 signature
    credential    84 | 49 a2 01 26 04 44 kid | a0 | 59 size claims | 58 40 signature
    claims        a4 | 04 1a exp | 06 1a iat | 08 {1: {1: 2, -1: 1, -2: x, -3: sign}} | 18 a9 …
"""

from __future__ import annotations

from struct import Struct

_WIDE = 0x10000  # smaller integers have a shorter form than four bytes
_LONG = 0x100  # smaller lengths have a shorter form than two bytes
_PRESENTATION = Struct(">2sH")
_PROOF = Struct(">3sI2s64s")
_CREDENTIAL = Struct(">7s4s2sH")
_SIGNATURE = Struct(">2s64s")
_CLAIMS = Struct(">3sI2sI11s32s4s")
_PRESENTATION_MARK = b"\x83\x59"
_PROOF_MARK = b"\x46\x81\x1a"
_SIGNATURE_MARK = b"\x58\x40"
_CREDENTIAL_MARKS = (b"\x84\x49\xa2\x01\x26\x04\x44", b"\xa0\x59")
_CLAIMS_MARKS = (b"\xa4\x04\x1a", b"\x06\x1a", b"\x08\xa1\x01\xa4\x01\x02\x20\x01\x21\x58\x20")
_SIGNS = {b"\x22\xf4\x18\xa9": b"\x02", b"\x22\xf5\x18\xa9": b"\x03"}


def split_presentation(data: bytes) -> tuple[bytes, bytes, int, bytes] | None:
    """Return (credential, proof payload, issued at, signature)."""
    if len(data) < _PRESENTATION.size:
        return None
    mark, size = _PRESENTATION.unpack_from(data)
    proof = _PRESENTATION.size + size
    if mark != _PRESENTATION_MARK or size < _LONG or len(data) != proof + _PROOF.size:
        return None
    mark, issued_at, next_mark, signature = _PROOF.unpack_from(data, proof)
    if mark != _PROOF_MARK or next_mark != _SIGNATURE_MARK or issued_at < _WIDE:
        return None
    return data[_PRESENTATION.size : proof], data[proof + 1 : proof + 7], issued_at, signature


def split_credential(data: bytes) -> tuple[bytes, bytes, bytes, bytes] | None:
    """Return (protected header, kid, claims, signature)."""
    if len(data) < _CREDENTIAL.size:
        return None
    mark, kid, next_mark, size = _CREDENTIAL.unpack_from(data)
    end = _CREDENTIAL.size + size
    if (mark, next_mark) != _CREDENTIAL_MARKS or len(data) != end + _SIGNATURE.size:
        return None
    mark, signature = _SIGNATURE.unpack_from(data, end)
    if mark != _SIGNATURE_MARK or size < _LONG:
        return None
    return data[2:11], kid, data[_CREDENTIAL.size : end], signature


def split_claims(data: bytes) -> tuple[int, int, bytes, bytes] | None:
    """Return (expires at, issued at, holder key of 33 bytes, identity as CBOR)."""
    if len(data) < _CLAIMS.size:
        return None
    mark, expires_at, iat_mark, issued_at, cnf_mark, x, tail = _CLAIMS.unpack_from(data)
    if (mark, iat_mark, cnf_mark) != _CLAIMS_MARKS or tail not in _SIGNS:
        return None
    if expires_at < _WIDE or issued_at < _WIDE:
        return None
    return expires_at, issued_at, _SIGNS[tail] + x, data[_CLAIMS.size :]
