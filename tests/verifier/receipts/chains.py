"""Chains of receipts for tests, in memory-backed folders where the system has one."""

from __future__ import annotations

import io
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from samples.vectors_world import NOW
from verifier.receipts.audit import Audit, Audited
from verifier.receipts.book import Head, ReceiptBook, begin
from verifier.receipts.exports import HEADER, export
from verifier.receipts.frames import Frame, frame, read_frames
from verifier.receipts.record import Check

AT = datetime.fromtimestamp(NOW, UTC)
SECOND = timedelta(seconds=1)
CHECK = Check(
    desk="Teller 3", code="VALID", accepted=True, source="camera", authentic=True,
    possession="fresh", status="good", bundle_version=12, status_as_of=NOW - 3600,
    policy="bank-kyc", policy_digest=bytes(range(32)), purpose="Membuka rekening",
    development=True, set_back=False, form="presentation", salt=bytes(16), mark=bytes(32),
    document_type="id_card", profile="kyc", issuer="Ditjen Dukcapil (contoh)",
)  # fmt: skip
REFUSED = replace(CHECK, code="REVOKED", accepted=False, status="revoked")
MEMORY = Path("/dev/shm")


@contextmanager
def swift_folder() -> Iterator[Path]:
    """A folder whose fsync costs nothing, where there is one: hundreds of power cuts in a test."""
    where = str(MEMORY) if MEMORY.is_dir() else None
    path = Path(tempfile.mkdtemp(prefix="receipts-", dir=where))
    try:
        yield path
    finally:
        shutil.rmtree(path)


def chain(folder: Path, count: int = 0, *, at: datetime = AT, begins: bool = True) -> Head:
    """Begin a chain, or go on with it, and write so many checks, a second apart."""
    if begins:
        begin(folder, now=at)
    book = ReceiptBook(folder, now=at)
    for number in range(count):
        book.keep(CHECK if number % 3 else REFUSED, at + number * SECOND)
    head = book.head
    book.close()
    return head


def export_bytes(folder: Path) -> bytes:
    file = folder / "all.receipts"
    export(folder, file, begins=lambda _one: True, ends=lambda _one: True)
    data = file.read_bytes()
    file.unlink()
    return data


def frames_in(data: bytes) -> list[bytes]:
    """The receipts of an export, one by one."""
    parts = list(read_frames(io.BytesIO(data[len(HEADER) :])))
    assert all(isinstance(part, Frame) for part in parts)
    return [part.data for part in parts if isinstance(part, Frame)]


def packed(receipts: Iterable[bytes]) -> bytes:
    return HEADER + b"".join(frame(one) for one in receipts)


def audited(*files: bytes, key: str | None = None, heads: Iterable[Head] = ()) -> Audited:
    audit = Audit(key=key, heads=heads)
    for data in files:
        assert data.startswith(HEADER)
        audit.read(read_frames(io.BytesIO(data[len(HEADER) :])))
    return audit.finish()


def codes(result: Audited) -> set[str]:
    return set(result.findings.counts)
