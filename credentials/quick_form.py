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

_WIDE = 0x10000  # smaller integers have a shorter form than four bytes
_LONG = 0x100  # smaller lengths have a shorter form than two bytes
_SHORT = 24  # smaller numbers stand in the first byte
_MAP, _PAIR = 0xA0, 0x82
_UINT, _BYTES, _TEXT, _OTHER = 0, 2, 3, -1  # major types, RFC 8949 section 3.1
_SIGNATURE = b"\x58\x40"
_PRESENTATION = b"\x83\x59"
_PROOF = b"\x46\x81\x1a"
_CREDENTIAL = b"\x84\x49\xa2\x01\x26\x04\x44"
_CLAIMS_HEAD = b"\xa0\x59"
_EXP = b"\xa4\x04\x1a"
_IAT = b"\x06\x1a"
_CNF = b"\x08\xa1\x01\xa4\x01\x02\x20\x01\x21\x58\x20"
_EVEN, _ODD = b"\x22\xf4\x18\xa9", b"\x22\xf5\x18\xa9"


def split_presentation(data: bytes) -> tuple[bytes, bytes, int, bytes] | None:
    """Return (credential, proof payload, issued at, signature)."""
    if data[:2] != _PRESENTATION or len(data) < 4:
        return None
    size = data[2] << 8 | data[3]
    proof = 4 + size
    if len(data) != proof + 73 or size < _LONG:
        return None
    if data[proof : proof + 3] != _PROOF or data[proof + 7 : proof + 9] != _SIGNATURE:
        return None
    issued_at = int.from_bytes(data[proof + 3 : proof + 7], "big")
    if issued_at < _WIDE:
        return None
    return data[4:proof], data[proof + 1 : proof + 7], issued_at, data[proof + 9 :]


def split_credential(data: bytes) -> tuple[bytes, bytes, bytes, bytes] | None:
    """Return (protected header, kid, claims, signature)."""
    if data[:7] != _CREDENTIAL or data[11:13] != _CLAIMS_HEAD or len(data) < 15:
        return None
    size = data[13] << 8 | data[14]
    end = 15 + size
    if len(data) != end + 66 or size < _LONG or data[end : end + 2] != _SIGNATURE:
        return None
    return data[2:11], data[7:11], data[15:end], data[end + 2 :]


def split_claims(data: bytes) -> tuple[int, int, bytes, bytes] | None:
    """Return (expires at, issued at, holder key of 33 bytes, identity as CBOR)."""
    if data[:3] != _EXP or data[7:9] != _IAT or data[13:24] != _CNF:
        return None
    tail = data[56:60]
    if tail not in (_EVEN, _ODD):
        return None
    expires_at, issued_at = int.from_bytes(data[3:7], "big"), int.from_bytes(data[9:13], "big")
    if expires_at < _WIDE or issued_at < _WIDE:
        return None
    sign = b"\x03" if tail == _ODD else b"\x02"
    return expires_at, issued_at, sign + data[24:56], data[60:]


def read_identity(data: bytes) -> dict[object, object] | None:
    """Return the identity map where it is flat, as most are; None for records and the like."""
    try:
        count, at, last = data[0] - _MAP, 1, -1
        if not 0 <= count < _SHORT:
            return None
        wire: dict[object, object] = {}
        for _ in range(count):
            key, at = data[at], at + 1
            if key >= _SHORT:
                if key != _SHORT or data[at] < _SHORT:  # another kind of key, or not its shortest
                    return None
                key, at = data[at], at + 1
            if key <= last:
                return None
            last = key
            if data[at] == _PAIR:
                first, at = _read_flat(data, at + 1)
                second, at = _read_flat(data, at)
                wire[key] = [first, second]
            else:
                wire[key], at = _read_flat(data, at)
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
