"""What is inside the QR: a four-character prefix and strict base45 (RFC 9285), and how large.

No loop over the characters: a scan must cost little more than its signatures, and plain Python
base45 alone would cost as much as both. PyPI `b45` accepts invalid text, `base45` is slow.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection
from typing import TYPE_CHECKING

from credentials.errors import FormatError, LintError

if TYPE_CHECKING:
    import numpy as np
else:
    from credentials.lazy_numpy import np

PREFIX_PRESENTATION = "ID1:"
PREFIX_PRINT = "IDS:"
PREFIX_CHALLENGE = "IDC:"
PREFIX_FRAME = "IDK:"
PREFIX_SIZE = 4
MAX_TEXT = 4296  # alphanumeric characters of a version 40-L symbol

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"
_INVALID = 255
_TO_DIGIT = bytes(ALPHABET.encode().find(byte) & 0xFF for byte in range(256))

# Characters of one alphanumeric segment in versions 1 to 40 (ISO/IEC 18004 table 7).
# fmt: off
_CAPACITY: dict[str, tuple[int, ...]] = {
    "L": (
        25, 47, 77, 114, 154, 195, 224, 279, 335, 395, 468, 535, 619, 667, 758, 854, 938, 1046,
        1153, 1249, 1352, 1460, 1588, 1704, 1853, 1990, 2132, 2223, 2369, 2520, 2677, 2840, 3009,
        3183, 3351, 3537, 3729, 3927, 4087, 4296,
    ),
    "M": (
        20, 38, 61, 90, 122, 154, 178, 221, 262, 311, 366, 419, 483, 528, 600, 656, 734, 816, 909,
        970, 1035, 1134, 1248, 1326, 1451, 1542, 1637, 1732, 1839, 1994, 2113, 2238, 2369, 2506,
        2632, 2780, 2894, 3054, 3220, 3391,
    ),
    "Q": (
        16, 29, 47, 67, 87, 108, 125, 157, 189, 221, 259, 296, 352, 376, 426, 470, 531, 574, 644,
        702, 742, 823, 890, 963, 1041, 1094, 1172, 1263, 1322, 1429, 1499, 1618, 1700, 1787, 1867,
        1966, 2071, 2181, 2298, 2420,
    ),
}
# fmt: on


def base45_encode(data: bytes) -> str:
    """Encode bytes as base45: two bytes give three characters, a last single one gives two."""
    even = len(data) // 2 * 2
    pairs = np.frombuffer(data, dtype=">u2", count=even // 2).astype(np.uint32)
    digits = np.empty((even // 2, 3), dtype=np.uint8)
    digits[:, 0] = pairs % 45
    digits[:, 1] = pairs // 45 % 45
    digits[:, 2] = pairs // 2025
    to_character = np.frombuffer(ALPHABET.encode(), dtype=np.uint8)
    text = to_character[digits.reshape(-1)].tobytes().decode("ascii")
    if len(data) > even:
        text += ALPHABET[data[-1] % 45] + ALPHABET[data[-1] // 45]
    return text


def base45_decode(text: str) -> bytes:
    """Decode strict base45; FormatError for a wrong character, length or an overflowing group."""
    whole = len(text) // 3 * 3
    if len(text) - whole == 1:
        raise FormatError("BASE45_LENGTH")
    try:
        digits = text.encode("ascii").translate(_TO_DIGIT)
    except UnicodeEncodeError:
        raise FormatError("BASE45_CHARACTER") from None
    if _INVALID in digits:
        raise FormatError("BASE45_CHARACTER")
    data = _pairs(digits[:whole])
    if len(text) > whole:
        last = digits[whole] + 45 * digits[whole + 1]
        if last > 0xFF:
            raise FormatError("BASE45_OVERFLOW")
        data += bytes((last,))
    return data


def _pairs(digits: bytes) -> bytes:
    """Return the two bytes of every three digits, all groups in one sum.

    The digits of all groups are one large integer, three bytes a group; so are the groups' values,
    as none exceeds 91,124. Large integers cost less than an array library whose code has to be
    fetched anew after each signature.
    """
    size = len(digits)
    low, high = _MASKS if size <= MAX_TEXT else _masks(size)
    groups = int.from_bytes(digits, "big")
    values = (groups >> 16 & low) + 45 * (groups >> 8 & low) + 2025 * (groups & low)
    if values & high:
        raise FormatError("BASE45_OVERFLOW")
    padded = values.to_bytes(size, "big")
    data = bytearray(size // 3 * 2)
    data[::2], data[1::2] = padded[1::3], padded[2::3]
    return bytes(data)


def _masks(size: int) -> tuple[int, int]:
    """Return the masks of the last and of the first byte of every three."""
    low = int.from_bytes(b"\0\0\xff" * (size // 3), "big")
    return low, low << 16


_MASKS = _masks(MAX_TEXT)


def to_text(prefix: str, data: bytes) -> str:
    """Return prefix + base45, ready for one alphanumeric QR segment; LintError when too long."""
    text = prefix + base45_encode(data)
    if len(text) > MAX_TEXT:
        raise LintError("QR_TOO_LARGE")
    return text


def from_text(text: str, *, prefixes: Collection[str]) -> tuple[str, bytes]:
    """Split a scanned text into (prefix, bytes); FormatError.

    Codes: QR_TOO_LONG, QR_PREFIX (not one of `prefixes`), BASE45_….
    """
    if len(text) > MAX_TEXT:
        raise FormatError("QR_TOO_LONG")
    prefix = text[:PREFIX_SIZE]
    if prefix not in prefixes:
        raise FormatError("QR_PREFIX")
    return prefix, base45_decode(text[PREFIX_SIZE:])


def qr_version(text_length: int, level: str = "L") -> int:
    """Return the smallest QR version (1 to 40) that holds so many alphanumeric characters.

    `level` is the error correction: L on screens, M, Q in print. LintError when none does.
    """
    version = bisect_left(_CAPACITY[level], text_length) + 1
    if version > len(_CAPACITY[level]):
        raise LintError("QR_TOO_LARGE")
    return version


def text_length(data_size: int) -> int:
    """Return the characters of prefix + base45 for so many bytes."""
    return PREFIX_SIZE + data_size // 2 * 3 + data_size % 2 * 2
