"""How receipts lie in a file: one after the other, each with its length and a checksum.

    frame = FF 49 4B 52 | length, 4 bytes | CRC-32, 4 bytes | receipt

The checksum is no protection: it finds the next whole record behind a damaged one, so that one
flipped bit costs one record and not the rest of the file. The first byte is in no UTF-8 text.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, Final

from verifier.receipts.record import MAX_RECORD

MAGIC: Final = b"\xffIKR"
HEAD: Final = 12
MAX_FRAME: Final = HEAD + MAX_RECORD
_CHUNK: Final = 1 << 18


@dataclass(frozen=True, slots=True)
class Frame:
    """A whole frame at a place of the file; `data` is the receipt in it."""

    at: int
    data: bytes

    @property
    def end(self) -> int:
        """Where the next one begins."""
        return self.at + HEAD + len(self.data)


@dataclass(frozen=True, slots=True)
class Damage:
    """Bytes that are no frame; `at_end` when nothing whole follows."""

    at: int
    size: int
    at_end: bool


def frame(data: bytes) -> bytes:
    """Return the frame of a receipt."""
    return MAGIC + len(data).to_bytes(4, "big") + zlib.crc32(data).to_bytes(4, "big") + data


def whole_frame(buffer: bytes, at: int) -> bytes | None:
    """Return the receipt of the whole frame that begins at `at` of the buffer, None without one."""
    head = buffer[at : at + HEAD]
    if len(head) < HEAD or not head.startswith(MAGIC):
        return None
    size = int.from_bytes(head[4:8], "big")
    data = buffer[at + HEAD : at + HEAD + size] if size <= MAX_RECORD else b""
    if len(data) != size or zlib.crc32(data) != int.from_bytes(head[8:], "big"):
        return None
    return data


def read_frames(file: BinaryIO, at: int = 0) -> Iterator[Frame | Damage]:
    """Yield everything from where the file stands (its place `at`), in bounded memory."""
    buffer, place, ended = b"", 0, False
    bad_from: int | None = None
    while True:
        if len(buffer) - place < MAX_FRAME and not ended:
            chunk = file.read(_CHUNK)
            ended = not chunk
            at, buffer, place = at + place, buffer[place:] + chunk, 0
            continue
        data = whole_frame(buffer, place) if place < len(buffer) else None
        if data is not None:
            if bad_from is not None:
                yield Damage(bad_from, at + place - bad_from, at_end=False)
                bad_from = None
            yield Frame(at + place, data)
            place += HEAD + len(data)
            continue
        if place >= len(buffer):
            if bad_from is not None:
                yield Damage(bad_from, at + place - bad_from, at_end=True)
            return
        bad_from = at + place if bad_from is None else bad_from
        found = buffer.find(MAGIC, place + 1)
        place = found if found >= 0 else max(place + 1, len(buffer) - (0 if ended else 3))
