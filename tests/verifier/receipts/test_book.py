"""A book of receipts: what it writes, what it survives, what it refuses to write behind."""

from __future__ import annotations

import os
import resource
import shutil
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from credentials.signing import generate_pem
from tests.verifier.receipts.chains import (
    AT,
    CHECK,
    SECOND,
    audited,
    chain,
    codes,
    export_bytes,
    frames_in,
)
from verifier.receipts.book import ReceiptBook, begin, parse_head
from verifier.receipts.errors import ReceiptError
from verifier.receipts.frames import MAX_FRAME, frame
from verifier.receipts.keys import load_signer
from verifier.receipts.record import Repair, parse_receipt
from verifier.receipts.segments import find_tail, segments

ROOT = Path(__file__).parents[3]
WRITER = """
import sys, time
from datetime import UTC, datetime
from pathlib import Path
from verifier.receipts.book import ReceiptBook
from verifier.receipts.record import Repair
book = ReceiptBook(Path(sys.argv[1]), now=datetime.now(UTC))
for _ in range(int(sys.argv[2])):
    print(book.keep(Repair(1, bytes(32)), datetime.now(UTC)).text, flush=True)
    time.sleep(0.001)
"""


def last_segment(folder: Path) -> Path:
    return segments(folder)[-1].path


def test_each_record_names_the_one_before_and_the_head_says_where_the_chain_ends(
    folder: Path,
) -> None:
    begin(folder, now=AT)
    book = ReceiptBook(folder, now=AT)
    heads = [book.head, *(book.keep(CHECK, AT + n * SECOND) for n in range(3))]
    read = [parse_receipt(data) for data in frames_in(export_bytes(folder))]
    assert [one.record.number for one in read] == [0, 1, 2, 3]
    assert [one.digest for one in read] == [head.digest for head in heads]
    assert [one.record.previous for one in read[1:]] == [head.digest for head in heads[:-1]]
    assert parse_head(f" {heads[-1].text.lower()[:40]} {heads[-1].text.lower()[40:]}") == heads[-1]
    assert read[2].record.body == CHECK
    modes = {stat.S_IMODE(path.stat().st_mode) for path in folder.glob("*.*") if path.is_file()}
    assert modes == {0o600}


def test_a_new_month_is_a_new_file_and_a_book_opens_at_its_end(folder: Path) -> None:
    chain(folder, 2)
    later = AT + timedelta(days=10)
    head = chain(folder, 2, at=later, begins=False)
    names = [one.path.name for one in segments(folder)]
    assert names == [f"{n:010}-2026-{month}.receipts" for n, month in ((0, 11), (1, 11), (3, 12))]
    assert ReceiptBook(folder, now=later).head == head
    assert audited(export_bytes(folder), heads=[head]).intact


def test_opening_reads_the_end_and_not_the_chain(folder: Path) -> None:
    head = chain(folder, 2)
    path = last_segment(folder)
    whole = path.read_bytes()
    with path.open("wb") as file:  # a hole of a gigabyte before the last records
        file.truncate(1 << 30)
        file.seek(1 << 30)
        file.write(whole)
    assert ReceiptBook(folder, now=AT).head == head


def test_a_power_cut_at_any_byte_loses_no_whole_record_and_is_on_record(folder: Path) -> None:
    chain(folder, 3)
    path = last_segment(folder)
    whole = path.read_bytes()
    sizes = [len(frame(data)) for data in frames_in(export_bytes(folder))[1:]]
    ends = [sum(sizes[:n]) for n in range(4)]
    key = load_signer(folder).public_key
    for size in range(ends[3] + 1):  # what is taken off, at every byte
        path.write_bytes(whole[:size])
        kept = max(n for n in range(4) if ends[n] <= size)
        tail = find_tail(path, key)
        assert (tail.end, tail.torn) == (ends[kept], whole[ends[kept] : size])
        assert (0 if tail.receipt is None else tail.receipt.record.number) == kept
    for size in [*range(ends[2] + 1, ends[3], 13), *range(1, ends[2], 71), *ends]:
        shutil.rmtree(folder / "torn", ignore_errors=True)
        path.write_bytes(whole[:size])
        kept = max(n for n in range(4) if ends[n] <= size)
        torn = size - ends[kept]
        book = ReceiptBook(folder, now=AT)
        assert book.head.number == kept + bool(torn)
        assert find_tail(last_segment(folder), book.public_key).torn == b""
        aside = list((folder / "torn").glob("*")) if torn else []
        assert [one.read_bytes() for one in aside] == ([whole[ends[kept] : size]] if torn else [])
        book.close()
        for other in segments(folder)[1:]:
            other.path.unlink()
    path.write_bytes(whole[:-1])
    book = ReceiptBook(folder, now=AT)
    book.keep(CHECK, AT)
    result = audited(export_bytes(folder))
    assert (result.intact, codes(result), result.checks) == (True, {"REPAIRED"}, 3)
    (repair,) = [
        body
        for data in frames_in(export_bytes(folder))
        if isinstance(body := parse_receipt(data).record.body, Repair)
    ]
    assert repair.size == sizes[2] - 1


