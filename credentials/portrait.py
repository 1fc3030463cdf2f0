"""The header of a portrait: enough to refuse what is not a small WebP, without decoding it.

Whoever shows the picture decodes it; here only the claimed size is read (WebP container, RFC 9649).
A decompression bomb says so in its header.
"""

from __future__ import annotations

from credentials.errors import FormatError

MAX_BYTES = 2048
MAX_WIDTH = 128
MAX_HEIGHT = 160
_HEADER = 30
_VP8_START = b"\x9d\x01\x2a"


def check_portrait(data: bytes) -> tuple[int, int]:
    """Return (width, height) of a WebP of at most 2 KiB and 128x160 pixels; else FormatError."""
    if len(data) > MAX_BYTES:
        raise FormatError("PORTRAIT_TOO_LARGE")
    if len(data) < _HEADER or data[:4] != b"RIFF" or data[8:12] != b"WEBP":
        raise FormatError("PORTRAIT_NOT_WEBP")
    if int.from_bytes(data[4:8], "little") + 8 > len(data):
        raise FormatError("PORTRAIT_NOT_WEBP")
    width, height = _size(data)
    if not 0 < width <= MAX_WIDTH or not 0 < height <= MAX_HEIGHT:
        raise FormatError("PORTRAIT_DIMENSIONS")
    return width, height


def _size(data: bytes) -> tuple[int, int]:
    chunk = data[12:16]
    if chunk == b"VP8 " and data[23:26] == _VP8_START:
        width, height = data[26:28], data[28:30]
        return _number(width) & 0x3FFF, _number(height) & 0x3FFF
    if chunk == b"VP8L" and data[20] == 0x2F:
        bits = _number(data[21:25])
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    if chunk == b"VP8X":
        return _number(data[24:27]) + 1, _number(data[27:30]) + 1
    raise FormatError("PORTRAIT_NOT_WEBP")


def _number(data: bytes) -> int:
    return int.from_bytes(data, "little")
