"""`python -m verifier receipt …`, as a desk's operator and an auditor use it."""

from __future__ import annotations

import stat
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from samples.vectors_world import CARD, PERSON
from tests.verifier.conftest import BUNDLE, Run
from tests.verifier.desk.desk_pc import SetClock, terminal
from tests.verifier.desk.test_checks import policy_with
from tests.verifier.receipts.chains import AT, CHECK, chain, swift_folder
from verifier.desk.checking import Desk
from verifier.desk.receipting import open_receipts
from verifier.receipts.book import ReceiptBook, receipts_folder
from verifier.receipts.exports import HEADER
from verifier.receipts.telling import verdict_word
from verifier.words import Words

Go = Callable[..., Run]
SEALING = policy_with(receipt={"claims": "shown"})


@pytest.fixture
def go(run: Go) -> Go:
    return lambda *arguments: run("receipt", *arguments)


@pytest.fixture
def state() -> object:
    with swift_folder() as path:
        yield path


def test_from_the_first_key_to_the_audit(go: Go, state: Path) -> None:
    password, private, public = (state / name for name in ("password", "private.pem", "public.pem"))
    password.write_text("rahasia sekali\n")
    made = go("recipient-key", private, "--public", public, "--password-file", password, "--json")
    assert made.code == 0
    assert stat.S_IMODE(private.stat().st_mode) == 0o600
    assert b"ENCRYPTED" in private.read_bytes()
    begun = go("init", "--state", state, "--recipient", public, "--json").json
    assert begun["recipient"] == made.json["recipient"]
    clock = SetClock()
    desk = Desk(
        terminal(clock, policy=SEALING),
        name="Teller 3",
        receipts=open_receipts(state, SEALING, now=AT),
    )
    desk.check(CARD.shown(), "camera")
    desk.check("https://example.org", "camera")
    head = go("show", "--state", state, "--json").json
    assert (head["number"], head["key"]) == (2, begun["key"])
    opening = ("--open", private, "--password-file", password)
    one = go("show", "1", "--state", state, *opening, "--lang", "en").out
    assert "VALID (VALID)" in one
    assert str(PERSON["nik"]) in one
    assert str(PERSON["nik"]) not in go("show", "1", "--state", state, "--json").out
    file = state / "audit.receipts"
    exported = go("export", file, "--state", state, "--json").json
    assert (exported["first"], exported["last"], exported["records"]) == (1, 2, 2)
    audit = go(
        "check", file, "--key", begun["public_key"], "--head", head["head"], *opening,
        "--bundle", BUNDLE, "--json",
    )  # fmt: skip
    assert audit.code == 0
    told = audit.json
    assert (told["intact"], told["key_compared"], told["heads_confirmed"]) == (True, True, 1)
    assert (told["checks"], told["sealed"], told["issuer_checked"]) == (2, 1, 1)
    other = go("check", file, "--policy", "default", "--json").json
    assert (other["intact"], other["counts"]["POLICY_OTHER"]) == (True, 2)
    for language, word in (("id", "UTUH"), ("en", "INTACT")):
        assert word in go("check", file, "--lang", language).out
    data = bytearray(file.read_bytes())
    data[-30] ^= 1
    file.write_bytes(data)
    broken = go("check", file, "--key", begun["key"], "--head", head["head"], "--lang", "en")
    assert broken.code == 1
    assert "NOT INTACT" in broken.out
    assert "cut off" in broken.out


def test_parts_by_number_and_by_day_and_months_deleted(go: Go, state: Path) -> None:
    chain(receipts_folder(state), 3)
    for days in (1, 40):
        chain(
            receipts_folder(state),
            2,
            at=AT.replace(day=24) if days == 1 else AT.replace(year=2027),
            begins=False,
        )

    def part(*bounds: object) -> tuple[int | None, int | None]:
        file = state / "part.receipts"
        told = go("export", file, "--state", state, *bounds, "--json").json
        file.unlink()
        return told["first"], told["last"]

    assert part() == (1, 7)
    assert part("--from", 2, "--to", 4) == (2, 4)
    assert part("--from", "2026-11-24") == (4, 7)
    assert part("--to", "2026-11-23") == (1, 3)
    assert part("--from", "2026-11-24", "--to", "2026-11-24") == (4, 5)
    assert part("--from", 99) == (None, None)
    assert go("prune", "--state", state, "--before", "2027-01", "--json").json["months"] == [
        "2026-11"
    ]
    assert part() == (6, 8)
    assert go("check", state).code == 0
    assert go("prune", "--state", state, "--before", "2027-01", "--lang", "en").code == 0


def test_another_recipient_can_be_set_later(go: Go, state: Path) -> None:
    public = state / "public.pem"
    made = go("recipient-key", state / "private.pem", "--public", public, "--json").json
    assert "RECEIPTS_NOT_BEGUN" in go("recipient", public, "--state", state).err
    go("init", "--state", state)
    assert go("show", "--state", state, "--json").json["recipient"] is None
    assert go("recipient", public, "--state", state).code == 0
    assert go("show", "--state", state, "--json").json["recipient"] == made["recipient"]


def test_mistakes_are_named_and_nothing_is_overwritten(go: Go, state: Path) -> None:
    key, text = state / "private.pem", state / "text"
    text.write_text("no key")
    go("recipient-key", key, "--public", state / "public.pem")
    before = key.read_bytes()
    go("init", "--state", state)
    ReceiptBook(receipts_folder(state), now=AT).close()
    export = state / "x.receipts"
    go("export", export, "--state", state)
    mistakes = {
        "KEY_FILE_EXISTS": ("recipient-key", key, "--public", state / "other.pem"),
        "RECEIPTS_EXIST": ("init", "--state", state),
        "RECIPIENT_INVALID": ("recipient", text, "--state", state),
        "RECEIPTS_NOT_BEGUN": ("show", "--state", state / "none"),
        "RECEIPT_NOT_FOUND": ("show", "7", "--state", state),
        "EXPORT_EXISTS": ("export", export, "--state", state),
        "EXPORT_NOT_WRITABLE": ("export", state / "none" / "x", "--state", state),
        "RECEIPT_RANGE": ("export", state / "y", "--state", state, "--from", "yesterday"),
        "EXPORT_FORMAT": ("check", text),
        "EXPORT_NOT_READABLE": ("check", state / "none"),
        "RECEIPT_HEAD_INVALID": ("check", export, "--head", "IDR:1/2/3"),
        "RECEIPT_KEY_INVALID": ("check", export, "--key", text),
        "RECIPIENT_KEY_INVALID": ("check", export, "--open", text),
        "RECEIPT_OPEN_NEEDED": ("check", export, "--bundle", BUNDLE),
        "USAGE": ("prune", "--state", state),
    }
    for code, arguments in mistakes.items():
        done = go(*arguments)
        assert (done.code, done.err.partition(":")[0]) == (2, code)
    assert "RECEIPT_RANGE" in go("prune", "--state", state, "--before", "2026-13").err
    assert key.read_bytes() == before
    assert export.read_bytes().startswith(HEADER)


@pytest.mark.parametrize(
    ("code", "heading"),
    [("QR_DAMAGED", "UNREADABLE"), ("STATE_DAMAGED", "DEVICE FAULT"), ("FROM_2031", "FROM_2031")],
)
def test_a_heading_stays_a_heading_where_there_was_no_verdict(code: str, heading: str) -> None:
    assert verdict_word(replace(CHECK, code=code, accepted=False), Words("en")) == heading
