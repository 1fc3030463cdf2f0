"""Who is revoked or suspended, small enough for all of Indonesia on a USB stick.

For each list of 2**20 entries the sorted indices are written as Rice-coded gaps. Remainders and
quotients lie in two separate bit streams, so that numpy decodes a whole list at once:

    block = k (1 byte) | count (3 bytes) | remainders, k bits each | quotients in unary: 0…01

A gap is the distance to the index before it, minus one. With p revoked, k is about
log2(ln 2 / p) bits: within 1 % of the entropy, where zlib over the bitmap costs a third more.
"""

from __future__ import annotations

import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from math import log, log2
from typing import TYPE_CHECKING, Final, Literal, cast

from credentials.errors import FormatError, LintError
from credentials.status_list import LIST_SIZE

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from credentials.status_list import Indices
else:
    from credentials.lazy_numpy import np

GOOD: Final = "good"
REVOKED: Final = "revoked"
SUSPENDED: Final = "suspended"

_HEAD = 4
_MAX_K = 20
_MAX_LISTS = 1 << 16
_ENTRY = 3
_BUCKETS = LIST_SIZE >> 8

Block = bytes | memoryview
_Packed = tuple[bytes, "array.array[int]"]
_EMPTY: Final[_Packed] = (b"", array.array("H", bytes(2 * (_BUCKETS + 1))))


def encode_gaps(indices: Sequence[int] | Indices) -> bytes:
    """Encode strictly increasing indices below 2**20; LintError when they are not."""
    values = np.asarray(indices, dtype=np.int64)
    gaps = np.diff(values, prepend=-1) - 1
    if len(values) and (gaps.min() < 0 or values[-1] >= LIST_SIZE):
        raise LintError("GAPS_INDICES")
    count = len(values)
    k = _best_k(count)
    quotients = gaps >> k
    shifts = np.arange(k - 1, -1, -1)
    remainders = (gaps[:, None] >> shifts & 1).astype(np.uint8).reshape(-1)
    unary = np.zeros(int(quotients.sum()) + count, dtype=np.uint8)
    unary[np.cumsum(quotients + 1) - 1] = 1
    head = bytes((k,)) + count.to_bytes(3, "big")
    return head + np.packbits(remainders).tobytes() + np.packbits(unary).tobytes()


def decode_gaps(data: Block) -> Indices:
    """Decode a block into sorted indices (uint32); FormatError for anything not well-formed."""
    result = _decode(data).astype(np.uint32)
    result.flags.writeable = False
    return result


def _decode(data: Block) -> NDArray[np.int64]:
    """Decode a block into strictly increasing indices below LIST_SIZE."""
    if len(data) < _HEAD or data[0] > _MAX_K:
        raise FormatError("GAPS_FORMAT")
    k, count = data[0], int.from_bytes(data[1:_HEAD], "big")
    size = (count * k + 7) // 8
    if count > LIST_SIZE or len(data) < _HEAD + size + (count + 7) // 8:
        raise FormatError("GAPS_FORMAT")
    if len(data) > _HEAD + size + LIST_SIZE // 4:
        raise FormatError("GAPS_TOO_LARGE")
    body = np.frombuffer(data, dtype=np.uint8, offset=_HEAD)
    order = np.arange(count)
    indices = _unary(body[size:], count)
    indices -= order  # the zeros before each one: the sum of the quotients up to it
    indices <<= k
    indices += order
    if k:
        indices += np.cumsum(_fixed(body[:size], count, k))
    if count and indices[-1] >= LIST_SIZE:
        raise FormatError("GAPS_INDICES")
    return indices


class RevocationSet:
    """Revoked and suspended indices of every list it covers, read-only.

    Holds one byte an index, its lowest, in buckets of 256, and where each bucket begins: 8 MB for
    280 million entries with 2 % revoked. A look-up searches two buckets of about five bytes.
    """

    __slots__ = ("_held",)

    def __init__(
        self,
        revoked: Mapping[int, Sequence[int] | Indices],
        suspended: Mapping[int, Sequence[int] | Indices] | None = None,
    ) -> None:
        """Take sorted indices by list; a list that appears in either mapping is covered."""
        suspended = suspended or {}
        self._held = {
            number: (
                *_pack(_checked(revoked.get(number, ()))),
                *_pack(_checked(suspended.get(number, ()))),
            )
            for number in sorted({*revoked, *suspended})
        }

    @classmethod
    def from_blocks(cls, lists: Iterable[tuple[int, Block, Block]]) -> RevocationSet:
        """Decode (list, revoked block, suspended block), each list once; FormatError.

        One list at a time, so that never more than one is held in its unpacked form.
        """
        found = cls({})
        for number, revoked, suspended in lists:
            found._held[number] = (*_pack(_decode(revoked)), *_pack(_decode(suspended)))
        return found

    def status(self, status_list: int, index: int) -> Literal["good", "revoked", "suspended"]:
        """Return "good", "revoked" or "suspended"; KeyError for a list it does not cover.

        Revoked wins over suspended. A list we know nothing of is never "good", nor is an index
        that no list has (IndexError).
        """
        if index >> 20:  # below 0, or LIST_SIZE and above
            raise IndexError(index)
        revoked, starts, suspended, suspended_starts = self._held[status_list]
        bucket = index >> 8
        if revoked.find(index & 0xFF, starts[bucket], starts[bucket + 1]) >= 0:
            return REVOKED
        if suspended:
            first, end = suspended_starts[bucket], suspended_starts[bucket + 1]
            if suspended.find(index & 0xFF, first, end) >= 0:
                return SUSPENDED
        return GOOD

    @property
    def lists(self) -> tuple[int, ...]:
        """Numbers of the covered lists, ascending."""
        return tuple(self._held)

    def counts(self) -> tuple[int, int]:
        """Return how many are revoked and how many suspended."""
        held = self._held.values()
        return sum(len(one[0]) for one in held), sum(len(one[2]) for one in held)

    def revoked(self, status_list: int) -> Indices:
        """Return the revoked indices of a list; KeyError."""
        return _unpack(self._held[status_list][:2])

    def suspended(self, status_list: int) -> Indices:
        """Return the suspended indices of a list; KeyError."""
        return _unpack(self._held[status_list][2:])


