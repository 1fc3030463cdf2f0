"""The bitmap behind revocation: IETF Token Status List, sections 4 and 5 (bytes and zlib).

Entry i of a list with b bits lies in byte i*b//8, the lowest entry in the lowest bits. Values:
0 valid, 1 invalid (revoked), 2 suspended.
"""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, cast

from credentials.errors import FormatError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Indices = NDArray[np.uint32]
else:
    from credentials.lazy_numpy import np

LIST_SIZE = 1 << 20  # entries; indices are handed out at random inside it
VALID, INVALID, SUSPENDED = 0, 1, 2
BITS = (1, 2, 4, 8)


def inflate(data: bytes, limit: int) -> bytes:
    """Return zlib data inflated to at most `limit` bytes; FormatError, also for bytes after it."""
    stream = zlib.decompressobj()
    try:
        inflated = stream.decompress(data, limit + 1)
    except zlib.error:
        raise FormatError("ZLIB_INVALID") from None
    if len(inflated) > limit or stream.unconsumed_tail:
        raise FormatError("ZLIB_TOO_LARGE")
    if not stream.eof or stream.unused_data:
        raise FormatError("ZLIB_INVALID")
    return inflated


class StatusList:
    """A mutable list of `size` entries of 1, 2, 4 or 8 bits, all 0 at first."""

    def __init__(self, bits: int = 1, size: int = LIST_SIZE) -> None:
        """Make an empty list; FormatError for another width, or a size that fills no byte."""
        if bits not in BITS or size <= 0 or size * bits % 8:
            raise FormatError("STATUS_LIST_FORMAT")
        self.bits = bits
        self.size = size
        self._data = bytearray(size * bits // 8)

    @classmethod
    def from_bytes(cls, data: bytes, bits: int = 1) -> StatusList:
        """Take an uncompressed list; its size follows from the bytes. FormatError when empty."""
        if bits not in BITS:
            raise FormatError("STATUS_LIST_FORMAT")
        result = cls(bits, len(data) * 8 // bits)
        result._data[:] = data
        return result

    @classmethod
    def decompress(cls, data: bytes, bits: int = 1, *, limit: int = LIST_SIZE) -> StatusList:
        """Take a zlib-compressed list of at most `limit` inflated bytes; FormatError."""
        return cls.from_bytes(inflate(data, limit), bits)

    def to_bytes(self) -> bytes:
        """Return the uncompressed bytes."""
        return bytes(self._data)

    def compress(self) -> bytes:
        """Return the zlib form (DEFLATE, strongest level) that a status list token carries."""
        return zlib.compress(self._data, 9)

    def get(self, index: int) -> int:
        """Return the value of an entry; IndexError outside the list."""
        position, shift = self._locate(index)
        return self._data[position] >> shift & self._mask

    def set(self, index: int, value: int) -> None:
        """Write an entry; IndexError outside the list, ValueError when it needs more bits."""
        position, shift = self._locate(index)
        if not 0 <= value <= self._mask:
            raise ValueError(value)
        self._data[position] = self._data[position] & ~(self._mask << shift) | value << shift

    def indices(self, value: int) -> Indices:
        """Return the sorted indices of all entries that hold `value`."""
        data = np.frombuffer(bytes(self._data), dtype=np.uint8)
        shifts = np.arange(0, 8, self.bits, dtype=np.uint8)
        entries = (data[:, None] >> shifts) & np.uint8(self._mask)
        return cast("Indices", np.flatnonzero(entries.reshape(-1) == value).astype(np.uint32))

    @property
    def _mask(self) -> int:
        return (1 << self.bits) - 1

    def _locate(self, index: int) -> tuple[int, int]:
        if not 0 <= index < self.size:
            raise IndexError(index)
        bit = index * self.bits
        return bit // 8, bit % 8
