"""What the officer sees of the queue, of the day's failures and of the counter itself."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from credentials.signing import PemSigner, generate_pem
from enrolment_kiosk.client import ApiClient, Contact
from enrolment_kiosk.clock import KioskClock
from enrolment_kiosk.health import check_all
from enrolment_kiosk.heartbeat import Heartbeat
from enrolment_kiosk.texts import language_texts
from tests.enrolment_kiosk.conftest import arrive
from tests.enrolment_kiosk.counter_pc import budi, siti
from wallet_api.rules.counter import FAILURES

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page

    from tests.enrolment_kiosk.api_simulator import ApiSimulator
    from tests.enrolment_kiosk.counter_pc import CounterPc


def test_the_console_says_who_waits_what_failed_how_the_counter_is_and_what_to_do(
    counter: CounterPc, sim: ApiSimulator, signed_in: Callable[..., Page]
) -> None:
    page = signed_in()
    check_queue(page, sim)
    check_failures(page, sim)
    page.goto(f"{counter.url}/console?lang=en")

    def said(name: str) -> str:
        return page.locator(f"[data-check={name}]").inner_text()

    expect(page.locator("[data-check=line]")).to_have_attribute("data-level", "ok")
    assert "good for 7 h more" in said("certificate") or "good for 8 h more" in said("certificate")
    assert "none attached, and none is needed" in said("camera")
    assert "version 1.0.0" in said("program")
    page.click("#open-passkeys")  # under a number there are none: the page says where
    address = counter.url.replace("127.0.0.1", "localhost") + "/console"
    expect(page.locator("#passkeys-address")).to_have_attribute("href", address)
    expect(page.locator("#passkeys-add")).to_be_hidden()
    page.keyboard.press("Escape")
    sim.bend.clock_ahead = 120
    expect(page.locator("[data-check=clock]")).to_contain_text("120 s off")
    expect(page.locator("[data-check=clock]")).to_contain_text("Ask IT")
    expect(page.locator("#open-overview")).to_have_attribute("data-level", "warn")
    sim.stop()
    expect(page.locator("[data-check=line]")).to_contain_text("cannot be reached")
    expect(page.locator("#open-overview")).to_have_text(
        "Counter status: Not connected Something is wrong"
    )


def check_queue(page: Page, sim: ApiSimulator) -> None:
    """Who waits, how long, and whose time is almost over: in words, live, and with marks."""
    now = datetime.now(UTC)
    for person, seconds in ((budi(), 510), (siti(), 200), (budi(), 5)):
        person.since = now - timedelta(seconds=seconds)
        sim.people.append(person)
    arrive(page, "BU•• SA•••••")
    expect(page.locator("#rows .wait")).to_have_text(
        ["waktu hampir habis", "menunggu lama", "baru datang"]
    )
    expect(page.locator("#queue-sum")).to_contain_text("3 menunggu · terlama 8 mnt")
    expect(page.locator("#waited-word")).to_have_text("waktu hampir habis")
    expect(page.locator("#announce")).to_have_text("Waktu seorang warga hampir habis.")
    last = page.locator("#rows time").last
    before = last.inner_text()
    expect(last).not_to_have_text(before)  # it runs by itself
    marks = "all => all.map(one => getComputedStyle(one, '::before').content)"
    assert len(set(page.locator("#rows .wait").evaluate_all(marks))) == 3  # not by colour alone
    sim.people.clear()
    expect(page.locator("#empty")).to_be_visible()


def check_failures(page: Page, sim: ApiSimulator) -> None:
    """By reason, for this counter and for the office."""
    expect(page.locator("#failures-none")).to_have_text("Hari ini belum ada yang gagal.")
    sim.failures = [
        {"reason": "number_wrong", "counter": 4, "office": 9},
        {"reason": "face_not_settled", "counter": 1, "office": 1},
        {"reason": "sign_in", "counter": 0, "office": 1200},
    ]
    page.click("#open-overview")
    rows = page.locator("#failures-rows tr")
    expect(rows).to_have_count(3)
    assert rows.first.inner_text().split()[-2:] == ["4", "9"]
    expect(rows.nth(2)).to_contain_text("Petugas gagal masuk")
    expect(rows.nth(2)).to_contain_text("1.200")
    expect(page.locator("#failures-all")).to_have_text("1.210")
    expect(page.locator("#failures-day")).to_have_text("Senin, 23 November 2026 · WIB")


def test_every_reason_and_every_state_has_its_words() -> None:
    texts = language_texts("id")
    named = {key.removeprefix("failure_") for key in texts if key.startswith("failure_")}
    assert named == FAILURES
    for state in ("clock_off", "clock_unchecked", "clock_refused", "certificate_soon"):
        assert texts[f"health_{state}"] != texts[f"health_{state}_do"]
    wanted = {"certificate_none", "line_slow", "line_silent", "line_away", "camera_allowed"}
    assert {f"health_{state}_do" for state in wanted} <= texts.keys()


@pytest.mark.parametrize(
    ("age", "took", "level", "state"),
    [(1, 0.04, "ok", "quick"), (1, 1.6, "warn", "slow"), (61, 0.04, "warn", "silent")],
)
def test_the_line_is_judged_by_the_last_answer(
    counter: CounterPc, age: float, took: float, level: str, state: str
) -> None:
    kiosk = counter.kiosk
    client = ApiClient(
        "http://127.0.0.1:9", identity=PemSigner(generate_pem()), time_key=None, clock=kiosk.clock
    )
    checks = check_all(kiosk.clock, kiosk.display, client, kiosk.heartbeat)
    assert [(one.level, one.state) for one in checks if one.name == "line"] == [("bad", "away")]
    client._contact = Contact(kiosk.clock.steady() - age, took)
    checks = check_all(kiosk.clock, kiosk.display, client, kiosk.heartbeat)
    assert [(one.level, one.state) for one in checks if one.name == "line"] == [(level, state)]


def test_before_the_first_time_answer_and_the_first_shift_nothing_is_called_good(
    counter: CounterPc,
) -> None:
    clock = KioskClock()
    kiosk = counter.kiosk
    checks = check_all(clock, kiosk.display, kiosk.client, Heartbeat(kiosk.client, clock))
    bad = {one.name: one.state for one in checks if one.level == "bad"}
    assert (bad["clock"], bad["certificate"]) == ("unchecked", "none")
