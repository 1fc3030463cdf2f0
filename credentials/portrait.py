"""The header of a portrait: enough to refuse what is not a small WebP, without decoding it.

Whoever shows the picture decodes it; here only the claimed size is read (WebP container, RFC 9649).
A decompression bomb says so in its header.
"""

from __future__ import annotations

from struct import Struct

from credentials.errors import FormatError

MAX_BYTES = 2048
MAX_WIDTH = 128
MAX_HEIGHT = 160
# RIFF, size, WEBP, first chunk; and of a VP8 chunk: start code, width, height.
_CONTAINER = Struct("<4sI4s4s7x3sHH")
_VP8_START = b"\x9d\x01\x2a"


def check_portrait(data: bytes) -> tuple[int, int]:
    """Return (width, height) of a WebP of at most 2 KiB and 128x160 pixels; else FormatError."""
    if len(data) > MAX_BYTES:
        raise FormatError("PORTRAIT_TOO_LARGE")
    if len(data) < _CONTAINER.size:
        raise FormatError("PORTRAIT_NOT_WEBP")
    riff, size, webp, chunk, start, width, height = _CONTAINER.unpack_from(data)
    if riff != b"RIFF" or webp != b"WEBP" or size + 8 > len(data):
        raise FormatError("PORTRAIT_NOT_WEBP")
    if chunk == b"VP8 " and start == _VP8_START:
        width, height = width & 0x3FFF, height & 0x3FFF
    else:
        width, height = _other_size(chunk, data)
    if not 0 < width <= MAX_WIDTH or not 0 < height <= MAX_HEIGHT:
        raise FormatError("PORTRAIT_DIMENSIONS")
    return width, height


def _other_size(chunk: bytes, data: bytes) -> tuple[int, int]:
    """Return the size of a lossless or an extended picture."""
    if chunk == b"VP8L" and data[20] == 0x2F:
        bits = int.from_bytes(data[21:25], "little")
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    if chunk == b"VP8X":
        width, height = data[24:27], data[27:30]
        return int.from_bytes(width, "little") + 1, int.from_bytes(height, "little") + 1
    raise FormatError("PORTRAIT_NOT_WEBP")