@pytest.mark.parametrize("left", [bytes(700), b"\xffIKR" * 50, b"\xff" * MAX_FRAME])
def test_what_a_file_system_may_leave_behind_a_cut_is_taken_off(folder: Path, left: bytes) -> None:
    head = chain(folder, 2)
    path = last_segment(folder)
    path.write_bytes(path.read_bytes() + left)
    book = ReceiptBook(folder, now=AT)
    assert book.head.number == head.number + 1
    assert audited(export_bytes(folder), heads=[head]).intact


def test_a_key_a_file_and_number_0_are_needed(folder: Path) -> None:
    with pytest.raises(ReceiptError, match="RECEIPTS_NOT_BEGUN"):
        ReceiptBook(folder / "none", now=AT)
    chain(folder, 1)
    with pytest.raises(ReceiptError, match="RECEIPTS_EXIST"):
        begin(folder, now=AT)
    (folder / "key.pem").write_bytes(generate_pem())
    before = {one.path: one.path.read_bytes() for one in segments(folder)}
    with pytest.raises(ReceiptError, match="RECEIPT_KEY_INVALID"):
        ReceiptBook(folder, now=AT)
    assert {one.path: one.path.read_bytes() for one in segments(folder)} == before
    (folder / "key.pem").unlink()
    with pytest.raises(ReceiptError, match="RECEIPT_KEY_INVALID"):
        ReceiptBook(folder, now=AT)
    segments(folder)[0].path.unlink()
    (folder / "key.pem").write_bytes(generate_pem())
    with pytest.raises(ReceiptError, match="RECEIPTS_DAMAGED"):
        ReceiptBook(folder, now=AT)


def test_what_no_power_cut_leaves_is_not_written_behind(folder: Path) -> None:
    chain(folder, 3)
    path = last_segment(folder)
    whole = path.read_bytes()
    records = frames_in(export_bytes(folder))[1:]
    changed = bytearray(records[2])
    changed[80] ^= 1  # inside the signed part, with a checksum that fits
    damages = (
        whole[: -len(frame(records[2]))] + frame(bytes(changed)),
        whole + bytes(MAX_FRAME + 1),
    )
    for damage in damages:
        path.write_bytes(damage)
        with pytest.raises(ReceiptError, match="RECEIPTS_DAMAGED"):
            ReceiptBook(folder, now=AT)
        assert path.read_bytes() == damage


def test_a_chain_that_went_back_while_the_desk_was_open_is_not_gone_on_with(folder: Path) -> None:
    chain(folder, 3)
    book = ReceiptBook(folder, now=AT)
    path = last_segment(folder)
    path.write_bytes(path.read_bytes()[: -len(frame(frames_in(export_bytes(folder))[-1]))])
    with pytest.raises(ReceiptError, match="RECEIPTS_DAMAGED"):
        book.keep(CHECK, AT)


