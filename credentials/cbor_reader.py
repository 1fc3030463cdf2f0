"""Reads large deterministic CBOR in place, item by item, without copying or decoding it whole.

`cbor.decode` looks at a value, encodes it again and compares: right for a QR text, too much for a
bundle of megabytes on a small terminal. Here the caller says what has to come next, byte strings
are handed out as views of the input, and every head must be of definite length and shortest form
(RFC 8949 section 4.2.1).
"""

from __future__ import annotations

from credentials.errors import FormatError

UNSIGNED, BYTES, TEXT, ARRAY, MAP = 0, 2, 3, 4, 5
_SIZES = {24: 1, 25: 2, 26: 4, 27: 8}
_LEAST = {24: 24, 25: 1 << 8, 26: 1 << 16, 27: 1 << 32}


class CborReader:
    """A position in CBOR bytes; every method reads the next item or raises FormatError."""

    __slots__ = ("_data", "_position")

    def __init__(self, data: bytes | memoryview) -> None:
        """Start at the first byte."""
        self._data = memoryview(data)
        self._position = 0

    def unsigned(self) -> int:
        """Read an unsigned integer."""
        return self._head(UNSIGNED)

    def array(self) -> int:
        """Read the head of an array; its length."""
        return self._head(ARRAY)

    def mapping(self) -> int:
        """Read the head of a map; its number of pairs."""
        return self._head(MAP)

    def byte_string(self) -> memoryview:
        """Read a byte string; a view, not a copy."""
        return self._take(self._head(BYTES))

    def text(self) -> str:
        """Read a text string."""
        try:
            return str(self._take(self._head(TEXT)), "utf-8")
        except UnicodeDecodeError:
            raise FormatError("CBOR_INVALID") from None

    def end(self) -> None:
        """Require that nothing follows."""
        if self._position != len(self._data):
            raise FormatError("CBOR_TRAILING")

    def _head(self, major: int) -> int:
        first = self._take(1)[0]
        if first >> 5 != major:
            raise FormatError("CBOR_TYPE")
        short = first & 31
        if short < 24:
            return short
        if short not in _SIZES:
            raise FormatError("CBOR_NOT_DETERMINISTIC")
        value = int.from_bytes(self._take(_SIZES[short]), "big")
        if value < _LEAST[short]:
            raise FormatError("CBOR_NOT_DETERMINISTIC")
        return value

    def _take(self, size: int) -> memoryview:
        start = self._position
        if size > len(self._data) - start:
            raise FormatError("CBOR_INVALID")
        self._position = start + size
        return self._data[start : start + size]
