"""Who is revoked or suspended, small enough for all of Indonesia on a USB stick.

For each list of 2**20 entries the sorted indices are written as Rice-coded gaps. Remainders and
quotients lie in two separate bit streams, so that numpy decodes a whole list at once:

    block = k (1 byte) | count (3 bytes) | remainders, k bits each | quotients in unary: 0…01

A gap is the distance to the index before it, minus one. With p revoked, k is about
log2(ln 2 / p) bits: within 1 % of the entropy, where zlib over the bitmap costs a third more.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
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


def decode_gaps(data: bytes) -> Indices:
    """Decode a block into sorted indices (uint32); FormatError for anything not well-formed."""
    if len(data) < _HEAD or data[0] > _MAX_K:
        raise FormatError("GAPS_FORMAT")
    k, count = data[0], int.from_bytes(data[1:_HEAD], "big")
    size = (count * k + 7) // 8
    if count > LIST_SIZE or len(data) < _HEAD + size + (count + 7) // 8:
        raise FormatError("GAPS_FORMAT")
    if len(data) > _HEAD + size + LIST_SIZE // 4:
        raise FormatError("GAPS_TOO_LARGE")
    body = np.frombuffer(data, dtype=np.uint8, offset=_HEAD)
    gaps = _unary(body[size:], count) << k
    if k:
        gaps += _fixed(body[:size], count, k)
    indices = np.cumsum(gaps + 1) - 1
    if count and indices[-1] >= LIST_SIZE:
        raise FormatError("GAPS_INDICES")
    result = indices.astype(np.uint32)
    result.flags.writeable = False
    return cast("Indices", result)


class RevocationSet:
    """Revoked and suspended indices of every list it covers, read-only.

    Holds four bytes an index; a look-up is two binary searches, well below a microsecond.
    """

    __slots__ = ("_revoked", "_suspended")

    def __init__(
        self,
        revoked: Mapping[int, Sequence[int] | Indices],
        suspended: Mapping[int, Sequence[int] | Indices] | None = None,
    ) -> None:
        """Take sorted indices by list; a list that appears in either mapping is covered."""
        suspended = suspended or {}
        numbers = sorted({*revoked, *suspended})
        self._revoked = {number: _view(revoked.get(number, ())) for number in numbers}
        self._suspended = {number: _view(suspended.get(number, ())) for number in numbers}

    def status(self, status_list: int, index: int) -> Literal["good", "revoked", "suspended"]:
        """Return "good", "revoked" or "suspended"; KeyError for a list it does not cover.

        Revoked wins over suspended. A list we know nothing of is never "good".
        """
        if _has(self._revoked[status_list], index):
            return REVOKED
        return SUSPENDED if _has(self._suspended[status_list], index) else GOOD

    @property
    def lists(self) -> tuple[int, ...]:
        """Numbers of the covered lists, ascending."""
        return tuple(self._revoked)

    def counts(self) -> tuple[int, int]:
        """Return how many are revoked and how many suspended."""
        revoked = sum(len(view) for view in self._revoked.values())
        return revoked, sum(len(view) for view in self._suspended.values())

    def revoked(self, status_list: int) -> Indices:
        """Return the revoked indices of a list; KeyError."""
        return np.asarray(self._revoked[status_list], dtype=np.uint32)

    def suspended(self, status_list: int) -> Indices:
        """Return the suspended indices of a list; KeyError."""
        return np.asarray(self._suspended[status_list], dtype=np.uint32)


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
    revoked: dict[int, Indices] = {}
    suspended: dict[int, Indices] = {}
    last = -1
    for entry in value:
        if not isinstance(entry, list) or len(entry) != _ENTRY:
            raise FormatError("REVOCATION_FORMAT")
        number, revoked_block, suspended_block = entry
        if type(number) is not int or number <= last:
            raise FormatError("REVOCATION_FORMAT")
        if type(revoked_block) is not bytes or type(suspended_block) is not bytes:
            raise FormatError("REVOCATION_FORMAT")
        revoked[number] = decode_gaps(revoked_block)
        suspended[number] = decode_gaps(suspended_block)
        last = number
    return RevocationSet(revoked, suspended)


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
    bits = np.unpackbits(stream)
    ends = np.flatnonzero(bits)
    if len(ends) != count or (len(bits) - (ends[-1] + 1 if count else 0)) >= 8:
        raise FormatError("GAPS_FORMAT")
    return cast("NDArray[np.int64]", np.diff(ends, prepend=-1) - 1)


def _fixed(stream: NDArray[np.uint8], count: int, k: int) -> NDArray[np.int64]:
    bits = np.unpackbits(stream)
    if bits[count * k :].any():
        raise FormatError("GAPS_FORMAT")
    weights = 1 << np.arange(k - 1, -1, -1, dtype=np.int64)
    rows = bits[: count * k].reshape(count, k)
    return cast("NDArray[np.int64]", rows.astype(np.float32) @ weights.astype(np.float32)).astype(
        np.int64
    )


def _view(indices: Sequence[int] | Indices) -> memoryview:
    """Return a read-only view of four bytes an index: bisect reads it without numpy's overhead."""
    array = np.asarray(indices, dtype=np.uint32)
    if array.flags.writeable:  # somebody else could still change it under us
        array = array.copy()
    if len(array) and (np.any(array[1:] <= array[:-1]) or array[-1] >= LIST_SIZE):
        raise LintError("GAPS_INDICES")
    return array.data.toreadonly()


def _has(view: memoryview, index: int) -> bool:
    position = bisect_left(view, index)
    return position < len(view) and view[position] == index
