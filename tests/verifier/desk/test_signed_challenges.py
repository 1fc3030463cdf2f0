"""The desk's signed question: on the screen, off the screen, and answered."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from credentials.qr_text import qr_version
from credentials.signed_challenge import MAX_TEXT, parse_signed_challenge
from samples.keys import SampleSigner
from samples.vectors_world import DAY, KYC, NOW
from tests.verifier.asking import asking_bundle, requester
from tests.verifier.desk.conftest import paste, verdict
from tests.verifier.desk.desk_pc import DeskPc, running_desk
from verifier.scan import scan_bytes

PURPOSE = "Penarikan tunai besar"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("asking")
    (place / "bundle.cose").write_bytes(asking_bundle())
    return place


@pytest.fixture
def pc(folder: Path) -> Iterator[DeskPc]:
    terms = {"bundle": folder / "bundle.cose", "policy": "bank-high-value"}
    with running_desk(name="Teller 3", purpose=PURPOSE, **terms) as desk:
        yield desk


def test_the_largest_signed_challenge_scans_off_the_screen_and_is_answered(
    pc: DeskPc, tmp_path: Path, desk_page: Callable[..., Page]
) -> None:
    """450 characters, version 14 at level M: the most that a desk may show."""
    bank = "Bank Pembangunan Daerah Istimewa"
    pc.desk.requester = requester(tmp_path, name=bank, profiles=(1, 2, 20, 40))
    pc.desk.purpose = "P" * pc.desk.requester.room
    page = desk_page(pc)
    page.locator("#challenge-qr svg").wait_for()
    text = scan_bytes(page.screenshot())
    asked = parse_signed_challenge(text)
    assert MAX_TEXT - 4 <= len(text) <= MAX_TEXT
    assert qr_version(len(text), "M") <= 14
    assert (asked.certificate.claimed.name, asked.purpose) == (bank, pc.desk.purpose)
    assert page.locator("#challenge-name").inner_text() == f"{bank} · Teller 3"
    assert "Ditandatangani" in page.locator("#challenge").inner_text()
    paste(page, KYC.shown(at=NOW))
    assert verdict(page) == ("again", "CHALLENGE_MISMATCH")
    paste(page, KYC.shown(at=NOW, challenge=asked.challenge))
    assert verdict(page) == ("good", "VALID")
    expect(page.locator("#challenge")).to_be_hidden()


def test_a_desk_asks_only_for_what_its_certificate_names(pc: DeskPc, tmp_path: Path) -> None:
    pc.desk.requester = requester(tmp_path, profiles=(4,))
    assert pc.desk.choices() == ()
    assert pc.post("/challenge", {}).status_code == 400


def test_a_certificate_near_or_past_its_end_is_told_on_the_page(pc: DeskPc, tmp_path: Path) -> None:
    pc.desk.requester = requester(tmp_path, days=2)
    situation = pc.post("/challenge", {}).json()
    assert any("requester renew" in one["text"] for one in situation["warnings"])
    assert situation["challenge"]["signed"] is True
    pc.desk.requester = requester(tmp_path / "thief", by=SampleSigner("thief"))
    situation = pc.post("/challenge", {}).json()
    assert any("tidak diakui" in one["text"] for one in situation["warnings"])
    pc.desk.requester = requester(tmp_path / "short", days=2)
    pc.time.pass_by(3 * DAY)
    situation = pc.post("/challenge", {}).json()
    assert any("ponsel menolak" in one["text"] for one in situation["warnings"])


def test_a_purpose_that_does_not_fit_is_told_instead_of_an_unsigned_question(
    pc: DeskPc, tmp_path: Path
) -> None:
    pc.desk.requester = requester(tmp_path)
    pc.desk.purpose = "P" * 65
    assert pc.post("/challenge", {}).status_code == 400
    warnings = pc.post("/challenge/end", {}).json()["warnings"]
    assert any("REQUESTER_PURPOSE" in one["text"] for one in warnings)
