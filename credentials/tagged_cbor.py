"""CBOR as ISO 18013-5 and CWTs in the wild write it: any key order, any width, and four tags.

Beside `credentials.cbor`, which takes only our own deterministic form. Tags 0 (date-time), 24
(encoded CBOR) and 1004 (full-date, RFC 8943) come as `cbor2.CBORTag`, never as Python dates: what
was hashed must not be interpreted before. Every other tag is refused. What lies inside tag 24 is
kept as the bytes that were signed.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from datetime import UTC, date, datetime
from functools import lru_cache
from io import BytesIO
from typing import cast

import cbor2
from cbor2 import CBORTag

from credentials.cbor import encode_bytes
from credentials.errors import FormatError

MAX_SIZE = 1 << 18
MAX_DEPTH = 16
DATE_TIME, ENCODED, FULL_DATE = 0, 24, 1004

_KEYS: frozenset[type] = frozenset({int, str})
# What holds nothing further: in one of our tags stands a text or bytes.
_PLAIN: frozenset[type] = frozenset({int, bytes, str, bool, type(None), float})
_LEAVES = _PLAIN | {CBORTag}
_WRAPPED = {1: b"\xd8\x18\x58", 2: b"\xd8\x18\x59"}  # tag 24, bytes with 1 or 2 bytes of length
_TAG_TEXT = {DATE_TIME: str, FULL_DATE: str, ENCODED: bytes}
_ERRORS = (cbor2.CBORDecodeError, ValueError, OverflowError, RecursionError, TypeError)
_TDATE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?Z", re.ASCII)
_FULL_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)


def _refuse_tag(*_: object) -> object:
    raise ValueError


def _keep(number: int) -> object:
    def keep(content: object, _: object) -> CBORTag:
        if type(content) is not _TAG_TEXT[number]:
            raise ValueError
        return CBORTag(number, content)

    return keep


# cbor2 interprets tags it knows: each of them is refused by name, but the three. Of those it does
# not know tag 24, of which there are many: `_check` looks at it, and refuses all others.
_TAGS: dict[int, object] = {
    **dict.fromkeys((*range(300), 1004, 1040, 43000, 43001, 55799), _refuse_tag),
    **{number: _keep(number) for number in (DATE_TIME, FULL_DATE)},
}
del _TAGS[ENCODED]


def decode(data: bytes, *, max_size: int = MAX_SIZE, max_depth: int = MAX_DEPTH) -> object:
    """Decode one item; FormatError("CBOR_…") for duplicates, trailing bytes, size, depth, tags.

    Keys are integers or texts. Indefinite lengths are taken, as the standards allow them.
    """
    return decode_all((data,), max_size=max_size, max_depth=max_depth)[0]


def decode_all(
    data: Sequence[bytes], *, max_size: int = MAX_SIZE, max_depth: int = MAX_DEPTH
) -> list[object]:
    """Decode many, each of them one item; FormatError as `decode`.

    One decoder reads them in a row, and must stop where each of them ends.
    """
    if any(len(one) > max_size for one in data):
        raise FormatError("CBOR_TOO_LARGE")
    stream = BytesIO(b"".join(data))
    decoder = cbor2.CBORDecoder(
        stream,
        max_depth=max_depth,
        allow_duplicate_keys=False,
        semantic_decoders=_TAGS,  # type: ignore[arg-type]
    )
    values: list[object] = []
    end = 0
    for one in data:
        try:
            values.append(decoder.decode())
        except _ERRORS:
            raise FormatError("CBOR_INVALID") from None
        end += len(one)
        if stream.tell() != end:
            raise FormatError("CBOR_TRAILING")
    _check(values)
    return values


def decode_map(data: bytes, *, max_size: int = MAX_SIZE) -> dict[object, object]:
    """Decode a map; FormatError("CBOR_…")."""
    value = decode(data, max_size=max_size)
    if not isinstance(value, dict):
        raise FormatError("CBOR_NOT_MAP")
    return value


def encode(value: object) -> bytes:
    """Encode in the order given, tags included; integers and lengths in their shortest form."""
    return cbor2.dumps(value)


def wrapped(data: bytes) -> bytes:
    """Return tag 24 around encoded CBOR: the form in which ISO 18013-5 hashes and signs."""
    return b"\xd8\x18" + encode_bytes(data)


def unwrap(value: object) -> bytes:
    """Return the bytes inside tag 24; FormatError("CBOR_NOT_ENCODED") for anything else."""
    if not isinstance(value, CBORTag) or value.tag != ENCODED:
        raise FormatError("CBOR_NOT_ENCODED")
    return cast("bytes", value.value)


def unwrap_bytes(data: bytes) -> bytes:
    """Return the bytes inside an encoded tag 24 that is all there is; FormatError("CBOR_…").

    The usual head is recognised by hand; any other is decoded.
    """
    for size in (1, 2):
        if data[:3] == _WRAPPED[size] and len(data) == 3 + size + int.from_bytes(
            data[3 : 3 + size]
        ):
            return data[3 + size :]
    return unwrap(decode(data))


def tdate(moment: int) -> CBORTag:
    """Return unix seconds as a tagged date-time in UTC without fractions (ISO 18013-5, 7.1)."""
    return CBORTag(DATE_TIME, datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"))


def full_date(text: str) -> CBORTag:
    """Return an ISO 8601 date as tag 1004 (RFC 8943)."""
    return CBORTag(FULL_DATE, date.fromisoformat(text).isoformat())


def read_tdate(value: object) -> int:
    """Return unix seconds of a tagged date-time; FormatError("CBOR_DATE").

    Fractions of a second, which ISO 18013-5 forbids and some write, are dropped.
    """
    if not isinstance(value, CBORTag) or value.tag != DATE_TIME:
        raise FormatError("CBOR_DATE")
    return _moment(cast("str", value.value))


@lru_cache(maxsize=1024)
def _moment(text: str) -> int:
    """Return unix seconds of a date-time. Cached: the credentials of a day share their times."""
    if not _TDATE.fullmatch(text):
        raise FormatError("CBOR_DATE")
    try:
        return int(datetime.fromisoformat(text[:19] + "+00:00").timestamp())
    except (ValueError, OverflowError):
        raise FormatError("CBOR_DATE") from None


def plain(value: object) -> object:
    """Return a value without tags: dates as their text, encoded CBOR as its bytes."""
    if type(value) in _PLAIN:
        return value
    if isinstance(value, CBORTag):
        return value.value
    if isinstance(value, dict):
        return {key: plain(member) for key, member in value.items()}
    if isinstance(value, list | tuple):
        return [plain(member) for member in value]
    return value


def _check(value: object) -> None:
    """Look at every container once; cbor2's other types (undefined, simple values) end here."""
    stack = [value]
    for item in stack:  # it grows while we walk
        kind = type(item)
        if kind is dict:
            members: Collection[object] = item.values()  # type: ignore[attr-defined]
            if not _KEYS.issuperset(map(type, item)):  # type: ignore[call-overload]
                raise FormatError("CBOR_KEY")
        elif kind is list:
            members = item  # type: ignore[assignment]
        else:
            raise FormatError("CBOR_TYPE")
        kinds = set(map(type, members))
        if not kinds <= _LEAVES:
            stack += [member for member in members if type(member) not in _LEAVES]
        if CBORTag in kinds:
            _check_tags(members)


def _check_tags(members: Collection[object]) -> None:
    for one in members:
        if isinstance(one, CBORTag) and type(one.value) is not _TAG_TEXT.get(one.tag):
            raise FormatError("CBOR_INVALID")
