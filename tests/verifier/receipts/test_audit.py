"""An auditor, and somebody who has the file but not the desk's key."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given, settings
from hypothesis import strategies as st

from credentials import cbor, cose
from credentials.errors import FormatError
from credentials.signing import PemSigner, compress, generate_pem
from samples.keys import ORDER
from tests.verifier.receipts.chains import (
    AT,
    CHECK,
    SECOND,
    audited,
    chain,
    codes,
    export_bytes,
    frames_in,
    packed,
    swift_folder,
)
from verifier.receipts.book import Head, ReceiptBook, parse_head
from verifier.receipts.errors import ReceiptError
from verifier.receipts.evidence import EvidenceCheck
from verifier.receipts.exports import HEADER, export, find
from verifier.receipts.findings import NOTES, PROBLEMS
from verifier.receipts.keys import fingerprint, load_signer
from verifier.receipts.record import Begin, Record, parse_receipt, sign_receipt
from verifier.receipts.telling import told

EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "40"))
PRIVATE = ec.generate_private_key(ec.SECP256R1())
Eleven = tuple[Path, bytes, Head]


def test_a_whole_export_holds_and_says_what_it_covers(eleven: Eleven) -> None:
    folder, data, head = eleven
    key = fingerprint(load_signer(folder).public_key)
    result = audited(data, key=key, heads=[head])
    assert (result.intact, result.first, result.head, result.key_known) == (True, 1, head, True)
    assert (result.records, result.checks, result.accepted) == (11, 10, 6)
    assert (result.heads_confirmed, codes(result)) == (1, set())


def again(receipts: list[bytes]) -> bytes:
    """Change one signed byte of number 5; the file's checksums are made to fit."""
    changed = bytearray(receipts[5])
    changed[changed.index(b"VALID")] ^= 1
    return packed([*receipts[:5], bytes(changed), *receipts[6:]])


ATTACKS: dict[str, tuple[Callable[[list[bytes]], bytes], set[str]]] = {
    "one removed": (lambda r: packed(r[:4] + r[5:]), {"MISSING"}),
    "several removed": (lambda r: packed(r[:4] + r[8:]), {"MISSING"}),
    "two swapped": (lambda r: packed([*r[:4], r[5], r[4], *r[6:]]), {"MISSING", "LINK_BROKEN"}),
    "one twice": (lambda r: packed([*r[:5], r[4], *r[5:]]), {"REPEATED"}),
    "one changed": (again, {"SIGNATURE_INVALID"}),
    "the tail cut": (lambda r: packed(r[:8]), {"CUT"}),
    "everything cut": (lambda r: packed(r[:1]), {"CUT"}),
    "no number 0": (lambda r: packed(r[1:]), {"BEGIN_MISSING"}),
    "nothing left": (lambda _: HEADER, {"BEGIN_MISSING"}),
    "half a record": (lambda r: packed(r)[:-40], {"DAMAGED", "CUT"}),
    "no receipt": (lambda r: packed([*r[:4], b"\x80", *r[4:]]), {"UNREADABLE"}),
}


@pytest.mark.parametrize("attack", ATTACKS)
def test_what_is_done_to_a_file_without_the_key_is_found(eleven: Eleven, attack: str) -> None:
    _, data, head = eleven
    change, expected = ATTACKS[attack]
    result = audited(change(frames_in(data)), heads=[head])
    assert not result.intact
    assert codes(result) == expected


def test_a_cut_tail_is_seen_only_by_who_knows_a_later_head(eleven: Eleven) -> None:
    _, data, head = eleven
    shorter = packed(frames_in(data)[:8])
    assert audited(shorter).intact
    assert codes(audited(shorter, heads=[head])) == {"CUT"}
    early = parse_receipt(frames_in(data)[6])
    known = Head(early.record.chain, 6, early.digest)
    assert audited(shorter, heads=[known]).heads_confirmed == 1


