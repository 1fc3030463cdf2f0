"""From nothing to a QR that a bank trusts, through the counter's pages in a real browser.

Every program is real: API on gunicorn, worker, kiosk, the reference phone, the verifier's command
without network, and Chromium for the officer and the display.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from samples.phone.errors import Problem
from tests.journey import bank
from tests.journey.resident import Resident
from tests.journey.virtual_passkey import VirtualPasskey

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.journey.console_page import ConsolePage, DisplayPage
    from tests.journey.office import Office

    Counter = Callable[[Office], tuple[ConsolePage, DisplayPage]]


def other(number: str, by: int) -> str:
    return f"{(int(number) + by) % 1000:03d}"


def test_from_nothing_to_a_card_that_a_bank_trusts(
    each_office: Office, at_counter: Counter, tmp_path: Path
) -> None:
    office = each_office
    console, display = at_counter(office)
    confirmed, _ = console.counts()
    budi = Resident(office, "budi")
    budi.enrol_at_home()
    assert budi.scan(display.photograph()[0])["state"] == "CLAIMED"
    assert console.find("empty").is_visible()  # a scan alone brings nobody to the officer
    number = budi.confirm()
    console.meet(budi.shown_name)
    expect(console.find("nik")).to_have_text(budi.shown_nik)
    assert console.photo_width() > 100
    console.type_number(other(number, 1))
    expect(console.find("problem")).to_contain_text("Kesempatan tersisa: 2")
    console.type_number(number)
    expect(console.find("banner-done")).to_contain_text("Dompet identitas aktif")
    expect(console.find("confirmed")).to_have_text(str(confirmed + 1))
    assert console.photo_width() == 0

    assert budi.status()["state"] == "ACTIVATED"
    types = {held.type for held in budi.receive()}
    assert types >= {"id_card", "family_card", "tax_number"}
    bank.wait_for_status(office, budi, "good")
    budi.show_card(tmp_path / "shown.png")
    report = bank.check(office, str(tmp_path / "shown.png"))
    assert (report["code"], report["claims"]["name"]) == ("VALID", budi.person["name"])
    assert (report["authentic"], report["possession"], report["status"]) == (True, "fresh", "good")


def test_a_photograph_of_the_display_is_soon_worthless(office: Office, at_counter: Counter) -> None:
    _, display = at_counter(office)
    frame, ends_at = display.photograph()
    budi = Resident(office, "budi")
    budi.enrol_at_home()
    time.sleep(max(0.0, ends_at - time.time()))
    with pytest.raises(Problem) as refused:
        budi.scan(frame)
    assert refused.value.code == "FRAME_EXPIRED"
    assert budi.status()["next"]["step"] == "scan"


def test_three_wrong_numbers_end_it_and_the_resident_begins_anew(
    office: Office, at_counter: Counter
) -> None:
    console, display = at_counter(office)
    _, refused = console.counts()
    maruf = Resident(office, "maruf")
    maruf.enrol_at_home()
    maruf.scan(display.photograph()[0])
    number = maruf.confirm()
    console.meet(maruf.shown_name)
    for left in (2, 1):
        console.type_number(other(number, left))
        expect(console.find("problem")).to_contain_text(f"Kesempatan tersisa: {left}")
    console.type_number(other(number, 3))
    expect(console.find("banner-done")).to_have_class("banner bad")
    assert console.find("person").is_hidden()
    expect(console.find("refused")).to_have_text(str(refused + 1))
    assert maruf.status()["state"] == "REFUSED"
    with pytest.raises(Problem) as ended:
        maruf.scan(display.photograph()[0])
    assert ended.value.code == "ENROLMENT_ENDED"
    assert Resident(office, "maruf").start()["state"] == "STARTED"


def test_the_second_officer_comes_with_a_passkey(office: Office, at_counter: Counter) -> None:
    console, display = at_counter(office)  # the second officer's own morning
    second = office.logins[-1]
    passkey = VirtualPasskey(console.page)
    console.add_passkey("Sidik jari", second["password"])
    [kept] = passkey.kept()
    assert (kept["rpId"], kept["isResidentCredential"]) == ("localhost", True)
    console.sign_out()
    console.find("use-password").click()  # this browser would offer the passkey first
    console.sign_in(office.next_login())
    sari = Resident(office, "sari")
    sari.enrol_at_home()
    sari.scan(display.photograph()[0])
    number = sari.confirm()
    office.execute("UPDATE enrolment SET face_no_match = true WHERE state = 'AT_COUNTER'")
    console.meet(sari.shown_name)
    console.type_number(number)
    expect(console.find("second-text")).to_contain_text("Anda sudah menyetujui")
    console.sign_out()

    passkey.recognise(owner=False)
    expect(console.find("use-passkey")).to_be_focused()
    console.page.keyboard.press("Enter")
    expect(console.find("passkey-problem")).to_contain_text("Kunci sandi tidak dipakai")
    passkey.recognise(owner=True)
    console.page.keyboard.press("Enter")  # one key, and no user name
    console.meet(sari.shown_name)
    expect(console.find("open-passkeys")).to_contain_text("Petugas")
    console.page.keyboard.press("Enter")
    expect(console.find("banner-done")).to_contain_text("Dompet identitas aktif")
    assert sari.status()["state"] == "ACTIVATED"
    opened = "audit_event WHERE event = 'shift.opened' AND facts LIKE '%passkey%'"
    assert office.count(opened) == 1
