"""The files of a chain: one segment a month, named by its first number and its month.

    0000000000-2026-11.receipts     number 0 alone, never deleted: it holds the key
    0000000001-2026-11.receipts     0000004711-2026-12.receipts     …

A record is on the disk (fsync) before anybody is answered, and each is written after the one before
was: what a power cut can leave is one unfinished record at the end of the last file, and only that
is ever taken off. Whatever else is wrong is damage, which this refuses to write behind.
"""

from __future__ import annotations

import errno
import os
import re
from contextlib import suppress
from dataclasses import dataclass
from io import BytesIO, FileIO
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric import ec

from credentials.errors import CredentialError
from verifier.receipts.errors import ReceiptError
from verifier.receipts.frames import HEAD, MAGIC, MAX_FRAME, Frame, frame, read_frames, whole_frame
from verifier.receipts.record import Receipt, parse_receipt, verify_receipt

MAX_SEGMENT: Final = 64 * 1024 * 1024
_NAME: Final = re.compile(r"([0-9]{10})-([0-9]{4}-[0-9]{2})\.receipts")


@dataclass(frozen=True, slots=True)
class Segment:
    """One file of the chain."""

    path: Path
    first: int
    month: str


@dataclass(frozen=True, slots=True)
class Tail:
    """The last whole receipt of a segment, where it ends, and what unfinished bytes follow."""

    receipt: Receipt | None
    end: int
    torn: bytes


def segments(folder: Path) -> list[Segment]:
    """Return the segments in the order of the chain; RECEIPTS_NOT_READABLE."""
    try:
        paths = list(folder.iterdir())
    except OSError:
        raise ReceiptError("RECEIPTS_NOT_READABLE", folder.name) from None
    found = [
        Segment(path, int(match[1]), match[2])
        for path in paths
        if (match := _NAME.fullmatch(path.name))
    ]
    return sorted(found, key=lambda one: one.first)


def segment(folder: Path, first: int, month: str) -> Segment:
    """Name a segment."""
    return Segment(folder / f"{first:010}-{month}.receipts", first, month)


def append(path: Path, at: int, data: bytes, *, new: bool) -> int:
    """Write a receipt at the end `at` of a segment and flush it to the disk; return the new end.

    RECEIPT_NOT_WRITTEN, and then the file is as before as far as that can still be done.
    """
    written = frame(data)
    try:
        with open(path, "xb" if new else "r+b", buffering=0, opener=_for_us_alone) as file:
            try:
                _write_all(file, at, written)
            except OSError:
                with suppress(OSError):
                    file.truncate(at)
                raise
        if new:
            sync_folder(path.parent)
    except OSError:
        raise ReceiptError("RECEIPT_NOT_WRITTEN", path.name) from None
    return at + len(written)


def _for_us_alone(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _write_all(file: FileIO, at: int, data: bytes) -> None:
    file.seek(at)
    if file.write(data) != len(data):  # a full disk may take a part
        raise OSError(errno.ENOSPC, "part")
    os.fsync(file.fileno())


def find_tail(path: Path, public_key: ec.EllipticCurvePublicKey) -> Tail:
    """Look for the last whole receipt, from the end and no further back than two could lie.

    RECEIPTS_DAMAGED when anything but one unfinished record follows it.
    """
    try:
        with path.open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            start = max(0, size - 2 * MAX_FRAME)
            file.seek(start)
            buffer = file.read(2 * MAX_FRAME)
    except OSError:
        raise ReceiptError("RECEIPTS_NOT_READABLE", path.name) from None
    place = len(buffer)
    while (place := buffer.rfind(MAGIC, 0, place)) >= 0:
        receipt = _receipt_at(buffer, place, public_key)
        if receipt is not None:
            end = place + len(frame_at(buffer, place))
            break
    else:
        receipt, end = None, 0
    torn = buffer[end:]
    if len(torn) > MAX_FRAME or (receipt is None and start > 0) or _holds_records(torn):
        raise ReceiptError("RECEIPTS_DAMAGED", path.name)
    return Tail(receipt, start + end, torn)


def _holds_records(torn: bytes) -> bool:
    """Tell whether whole records of another key are there: no power cut leaves those."""
    return any(isinstance(one, Frame) for one in read_frames(BytesIO(torn)))


def frame_at(buffer: bytes, place: int) -> bytes:
    """Return the bytes of a whole frame, none without one."""
    data = whole_frame(buffer, place)
    return b"" if data is None else frame(data)


def cut(path: Path, end: int) -> None:
    """Take off what follows `end`; a segment that had nothing else goes. RECEIPTS_NOT_WRITABLE."""
    try:
        if end == 0:
            path.unlink(missing_ok=True)
            sync_folder(path.parent)
            return
        with path.open("r+b") as file:
            file.truncate(end)
            os.fsync(file.fileno())
    except OSError:
        raise ReceiptError("RECEIPTS_NOT_WRITABLE", path.name) from None


def sync_folder(folder: Path) -> None:
    """Make a new name in a folder survive a power cut, where the system lets a folder be opened."""
    try:
        handle = os.open(folder, os.O_RDONLY)
    except OSError:  # Windows opens no folders; its journal keeps names
        return
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def size_of(path: Path) -> int:
    """Return a segment's size, -1 when it is not there."""
    try:
        return path.stat().st_size
    except OSError:
        return -1


def _receipt_at(buffer: bytes, place: int, public_key: ec.EllipticCurvePublicKey) -> Receipt | None:
    data = whole_frame(buffer, place)
    if data is None:
        return None
    try:
        return verify_receipt(parse_receipt(data), public_key)
    except CredentialError:
        return None


def first_receipt(path: Path, public_key: ec.EllipticCurvePublicKey) -> Receipt | None:
    """Return the receipt that a segment begins with, None when this key did not sign it."""
    try:
        with path.open("rb") as file:
            return _receipt_at(file.read(MAX_FRAME), 0, public_key)
    except OSError:
        raise ReceiptError("RECEIPTS_NOT_READABLE", path.name) from None


def frame_number(path: Path, index: int) -> bytes | None:
    """Return the receipt of the frame with that index, hopping from head to head.

    Empty past the end of the file; None where something else than frames lies before it.
    """
    try:
        with path.open("rb") as file:
            for _ in range(index):
                head = file.read(HEAD)
                if not head:
                    return b""
                if len(head) < HEAD or not head.startswith(MAGIC):
                    return None
                file.seek(int.from_bytes(head[4:8], "big"), os.SEEK_CUR)
            rest = file.read(MAX_FRAME)
            return whole_frame(rest, 0) if rest else b""
    except OSError:
        raise ReceiptError("RECEIPTS_NOT_READABLE", path.name) from None
