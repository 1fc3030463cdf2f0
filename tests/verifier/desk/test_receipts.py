"""A desk that keeps receipts: one of every check before its answer, or there is no verdict."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import requests
from cryptography.hazmat.primitives.asymmetric import ec
from playwright.sync_api import expect

from samples.vectors_world import CARD, NOW, PERSON
from tests.verifier.conftest import BUNDLE, Run
from tests.verifier.desk.conftest import paste
from tests.verifier.desk.desk_pc import DeskPc, arrange, terminal, vectors
from tests.verifier.desk.test_checks import policy_with
from tests.verifier.receipts.chains import AT, audited, export_bytes, frames_in, swift_folder
from verifier.cli import Console
from verifier.desk.command import Teller
from verifier.desk.receipting import open_receipts
from verifier.receipts.audit import Audit
from verifier.receipts.book import begin, receipts_folder, set_recipient
from verifier.receipts.evidence import EvidenceCheck
from verifier.receipts.exports import frames_of
from verifier.receipts.record import Check, Record, parse_receipt
from verifier.scan import scan_bytes
from verifier.words import Words

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from verifier.bundle import TrustedBundle

PRIVATE = ec.generate_private_key(ec.SECP256R1())
SEALING = policy_with(receipt={"claims": "shown"}, purpose={"id": "Rekening", "en": "Account"})


@pytest.fixture
def state() -> Iterator[Path]:
    with swift_folder() as path:
        begin(receipts_folder(path), now=AT)
        set_recipient(receipts_folder(path), PRIVATE.public_key())
        yield path


@pytest.fixture
def keeping(pc: DeskPc, state: Path) -> DeskPc:
    """A desk whose policy seals what it shows."""
    pc.desk.terminal = terminal(pc.time, policy=SEALING)
    pc.desk.receipts = open_receipts(state, SEALING, now=AT)
    return pc


def records(state: Path) -> list[Record]:
    read = [parse_receipt(data) for data in frames_in(export_bytes(receipts_folder(state)))]
    return [one.record for one in read if isinstance(one.record.body, Check)]


def test_every_verdict_leaves_one_record_of_it_without_a_person_in_it(
    pc: DeskPc, state: Path
) -> None:
    pc.desk.receipts = open_receipts(state, pc.desk.terminal.policy, now=AT)
    for vector, folder in vectors().values():
        arrange(pc, vector, folder)
        pc.desk.check(vector["text"], "scanner")
    kept = records(state)
    assert len(kept) == len(pc.told) == len(vectors())
    for record, outcome in zip(kept, pc.told, strict=True):
        check, facts = record.body, outcome.facts
        assert isinstance(check, Check)
        assert (record.number, record.at) == (
            outcome.receipt and outcome.receipt.number,
            int(outcome.at.timestamp()),
        )
        assert (check.code, check.accepted) == (outcome.verdict.code, outcome.accepted)
        assert (check.authentic, check.possession, check.status) == facts[:3]
        assert (check.document_type, check.profile) == (facts.document_type, facts.profile)
        assert check.bundle_version == outcome.bundle.version
        assert check.sealed is None
        assert (check.mark is None) is (check.form == "none")
    stored = b"".join(path.read_bytes() for path in state.rglob("*") if path.is_file())
    assert not [one for one in PERSON.values() if len(str(one)) > 4 and str(one).encode() in stored]


def test_what_is_accepted_is_sealed_for_the_institution_and_can_be_checked_again(
    keeping: DeskPc, state: Path, bundle: TrustedBundle
) -> None:
    asked = keeping.desk.ask()
    assert asked is not None
    answer = CARD.shown(challenge=asked.challenge)
    for text in (answer, CARD.shown(), vectors()["REVOKED"][0]["text"]):
        keeping.desk.check(text, "text")
    first, second, revoked = (record.body for record in records(state))
    assert isinstance(first, Check)
    assert first.nonce == asked.challenge.nonce
    assert (first.policy_digest, first.purpose) == (SEALING.digest, "Rekening")
    assert isinstance(revoked, Check)
    assert (revoked.accepted, revoked.sealed) == (False, None)
    evidence = EvidenceCheck(PRIVATE, bundle).open(records(state)[0], first)
    assert evidence.text == answer
    assert evidence.claims["nik"] == PERSON["nik"]
    audit = Audit(evidence=EvidenceCheck(PRIVATE, bundle))
    audit.read(frames_of(state))
    result = audit.finish()
    assert result.intact
    assert (result.sealed, result.opened, result.issuer_checked) == (2, 2, 2)
    assert (result.checks, second is not first) == (3, True)


def test_sealed_evidence_is_held_against_record_issuer_and_phone(
    keeping: DeskPc, state: Path, bundle: TrustedBundle
) -> None:
    keeping.desk.check(CARD.shown(), "text")
    (record,) = records(state)
    check = record.body
    assert isinstance(check, Check)
    look = EvidenceCheck(PRIVATE, bundle).check
    assert look(record, check).finding is None
    assert look(record, replace(check, mark=bytes(32))).finding == "EVIDENCE_INVALID"
    assert look(record, replace(check, salt=bytes(16))).finding == "EVIDENCE_INVALID"
    assert look(replace(record, chain=bytes(16)), check).finding == "EVIDENCE_INVALID"
    assert look(record, replace(check, nonce=bytes(16))).finding == "HOLDER_INVALID"
    broken = check.sealed and check.sealed[:-3] + "AAA"
    assert look(record, replace(check, sealed=broken)).finding == "EVIDENCE_INVALID"
    assert look(record, replace(check, sealed="x")).finding == "EVIDENCE_INVALID"
    stranger = EvidenceCheck(ec.generate_private_key(ec.SECP256R1()), bundle)
    assert stranger.check(record, check).finding == "OTHER_RECIPIENT"
    nobody = replace(bundle, trust=replace(bundle.trust, keys=()))
    assert EvidenceCheck(PRIVATE, nobody).check(record, check).finding == "ISSUER_UNKNOWN"
    other = tuple(replace(key, public_key=PRIVATE.public_key()) for key in bundle.trust.keys)
    forged = replace(bundle, trust=replace(bundle.trust, keys=other))
    assert EvidenceCheck(PRIVATE, forged).check(record, check).finding == "ISSUER_INVALID"


def test_without_its_receipt_no_check_has_a_verdict(keeping: DeskPc, state: Path) -> None:
    aside = state / "aside"
    receipts_folder(state).rename(aside)
    told = keeping.check(CARD.shown())
    assert (told["accepted"], told["tone"], told["code"]) == (False, "device", "DESK_FAULT")
    assert (told["claims"], told["portrait"], told["receipt"]) == ([], None, None)
    assert told["next"] == Words("id").error("RECEIPT_NOT_WRITTEN")
    assert keeping.told[-1].verdict.code == "RECEIPT_NOT_WRITTEN"
    (banner,) = requests.get(keeping.url + "/situation", timeout=20).json()["warnings"]
    assert banner["weight"] == "bad"
    aside.rename(receipts_folder(state))
    again = keeping.check(CARD.shown(at=NOW - 4))  # its next proof: nobody was told of the first
    assert (again["code"], again["receipt"]) == ("VALID", 1)
    assert requests.get(keeping.url + "/situation", timeout=20).json()["warnings"] == []


def test_a_policy_that_begins_to_want_claims_kept_finds_a_desk_that_refuses(pc: DeskPc) -> None:
    pc.desk.terminal = terminal(pc.time, policy=SEALING)
    told = pc.check(CARD.shown())
    assert (told["accepted"], told["code"]) == (False, "DESK_FAULT")
    assert pc.told[-1].verdict.code == "RECEIPTS_NEEDED"


def test_what_stays_in_view_leaves_one_receipt_and_a_picture_without_a_code_one_too(
    keeping: DeskPc, state: Path
) -> None:
    from tests.verifier.desk.conftest import picture

    shown = picture(CARD.but(profile="age-only").shown())
    for _ in range(3):
        keeping.desk.look(shown)
    keeping.desk.check_image(picture(None))
    assert [record.body.code for record in records(state)] == ["VALID", "QR_NOT_FOUND"]  # type: ignore[union-attr]
    assert audited(export_bytes(receipts_folder(state))).intact


def test_a_turnstile_is_told_the_receipts_number(
    keeping: DeskPc, capsys: pytest.CaptureFixture[str]
) -> None:
    outcome = keeping.desk.check(CARD.shown(), "text")
    Teller(Console(Words("en"), colour=False, as_json=True), keeping.desk.terminal)(outcome)
    assert json.loads(capsys.readouterr().out)["receipt"] == 1


@pytest.mark.parametrize(
    ("begun", "arguments", "code"),
    [
        ("", ("--policy", "{policy}"), "RECEIPTS_NEEDED"),
        ("begun", ("--policy", "{policy}"), "RECIPIENT_NEEDED"),
        ("", ("--receipts",), "RECEIPTS_NEEDED"),
    ],
)
def test_a_desk_that_could_not_keep_what_it_must_is_not_opened(
    run: Callable[..., Run], tmp_path: Path, begun: str, arguments: tuple[str, ...], code: str
) -> None:
    policy = tmp_path / "policy.json"
    file = Path(__file__).parents[3] / "verifier" / "policies" / "default.json"
    wanted: dict[str, Any] = {**json.loads(file.read_text("utf-8")), "receipt": {"claims": "shown"}}
    policy.write_text(json.dumps(wanted))
    if begun:
        begin(receipts_folder(tmp_path), now=AT)
    given = [one.format(policy=policy) for one in arguments]
    done = run("desk", "--bundle", BUNDLE, "--state", tmp_path, "--port", "0", *given)
    assert (done.code, code in done.err) == (2, True)


def test_a_printed_receipt_tells_the_check_and_no_person(keeping: DeskPc) -> None:
    number = keeping.check(CARD.shown())["receipt"]
    keeping.check(vectors()["REVOKED"][0]["text"])
    address = f"{keeping.url}/receipts/{number}"
    for language, word in (("id", "SAH"), ("en", "VALID")):
        for paper in ("a4", "80mm"):
            answer = requests.get(f"{address}?lang={language}&paper={paper}", timeout=20)
            assert answer.status_code == 200
            assert f"<strong>{word}</strong>" in answer.text
            assert f"/static/paper-{paper}.css" in answer.text
            assert "Teller 3, Bank Contoh" in answer.text
            told = [str(one) for one in PERSON.values() if len(str(one)) > 4]
            assert not [one for one in told if one in answer.text]
    refused = requests.get(f"{keeping.url}/receipts/2?lang=en", timeout=20).text
    assert "REVOKED" in refused
    assert 'data-accepted="no"' in refused
    for gone in ("0", "3", "99999999999999999999", "x", "-1"):
        assert requests.get(f"{keeping.url}/receipts/{gone}", timeout=20).status_code == 404
    keeping.desk.receipts = None
    assert requests.get(address, timeout=20).status_code == 404


def test_the_receipt_is_one_key_away_and_its_foot_can_be_scanned(
    keeping: DeskPc, desk_page: Callable[..., Page]
) -> None:
    page = desk_page(keeping, "?lang=en")
    expect(page.locator("#receipts-kept")).to_have_text("receipts kept")
    paste(page, CARD.shown())
    page.locator("#done").focus()
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id") == "receipt"
    with page.context.expect_page() as opened:
        page.keyboard.press("Enter")
    sheet = opened.value
    sheet.locator("body[data-running=yes]").wait_for()
    receipts = keeping.desk.receipts
    assert receipts is not None
    assert scan_bytes(sheet.locator(".qr").screenshot()) == receipts.book.head.text
    sheet.evaluate("window.print = () => { window.printed = true; }")
    sheet.locator("#print").focus()
    sheet.keyboard.press("Enter")
    assert sheet.evaluate("window.printed")
    for paper, pages in (("a4", 1), ("80mm", 1)):
        sheet.goto(f"{sheet.url.partition('?')[0]}?paper={paper}&lang=id")
        printed = sheet.pdf(prefer_css_page_size=True)
        assert printed.count(b"/Type /Page\n") == pages
    page.keyboard.press("Escape")
    expect(page.locator("#receipt")).to_be_hidden()


def test_nothing_of_an_outcome_is_forgotten_when_receipts_grow() -> None:
    """Every member of a check has its place on the wire: a new one is refused until it has."""
    from verifier.receipts.record import _BODIES

    for made, members in _BODIES.values():
        assert [one.name for one in fields(made)] == list(members)
        assert len({key for key, _ in members.values()}) == len(members)
