"""The operator's console in a real browser, from sign-in to sign-out."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from playwright.sync_api import expect

from tests.enrolment_kiosk.conftest import arrive, type_sign_in
from tests.enrolment_kiosk.counter_pc import budi, siti

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page

    from tests.enrolment_kiosk.api_simulator import ApiSimulator

    SignIn = Callable[..., Page]


def test_a_resident_appears_by_themselves_within_a_second(
    signed_in: SignIn, sim: ApiSimulator
) -> None:
    page = signed_in()
    page.get_by_role("heading", name="Belum ada warga di loket").wait_for()
    waits = []
    while not waits or (min(waits) > 1.0 and len(waits) < 5):  # a busy machine is no finding
        sim.people.clear()
        expect(page.locator("#person")).to_be_hidden()
        sim.people.append(budi())
        arrived_at = time.monotonic()
        page.locator("#person").wait_for()
        waits.append(time.monotonic() - arrived_at)
    assert min(waits) < 1.0
    arrive(page, "BU•• SA•••••")
    assert page.locator("#nik").inner_text() == "3173••••••••9574"
    assert page.locator("#device").inner_text() == "Samsung SM-A156E"
    assert page.locator("#photo").evaluate("image => image.complete && image.naturalWidth") == 360
    assert page.locator("#left").inner_text().startswith("9 mnt")
    expect(page.locator("#number")).to_be_focused()


def test_the_right_number_activates_with_the_keyboard_alone(
    signed_in: SignIn, sim: ApiSimulator
) -> None:
    sim.people.append(budi())
    page = signed_in()
    arrive(page, "BU•• SA•••••")
    page.keyboard.type("042")
    page.keyboard.press("Enter")
    expect(page.locator("#banner-done")).to_contain_text("Dompet identitas aktif")
    assert sim.people[0].state == "ACTIVATED"
    assert page.locator("#person").is_hidden()
    expect(page.locator("#confirmed")).to_have_text("1")


def test_three_wrong_numbers_end_it(signed_in: SignIn, sim: ApiSimulator) -> None:
    sim.people.append(budi())
    page = signed_in()
    arrive(page, "BU•• SA•••••")
    for left in (2, 1):
        page.keyboard.type("999")
        page.keyboard.press("Enter")
        expect(page.locator("#problem")).to_have_text(
            f"Angka tidak cocok. Kesempatan tersisa: {left}"
        )
        expect(page.locator("#number")).to_have_value("")
        expect(page.locator("#number")).to_be_focused()
    page.keyboard.type("999")
    page.keyboard.press("Enter")
    expect(page.locator("#banner-done")).to_contain_text("Aktivasi ini sudah berakhir")
    assert page.locator("#person").is_hidden()
    assert sim.people[0].state == "REFUSED"


def test_a_short_number_is_not_sent(signed_in: SignIn, sim: ApiSimulator) -> None:
    sim.people.append(budi())
    page = signed_in()
    arrive(page, "BU•• SA•••••")
    page.keyboard.type("4x2")
    page.keyboard.press("Enter")
    expect(page.locator("#problem")).to_have_text("Ketik ketiga angka.")
    assert sim.people[0].numbers_left == 3


def test_refusing_with_a_reason_needs_no_mouse(signed_in: SignIn, sim: ApiSimulator) -> None:
    sim.people.append(budi())
    page = signed_in()
    arrive(page, "BU•• SA•••••")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    expect(page.locator("#open-refuse")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#refuse-who")).to_have_text("BU•• SA•••••")
    page.keyboard.press("Enter")
    expect(page.locator("#refuse .problem")).to_have_text("Pilih alasannya dulu.")
    assert sim.refusals == []
    for _ in range(5):
        page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.locator("#banner-done")).to_contain_text("ditolak")
    assert sim.refusals == ["under_pressure"]
    expect(page.locator("#refused")).to_have_text("1")


def test_a_second_officer_decides_without_a_number(signed_in: SignIn, sim: ApiSimulator) -> None:
    person = budi()
    person.second_officer_drawn = True
    sim.people.append(person)
    page = signed_in()
    arrive(page, "BU•• SA•••••")
    page.keyboard.type("042")
    page.keyboard.press("Enter")
    expect(page.locator("#banner-done")).to_contain_text("Perlu petugas kedua")
    page.locator("#second").wait_for()
    assert page.locator("#number").is_hidden()
    expect(page.locator("#second-text")).to_contain_text("Anda sudah menyetujui")
    assert page.locator("#confirm").is_hidden()
    page.locator("#sign-out").click()
    page.locator("#username").wait_for()
    type_sign_in(page, sim, "joko")
    page.locator("#second").wait_for()
    arrive(page, "BU•• SA•••••")
    expect(page.locator("#confirm")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#banner-done")).to_contain_text("Dompet identitas aktif")
    assert person.state == "ACTIVATED"


def test_arrow_keys_choose_among_several_and_typed_digits_stay_with_their_person(
    signed_in: SignIn, sim: ApiSimulator
) -> None:
    sim.people += [budi(), siti()]
    page = signed_in()
    arrive(page, "BU•• SA•••••")
    page.keyboard.type("31")
    page.keyboard.press("ArrowDown")
    arrive(page, "SI•• NU•••••••• PU•••")
    expect(page.locator("#number")).to_have_value("")
    page.keyboard.type("317")
    page.keyboard.press("Enter")
    arrive(page, "BU•• SA•••••")
    assert [person.state for person in sim.people] == ["AT_COUNTER", "ACTIVATED"]


TYPE_AS_SOON_AS_THE_NAME_CHANGES = """() => {
  const number = document.getElementById("number");
  window.typed = new Promise((done) => new MutationObserver(() => {
    const before = number.value;
    number.value = "2";
    number.dispatchEvent(new Event("input"));
    done([before, number.value]);
  }).observe(document.getElementById("name"), { childList: true }));
}"""


def test_digits_do_not_land_on_the_next_person_when_one_disappears(
    signed_in: SignIn, sim: ApiSimulator
) -> None:
    sim.people += [budi(), siti()]
    page = signed_in()
    arrive(page, "BU•• SA•••••")
    page.keyboard.type("04")
    page.evaluate(TYPE_AS_SOON_AS_THE_NAME_CHANGES)
    sim.people[0].state = "CANCELLED"
    assert page.evaluate("() => window.typed") == ["", ""]
    expect(page.locator("#banner-done")).to_contain_text("tidak lagi di antrean")
    arrive(page, "SI•• NU•••••••• PU•••")
    page.wait_for_timeout(800)
    page.keyboard.type("317")
    page.keyboard.press("Enter")
    expect(page.locator("#banner-done")).to_contain_text("Dompet identitas aktif")


def test_a_lost_answer_is_asked_for_again_and_counts_once(
    signed_in: SignIn, sim: ApiSimulator
) -> None:
    sim.people.append(budi())
    page = signed_in()
    arrive(page, "BU•• SA•••••")
    sim.bend.break_after_confirm = True
    page.keyboard.type("042")
    page.keyboard.press("Enter")
    expect(page.locator("#banner-done")).to_contain_text("Dompet identitas aktif")
    assert sim.today["confirmed"] == 1
    assert len([call for call in sim.calls if call.endswith("/confirm")]) == 2


def test_a_nik_is_blocked_by_a_small_form(signed_in: SignIn, sim: ApiSimulator) -> None:
    page = signed_in()
    page.locator("#open-block").press("Enter")
    expect(page.locator("#block-nik")).to_be_focused()
    page.keyboard.type("317302 1001 98")
    page.keyboard.press("Enter")
    expect(page.locator("#block .problem")).to_have_text("NIK terdiri dari 16 angka.")
    page.keyboard.type("9574")
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.locator("#banner-done")).to_contain_text("blokir")
    assert sim.blocked == [("3173021001989574", "stolen")]
    expect(page.locator("#block-nik")).to_have_value("")
