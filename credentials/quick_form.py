"""The one shape our own issuer and phones write, read by fixed positions.

A full check may cost little more than its signatures, and the general CBOR decoder is the largest
rest. Every function here returns None when the bytes have another shape; the general way then
reads or refuses them. Whatever is accepted here is deterministic CBOR and means the same there:
lengths are compared with the size of the whole, integers with their shortest form.

    presentation  83 | 59 size credential | 46 81 1a iat | 58 40 signature
    credential    84 | 49 a2 01 26 04 44 kid | a0 | 59 size claims | 58 40 signature
    claims        a4 | 04 1a exp | 06 1a iat | 08 {1: {1: 2, -1: 1, -2: x, -3: sign}} | 18 a9 …
    identity      a0 to b7 | keys 0 to 255 ascending: uint, bstr, tstr, or a pair of these
"""

from __future__ import annotations

from struct import Struct

_WIDE = 0x10000  # smaller integers have a shorter form than four bytes
_LONG = 0x100  # smaller lengths have a shorter form than two bytes
_SHORT = 24  # smaller numbers stand in the first byte
_MAP, _PAIR = 0xA0, 0x82
_UINT, _BYTES, _TEXT, _OTHER = 0, 2, 3, -1  # major types, RFC 8949 section 3.1

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


def read_identity(data: bytes) -> dict[object, object] | None:
    """Return the identity map where it is flat, as most are; None for records and the like."""
    wire: dict[object, object] = {}
    count = data[0] - _MAP if data else -1
    if not 0 <= count < _SHORT:
        return None
    try:
        at, last = 1, -1
        for _ in range(count):
            key = data[at]
            if key >= _SHORT:
                at, last = at + 1, max(last, _SHORT - 1)
                key = data[at] if key == _SHORT else last
            if key <= last:  # out of order, twice, or not in its shortest form
                return None
            last = key
            if data[at + 1] == _PAIR:
                first, at = _read_flat(data, at + 2)
                second, at = _read_flat(data, at)
                wire[key] = [first, second]
            else:
                wire[key], at = _read_flat(data, at + 1)
    except (IndexError, ValueError):
        return None
    return wire if at == len(data) else None  # a value that was cut off ends behind the end


def _read_flat(data: bytes, at: int) -> tuple[object, int]:
    """Return the integer, bytes or text at a position, and the position after it.

    ValueError and IndexError for anything else; a value may end behind the end of the data.
    """
    kind, number, extra = _HEADS[data[at]]
    at += 1
    if extra:
        least, number = number, int.from_bytes(data[at : at + extra], "big")
        if number < least:
            raise ValueError
        at += extra
    if kind == _UINT:
        return number, at
    end = at + number
    if kind == _TEXT:
        return str(data[at:end], "utf-8"), end
    if kind == _BYTES:
        return data[at:end], end
    raise ValueError


def _heads() -> tuple[tuple[int, int, int], ...]:
    """Return, for each first byte: kind, number (or the least one that needs more bytes), and how
    many bytes the number takes after it.
    """
    heads = [(_OTHER, 0, 0)] * 256
    for kind in (_UINT, _BYTES, _TEXT):
        for number in range(_SHORT):
            heads[kind << 5 | number] = (kind, number, 0)
        for more, least in enumerate((_SHORT, 1 << 8, 1 << 16, 1 << 32)):
            heads[kind << 5 | _SHORT + more] = (kind, least, 1 << more)
    return tuple(heads)


_HEADS = _heads()