@contextmanager
def file_size_limit(most: int) -> Iterator[None]:
    """A disk that takes files up to so many bytes."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_full_disk_writes_nothing_and_leaves_nothing(folder: Path) -> None:
    chain(folder, 2)
    book = ReceiptBook(folder, now=AT)
    path = last_segment(folder)
    whole = path.read_bytes()
    for room in (0, 5, 100):
        with (
            file_size_limit(len(whole) + room),
            pytest.raises(ReceiptError, match="RECEIPT_NOT_WRITTEN"),
        ):
            book.keep(CHECK, AT)
        assert path.read_bytes() == whole
    later = AT + timedelta(days=40)
    with file_size_limit(0), pytest.raises(ReceiptError):
        book.keep(CHECK, later)  # in a new file
    assert book.keep(CHECK, later).number == 3
    assert codes(audited(export_bytes(folder))) == set()


def test_a_folder_that_is_gone_or_cannot_be_written_is_said(folder: Path) -> None:
    chain(folder, 1)
    book = ReceiptBook(folder, now=AT)
    aside = folder.with_suffix(".aside")
    folder.rename(aside)
    with pytest.raises(ReceiptError):
        book.keep(CHECK, AT)
    aside.rename(folder)
    assert book.keep(CHECK, AT).number == 2
    (folder / "lock").unlink()
    (folder / "lock").mkdir()
    with pytest.raises(ReceiptError, match="RECEIPTS_NOT_WRITABLE"):
        ReceiptBook(folder, now=AT)


def test_a_record_that_does_not_fit_is_refused_and_the_book_goes_on(folder: Path) -> None:
    chain(folder)
    book = ReceiptBook(folder, now=AT)
    for wrong in (replace(CHECK, desk="x" * 101), replace(CHECK, nonce=b"short")):
        with pytest.raises(ReceiptError, match="RECEIPT_NOT_WRITTEN"):
            book.keep(wrong, AT)
    assert book.keep(replace(CHECK, sealed="x" * 30000), AT).number == 1


def test_two_processes_build_one_chain_and_a_killed_one_takes_no_answered_record_along(
    tmp_path: Path,
) -> None:
    begin(tmp_path, now=AT)

    def start(count: int) -> subprocess.Popen[str]:
        command = [sys.executable, "-c", WRITER, str(tmp_path), str(count)]
        return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)

    endless, ten = start(100_000), start(10)
    assert endless.stdout is not None
    answered = [endless.stdout.readline()]
    told, _ = ten.communicate(timeout=60)
    os.kill(endless.pid, signal.SIGKILL)
    answered += endless.communicate()[0].splitlines(keepends=True)
    heads = [parse_head(line) for line in (*told.splitlines(), *answered) if line.endswith("\n")]
    heads += [parse_head(line) for line in told.splitlines()]
    book = ReceiptBook(tmp_path, now=AT)
    result = audited(export_bytes(tmp_path), heads=heads)
    assert result.findings.counts.keys() <= {"REPAIRED", "CLOCK_BACK"}
    assert result.intact
    assert book.head.number >= len({head.number for head in heads}) > 10


def test_old_months_are_deleted_whole_and_the_rest_still_holds(folder: Path) -> None:
    chain(folder, 2)
    for days in (10, 45, 80):
        chain(folder, 2, at=AT + timedelta(days=days), begins=False)
    book = ReceiptBook(folder, now=AT)
    assert book.prune("2026-11", AT) == ()
    assert book.prune("2027-01", AT + timedelta(days=80)) == ("2026-11", "2026-12")
    assert [one.first for one in segments(folder)] == [0, 5, 7]
    result = audited(export_bytes(folder))
    assert (result.intact, result.first, codes(result)) == (True, 5, {"PRUNED"})
    assert book.prune("2027-12", AT + timedelta(days=80)) == ("2027-01",)  # never the newest
    assert book.keep(CHECK, AT + timedelta(days=80)).number == 11


def test_a_record_costs_the_same_however_many_there_are(folder: Path) -> None:
    """By what is read and written, not by the clock."""
    chain(folder, 1)
    book = ReceiptBook(folder, now=AT)
    path = last_segment(folder)
    record = path.read_bytes()
    first = segments(folder)[-1]
    book.close()
    with path.open("wb") as file:  # as many as fit into a segment, all but the last one a hole
        file.truncate(60 * 1024 * 1024)
        file.seek(0, os.SEEK_END)
        file.write(record)
    began = time.process_time()
    book = ReceiptBook(folder, now=AT)
    for _ in range(20):
        book.keep(CHECK, AT)
    assert segments(folder)[-1] == first
    assert time.process_time() - began < 5