def encode_revocation(revocation: RevocationSet) -> list[object]:
    """Return the CBOR form: an array of [list, revoked block, suspended block], ascending."""
    return [
        [number, encode_gaps(revocation.revoked(number)), encode_gaps(revocation.suspended(number))]
        for number in revocation.lists
    ]


def parse_revocation(value: object) -> RevocationSet:
    """Read the CBOR form; FormatError for anything else."""
    if not isinstance(value, list) or len(value) > _MAX_LISTS:
        raise FormatError("REVOCATION_FORMAT")
    return RevocationSet.from_blocks(_entries(value))


def _entries(value: list[object]) -> Iterator[tuple[int, Block, Block]]:
    last = -1
    for entry in value:
        if not isinstance(entry, list) or len(entry) != _ENTRY:
            raise FormatError("REVOCATION_FORMAT")
        number, revoked, suspended = entry
        if type(number) is not int or number <= last:
            raise FormatError("REVOCATION_FORMAT")
        if type(revoked) is not bytes or type(suspended) is not bytes:
            raise FormatError("REVOCATION_FORMAT")
        yield number, revoked, suspended
        last = number


def merge_indices(parts: Iterable[Sequence[int] | Indices]) -> Indices:
    """Return the sorted union of several index sequences."""
    arrays = [np.asarray(part, dtype=np.uint32) for part in parts]
    return np.unique(np.concatenate(arrays)) if arrays else np.empty(0, dtype=np.uint32)


def _best_k(count: int) -> int:
    """Return the Rice parameter for `count` of 2**20 (geometric gaps; Golomb's rule)."""
    if count == 0:
        return 0
    share = min(count / LIST_SIZE, 0.999)
    return min(_MAX_K, max(0, round(log2(log(2) / -log(1 - share)))))


def _unary(stream: NDArray[np.uint8], count: int) -> NDArray[np.int64]:
    """Return where the ones are."""
    bits = np.unpackbits(stream)
    ends = np.flatnonzero(bits.view(np.bool_))
    if len(ends) != count or (len(bits) - (ends[-1] + 1 if count else 0)) >= 8:
        raise FormatError("GAPS_FORMAT")
    return cast("NDArray[np.int64]", ends)


def _fixed(stream: NDArray[np.uint8], count: int, k: int) -> NDArray[np.int64]:
    bits = np.unpackbits(stream)
    if bits[count * k :].any():
        raise FormatError("GAPS_FORMAT")
    weights = 1 << np.arange(k - 1, -1, -1, dtype=np.int64)
    rows = bits[: count * k].reshape(count, k)
    return cast("NDArray[np.int64]", rows.astype(np.float32) @ weights.astype(np.float32)).astype(
        np.int64
    )


def _checked(indices: Sequence[int] | Indices) -> NDArray[np.int64]:
    values = np.asarray(indices, dtype=np.int64)
    if not len(values):
        return values
    if np.any(values[1:] <= values[:-1]) or values[0] < 0 or values[-1] >= LIST_SIZE:
        raise LintError("GAPS_INDICES")
    return values


def _pack(values: NDArray[np.int64]) -> _Packed:
    """Return the lowest byte of each index, and where each bucket of 256 begins."""
    if not len(values):
        return _EMPTY
    kind = "H" if len(values) < 1 << 16 else "I"
    starts = np.zeros(_BUCKETS + 1, dtype=kind)
    np.cumsum(np.bincount(values >> 8, minlength=_BUCKETS), out=starts[1:])
    return values.astype(np.uint8).tobytes(), array.array(kind, starts.tobytes())


def _unpack(packed: _Packed) -> Indices:
    lows, starts = packed
    highs = np.repeat(np.arange(_BUCKETS, dtype=np.uint32) << 8, np.diff(starts))
    indices = highs + np.frombuffer(lows, dtype=np.uint8)
    indices.flags.writeable = False
    return cast("Indices", indices)
