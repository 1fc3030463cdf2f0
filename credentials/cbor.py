"""Strict deterministic CBOR (RFC 8949 section 4.2.1) on top of cbor2's C decoder.

Why not cbor2 alone: it ignores trailing bytes, decodes tags into rich Python objects, keeps the
last of duplicate keys by default, and its `canonical` mode orders map keys by length first (the
older RFC 7049 rule), which differs from RFC 8949 when a map mixes -1 with 256. So we decode, look
at every value once, encode again in the order read, and compare with the input: whatever is not
shortest form, definite and unique cannot come out the same. The order of keys is checked by us.
"""

from __future__ import annotations

from collections.abc import Collection
from io import BytesIO

import cbor2

from credentials.errors import FormatError

MAX_SIZE = 2953  # bytes of a version 40-L QR symbol
MAX_DEPTH = 8
_INT_LIMIT = 1 << 64  # beyond it only tagged bignums exist, and tags are refused
_SCALARS: frozenset[type] = frozenset({int, bytes, str, bool, type(None)})
_SCALARS_LENIENT: frozenset[type] = _SCALARS | {float}
_INT_KEYS = {int}
_KEYS = {int, str}
_DECODER_ERRORS = (cbor2.CBORDecodeError, ValueError, OverflowError, RecursionError, TypeError)


def _refuse_tag(*_: object) -> object:
    raise ValueError


# cbor2 unwraps tags silently: 2 and 3 into plain integers, 55799 into its content, and 28/29 are
# references that could unfold a small input without end. Every tag it knows is refused by name.
_TAGS = dict.fromkeys((*range(300), 1004, 1040, 43000, 43001, 55799), _refuse_tag)


def encode(value: object) -> bytes:
    """Encode ints, bytes, str, bool, None, lists and maps (int or str keys) deterministically.

    Raises FormatError for any other type, floats included: no signed thing of ours has one.
    """
    return cbor2.dumps(_ordered(value))


def encode_ordered(value: object) -> bytes:
    """Encode what is in order already, unlooked at: the caller decodes it again, or only counts."""
    return cbor2.dumps(value)


def decode(data: bytes, *, max_size: int = MAX_SIZE, max_depth: int = MAX_DEPTH) -> object:
    """Decode one deterministic CBOR item; anything else raises FormatError.

    Refused: more than `max_size` bytes, nesting over `max_depth`, trailing bytes, indefinite
    lengths, duplicate or unsorted keys, keys other than int and str, integers not in their
    shortest form, tags, floats, undefined and other simple values, invalid UTF-8.
    """
    if len(data) > max_size:
        raise FormatError("CBOR_TOO_LARGE")
    try:
        value: object = cbor2.loads(
            data,
            max_depth=max_depth,
            allow_indefinite=False,
            allow_duplicate_keys=False,
            semantic_decoders=_TAGS,
            tag_hook=_refuse_tag,
        )
    except _DECODER_ERRORS:
        raise FormatError("CBOR_INVALID") from None
    _check(value, _SCALARS, ordered=True)
    if cbor2.dumps(value) != data:
        raise FormatError("CBOR_NOT_DETERMINISTIC")
    return value


def decode_lenient(data: bytes, *, max_size: int = 65536, max_depth: int = 16) -> object:
    """Decode CBOR written by others: any key order, any integer width, floats, streams.

    Still refused: duplicates, trailing bytes, tags, depth and size. Raises FormatError.
    """
    if len(data) > max_size:
        raise FormatError("CBOR_TOO_LARGE")
    stream = BytesIO(data)
    try:
        value: object = cbor2.CBORDecoder(
            stream,
            max_depth=max_depth,
            allow_duplicate_keys=False,
            semantic_decoders=_TAGS,
            tag_hook=_refuse_tag,
        ).decode()
    except _DECODER_ERRORS:
        raise FormatError("CBOR_INVALID") from None
    if stream.tell() != len(data):
        raise FormatError("CBOR_TRAILING")
    _check(value, _SCALARS_LENIENT, ordered=False)
    return value


def encode_bytes(data: bytes) -> bytes:
    """Encode one byte string: for the signed structures written out by hand."""
    return encode_bytes_head(len(data)) + data


def encode_bytes_head(size: int) -> bytes:
    """Encode the head of a byte string of that size, for one too large to be copied behind it."""
    if size < 24:
        return bytes((0x40 | size,))
    if size < 1 << 8:
        return bytes((0x58, size))
    if size < 1 << 16:
        return b"\x59" + size.to_bytes(2, "big")
    return b"\x5a" + size.to_bytes(4, "big")


def _check(value: object, scalars: frozenset[type], *, ordered: bool) -> None:
    """Look at every container once: allowed types only, keys in order."""
    stack = [value] if type(value) not in scalars else []
    for item in stack:  # it grows while we walk
        kind = type(item)
        if kind is list:
            members: Collection[object] = item  # type: ignore[assignment]
        elif kind is dict:
            _check_keys(item, ordered=ordered)  # type: ignore[arg-type]
            members = item.values()  # type: ignore[attr-defined]
        else:
            raise FormatError("CBOR_TYPE")
        if not scalars.issuperset(map(type, members)):
            stack += [member for member in members if type(member) not in scalars]


def _check_keys(mapping: dict[object, object], *, ordered: bool) -> None:
    keys = list(mapping)
    kinds = set(map(type, keys))
    if kinds == _INT_KEYS:
        if ordered and not _ints_in_order(keys):  # type: ignore[arg-type]
            raise FormatError("CBOR_KEY_ORDER")
    elif not kinds <= _KEYS:
        raise FormatError("CBOR_KEY")
    elif ordered:
        encoded = [cbor2.dumps(key) for key in keys]
        if encoded != sorted(encoded):
            raise FormatError("CBOR_KEY_ORDER")


def _ints_in_order(keys: list[int]) -> bool:
    if keys[0] >= 0 and keys == sorted(keys):
        return True
    return keys == sorted(keys, key=_rank)


def _rank(number: int) -> int:
    """Order integers as their encodings are ordered: 0, 1, 2 and so on before -1, -2."""
    return number if number >= 0 else _INT_LIMIT - number


def _ordered(value: object) -> object:
    kind = type(value)
    if kind in _SCALARS:
        if kind is int and not -_INT_LIMIT <= value < _INT_LIMIT:  # type: ignore[operator]
            raise FormatError("CBOR_TYPE")
        return value
    if isinstance(value, dict):
        keys = list(value)
        kinds = set(map(type, keys))
        if not kinds <= _KEYS:
            raise FormatError("CBOR_KEY")
        if kinds != _INT_KEYS or not _ints_in_order(keys):
            keys.sort(key=cbor2.dumps)
        return {key: _ordered(value[key]) for key in keys}
    if isinstance(value, list | tuple):
        return [_ordered(item) for item in value]
    raise FormatError("CBOR_TYPE")
