"""A file for the auditor: a line that says what it is, number 0 with the key, then a part.

    IKD-RECEIPTS 1 <newline> frame of number 0, frame of the first asked for … frame of the last

The frames are those of the segments, byte for byte: nothing is signed anew, so an export proves
exactly what the folder did.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

from credentials.errors import FormatError
from verifier.receipts.errors import ReceiptError
from verifier.receipts.frames import Damage, Frame, frame, read_frames
from verifier.receipts.record import UnverifiedReceipt, parse_receipt
from verifier.receipts.segments import Segment, frame_number, segments

HEADER: Final = b"IKD-RECEIPTS 1\n"


@dataclass(frozen=True, slots=True)
class Exported:
    """What an export holds: the first and last number after number 0, and how many records."""

    first: int | None
    last: int | None
    count: int


Wanted = Callable[[UnverifiedReceipt], bool]


def export(folder: Path, to: Path, *, begins: Wanted, ends: Wanted) -> Exported:
    """Write from the first record that `begins` up to the last that `ends` is true of.

    One unbroken part, whatever the clock did in between. Damage inside it is carried along as far
    as whole records go; the audit will say what is missing. ReceiptError: also EXPORT_EXISTS and
    EXPORT_NOT_WRITABLE.
    """
    if to.exists():
        raise ReceiptError("EXPORT_EXISTS", to.name)
    found = segments(folder)
    if not found or found[0].first != 0:
        raise ReceiptError("RECEIPTS_DAMAGED" if found else "RECEIPTS_NOT_BEGUN")
    handle, name = _beside(to)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(HEADER)
            for data in _data(found[:1]):
                file.write(frame(data))
            exported = _write_part(file, found[1:], begins, ends)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(to)
    except OSError:
        raise ReceiptError("EXPORT_NOT_WRITABLE", to.name) from None
    finally:
        with suppress(OSError):
            Path(name).unlink(missing_ok=True)
    return exported


def _write_part(file: BinaryIO, found: list[Segment], begins: Wanted, ends: Wanted) -> Exported:
    """Write on until the end, and take off what comes after the last one wanted."""
    first = last = None
    written, count, kept = file.tell(), 0, 0
    for data in _data(found):
        try:
            one = parse_receipt(data)
        except FormatError:
            one = None  # the audit will say so
        if first is None:
            if one is None or not begins(one):
                continue
            first = one.record.number
        file.write(frame(data))
        count += 1
        if one is not None and ends(one):
            last, written, kept = one.record.number, file.tell(), count
    file.flush()
    file.truncate(written)
    return Exported(None if last is None else first, last, kept)


def find(folder: Path, number: int) -> bytes | None:
    """Return one receipt of a folder as it is stored, None when it is not there."""
    holding = [one for one in segments(folder) if one.first <= number][-1:]
    for one in holding:
        data = frame_number(one.path, number - one.first)
        if data == b"":
            return None
        if data is not None and _number(data) == number:
            return data
    return next((data for data in _data(holding) if _number(data) == number), None)  # damaged


def frames_of(path: Path) -> Iterator[Frame | Damage]:
    """Yield what is in an export, or in a folder of receipts; ReceiptError when it is neither."""
    if path.is_dir():
        inside = path / "receipts"
        for one in segments(inside if inside.is_dir() else path):
            yield from _frames(one.path)
        return
    try:
        with path.open("rb") as file:
            if file.read(len(HEADER)) != HEADER:
                raise ReceiptError("EXPORT_FORMAT", path.name)
            yield from read_frames(file, len(HEADER))
    except OSError:
        raise ReceiptError("EXPORT_NOT_READABLE", path.name) from None


def _beside(to: Path) -> tuple[int, str]:
    try:
        return tempfile.mkstemp(dir=to.parent, prefix=f".{to.name}-")
    except OSError:
        raise ReceiptError("EXPORT_NOT_WRITABLE", to.name) from None


def _number(data: bytes) -> int | None:
    try:
        return parse_receipt(data).record.number
    except FormatError:
        return None


def _data(found: list[Segment]) -> Iterator[bytes]:
    for one in found:
        for part in _frames(one.path):
            if isinstance(part, Frame):
                yield part.data


def _frames(path: Path) -> Iterator[Frame | Damage]:
    try:
        file: BinaryIO
        with path.open("rb") as file:
            yield from read_frames(file)
    except OSError:
        raise ReceiptError("RECEIPTS_NOT_READABLE", path.name) from None