def test_a_chain_written_anew_under_another_key_needs_the_fingerprint_or_a_head(
    eleven: Eleven,
) -> None:
    folder, data, head = eleven
    signer = PemSigner(generate_pem())
    receipts, previous = [], bytes(32)
    for one in frames_in(data):
        record = replace(parse_receipt(one).record, previous=previous)
        if isinstance(record.body, Begin):
            record = replace(record, body=Begin(compress(signer.public_key)))
        receipts.append(sign_receipt(record, signer))
        previous = parse_receipt(receipts[-1]).digest
    forged = packed(receipts)
    assert audited(forged).intact  # coherent in itself: that is why the key is compared
    key = fingerprint(load_signer(folder).public_key)
    assert codes(audited(forged, key=key)) == {"KEY_DIFFERS"}
    assert codes(audited(forged, heads=[head])) == {"HEAD_DIFFERS"}
    mixed = packed([*frames_in(data)[:5], receipts[5], *frames_in(data)[6:]])
    assert codes(audited(mixed)) == {"SIGNATURE_INVALID"}


def test_another_desks_receipt_is_not_of_this_chain(eleven: Eleven, folder: Path) -> None:
    _, data, _ = eleven
    other_head = chain(folder, 5)
    other, ours = frames_in(export_bytes(folder)), frames_in(data)
    assert codes(audited(packed([*ours[:5], other[5], *ours[6:]]))) == {"CHAIN_DIFFERS", "MISSING"}
    assert codes(audited(data, export_bytes(folder))) == {"CHAIN_DIFFERS"}
    assert codes(audited(data, heads=[other_head])) == {"CHAIN_DIFFERS"}


def test_a_second_signature_of_the_same_record_changes_nothing(eleven: Eleven) -> None:
    """ECDSA is malleable: (r, n - s) verifies as well. Hashes must not hang on it."""
    _, data, head = eleven
    receipts = frames_in(data)
    parts = cbor.decode(receipts[10], max_size=40000)
    assert isinstance(parts, list)
    s = int.from_bytes(parts[3][32:], "big")
    parts[3] = parts[3][:32] + (ORDER - s).to_bytes(32, "big")
    result = audited(packed([*receipts[:10], cbor.encode(parts)]), heads=[head])
    assert (result.intact, result.heads_confirmed) == (True, 1)


def test_a_part_proves_its_own_numbers_and_parts_fit_together(eleven: Eleven) -> None:
    folder, _, head = eleven

    def part(first: int, last: int) -> bytes:
        file = folder / "part.receipts"
        export(
            folder,
            file,
            begins=lambda one: one.record.number >= first,
            ends=lambda one: one.record.number <= last,
        )
        data = file.read_bytes()
        file.unlink()
        return data

    middle = audited(part(4, 6))
    assert (middle.intact, middle.first, middle.head and middle.head.number) == (True, 4, 6)
    assert codes(audited(part(4, 6), heads=[head])) == {"CUT"}
    early = parse_receipt(frames_in(part(2, 2))[1])
    outside = audited(part(4, 6), heads=[Head(head.chain, 2, early.digest)])
    assert (outside.intact, codes(outside)) == (True, {"HEAD_OUTSIDE"})
    together = audited(part(1, 5), part(4, 8), part(9, 10), heads=[head])
    assert (together.intact, together.records, codes(together)) == (True, 11, set())
    assert codes(audited(part(1, 4), part(6, 10))) == {"MISSING"}
    assert audited(part(11, 20)).first is None


def test_a_copied_folder_shows_when_both_exports_are_compared(folder: Path) -> None:
    chain(folder, 3)
    copy = folder / "copy"
    shutil.copytree(folder, copy, ignore=shutil.ignore_patterns("copy"))
    chain(folder, 1, at=AT + 10 * SECOND, begins=False)
    chain(copy, 1, at=AT + 20 * SECOND, begins=False)
    ours, theirs = export_bytes(folder), export_bytes(copy)
    assert audited(ours).intact
    assert audited(theirs).intact
    assert codes(audited(ours, theirs)) == {"FORKED"}


def test_one_receipt_is_found_also_behind_damage(eleven: Eleven) -> None:
    folder, data, _ = eleven
    assert [find(folder, number) for number in (0, 1, 10)] == [
        frames_in(data)[n] for n in (0, 1, 10)
    ]
    assert find(folder, 11) is None
    assert find(folder, 10**20) is None
    with swift_folder() as copy:
        shutil.copytree(folder, copy, dirs_exist_ok=True)
        path = max(copy.glob("*.receipts"))
        path.write_bytes(b"\0" * 5 + path.read_bytes()[5:])
        assert (find(copy, 1), find(copy, 9)) == (None, frames_in(data)[9])


def test_a_clock_that_went_back_or_was_behind_is_noted_and_breaks_nothing(folder: Path) -> None:
    chain(folder, 1)
    book = ReceiptBook(folder, now=AT)
    book.keep(CHECK, AT - 7200 * SECOND)
    result = audited(export_bytes(folder))
    assert (result.intact, codes(result)) == (True, {"CLOCK_BACK", "CLOCK_BEHIND"})


def test_every_finding_has_words_in_both_languages() -> None:
    for code in (*PROBLEMS, *NOTES):
        assert told(f"finding_{code}", "id") != told(f"finding_{code}", "en")


def test_what_this_package_signs_it_reads_and_nothing_looser(eleven: Eleven) -> None:
    folder, data, _ = eleven
    signer = load_signer(folder)
    record = parse_receipt(frames_in(data)[3]).record
    assert parse_receipt(sign_receipt(record, signer)).record == record
    payload = parse_receipt(frames_in(data)[3]).sign1.payload
    value = cbor.decode(payload)
    assert isinstance(value, dict)
    body = value[8]
    wrong: list[object] = [
        {**value, 1: 2}, {**value, 1: True}, {**value, 3: 0}, {**value, 5: -1}, {**value, 7: "x"},
        {**value, 7: "begin"}, {**value, 8: {**body, 99: 1}}, {**value, 8: {**body, 2: "valid"}},
        {**value, 8: {key: body[key] for key in body if key != 3}}, {**value, 9: 1},
        {**value, 8: {key: body[key] for key in body if key != 16}}, [value],
    ]  # fmt: skip
    for one in wrong:
        with pytest.raises(FormatError):
            parse_receipt(cose.sign1(cbor.encode(one), signer, external_aad=b"IKD-RECEIPT"))


@settings(max_examples=EXAMPLES)
@given(st.binary(max_size=200))
def test_no_bytes_are_a_fault(data: bytes) -> None:
    with pytest.raises(FormatError):
        parse_receipt(data)
    assert not audited(HEADER + data).intact


@settings(max_examples=EXAMPLES)
@given(st.text(max_size=200), st.lists(st.text("eyJab.-_", max_size=9), min_size=5, max_size=5))
def test_no_text_is_a_fault_of_a_head_or_of_what_is_sealed(head: str, parts: list[str]) -> None:
    with pytest.raises(ReceiptError, match="RECEIPT_HEAD_INVALID"):
        parse_head(head)
    look = EvidenceCheck(PRIVATE)
    record = Record(bytes(16), 1, bytes(32), 0, "1", CHECK)
    for sealed in (head, ".".join(parts)):
        found = look.check(record, replace(CHECK, sealed=sealed))
        assert found.finding == "EVIDENCE_INVALID"


def test_no_change_of_an_export_stays_unseen_by_who_knows_its_head(eleven: Eleven) -> None:
    _, data, head = eleven
    places = st.integers(len(HEADER), len(data))

    @settings(max_examples=EXAMPLES)
    @given(places, places, st.binary(max_size=6), st.integers(1, 255))
    def attack(one: int, two: int, junk: bytes, flip: int) -> None:
        first, last = sorted((one, two))
        spoilt = data[:first] + bytes([data[first % len(data)] ^ flip]) + data[first + 1 :]
        for changed in (spoilt, data[:first] + junk + data[last:], data[:first] + data):
            body = changed if changed.startswith(HEADER) else HEADER + changed
            result = audited(body, heads=[head])
            assert result.intact is (body == data)

    attack()


def test_nobody_needs_the_folder_to_be_quiet(eleven: Eleven) -> None:
    """An unfinished record at the end, as while a desk writes, is left out of an export."""
    folder, data, head = eleven
    with swift_folder() as copy:
        shutil.copytree(folder, copy, dirs_exist_ok=True)
        path = max(copy.glob("*.receipts"))
        path.write_bytes(path.read_bytes() + frames_in(data)[3][:100])
        assert audited(export_bytes(copy), heads=[head]).intact
