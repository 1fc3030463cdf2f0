"""The operator's console in a real browser, from sign-in to sign-out."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.enrolment_kiosk.conftest import type_sign_in
from tests.enrolment_kiosk.counter_pc import budi, siti

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from playwright.sync_api import Page

    from tests.enrolment_kiosk.api_simulator import ApiSimulator
    from tests.enrolment_kiosk.counter_pc import CounterPc

    SignIn = Callable[..., Page]


def arrive(page: Page, name: str) -> None:
    """Wait until this resident is the one looked at, with the photo there."""
    expect(page.locator("#name")).to_have_text(name)
    expect(page.locator("#confirm")).to_be_enabled()


def test_a_resident_appears_by_themselves_within_a_second(
    signed_in: SignIn, sim: ApiSimulator
) -> None:
    page = signed_in()
    page.get_by_role("heading", name="Belum ada warga di loket").wait_for()
    sim.people.append(budi())
    arrived_at = time.monotonic()
    page.locator("#person").wait_for()
    assert time.monotonic() - arrived_at < 1.0
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
    for _ in range(3):
        page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.locator("#banner-done")).to_contain_text("ditolak")
    assert sim.refusals == ["under_pressure"]
    expect(page.locator("#refused")).to_have_text("1")


def test_an_officers_face_decision_is_explicit(signed_in: SignIn, sim: ApiSimulator) -> None:
    person = siti()
    person.face = "officer"
    sim.people.append(person)
    page = signed_in()
    arrive(page, "SI•• NU•••••••• PU•••")
    page.keyboard.type("317")
    page.keyboard.press("Enter")
    expect(page.locator("#same")).to_be_focused()
    assert person.state == "AT_COUNTER"
    page.keyboard.press("Space")
    page.keyboard.press("Enter")
    expect(page.locator("#banner-done")).to_contain_text("Dompet identitas aktif")
    assert person.face_decision == "same_person"


def test_without_a_photo_the_officer_is_sent_to_the_documents(
    signed_in: SignIn, sim: ApiSimulator
) -> None:
    person = siti()
    person.face, person.photo = "officer", None
    sim.people.append(person)
    page = signed_in()
    page.locator("#no-photo").wait_for()
    expect(page.locator("#same-text")).to_contain_text("dokumen aslinya")


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
    page.locator("#confirm").click()
    expect(page.locator("#problem")).to_have_text("Petugas kedua harus orang lain.")
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


TYPE_AS_SOON_AS_THE_NAME_CHANGES = """() => new Promise((done) => {
  const number = document.getElementById("number");
  new MutationObserver(() => {
    const before = number.value;
    number.value = "2";
    number.dispatchEvent(new Event("input"));
    done([before, number.value]);
  }).observe(document.getElementById("name"), { childList: true });
})"""


def test_digits_do_not_land_on_the_next_person_when_one_disappears(
    signed_in: SignIn, sim: ApiSimulator
) -> None:
    sim.people += [budi(), siti()]
    page = signed_in()
    arrive(page, "BU•• SA•••••")
    page.keyboard.type("04")
    leaving = threading.Timer(0.5, lambda: setattr(sim.people[0], "state", "CANCELLED"))
    leaving.start()
    assert page.evaluate(TYPE_AS_SOON_AS_THE_NAME_CHANGES) == ["", ""]
    expect(page.locator("#name")).to_have_text("SI•• NU•••••••• PU•••")
    expect(page.locator("#banner-done")).to_contain_text("tidak lagi di antrean")
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
    page.keyboard.type("317302 1001 98")
    page.keyboard.press("Enter")
    expect(page.locator("#block .problem")).to_have_text("NIK terdiri dari 16 angka.")
    page.keyboard.type("9574")
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.locator("#banner-done")).to_contain_text("blokir")
    assert sim.blocked == [("3173021001989574", "stolen")]
    assert page.locator("#block-nik").input_value() == ""


def test_wrong_sign_in_is_explained_by_the_api_in_the_chosen_language(
    counter: CounterPc, sim: ApiSimulator, open_page: Callable[..., Page]
) -> None:
    page = open_page(f"{counter.url}/console")
    page.get_by_role("link", name="English").click()
    page.get_by_role("heading", name="Officer sign-in").wait_for()
    sim.operators["rina"].password += "x"
    page.locator("#username").fill("rina")
    page.locator("#password").fill("kata sandi rina")
    page.locator("#totp").fill(sim.operators["rina"].code())
    page.keyboard.press("Enter")
    expect(page.locator("#problem")).to_have_text("Sign-in details are wrong.")
    expect(page.locator("#totp")).to_have_value("")


def test_the_shift_ending_at_the_api_signs_out_and_closes_the_display(
    signed_in: SignIn, sim: ApiSimulator, counter: CounterPc
) -> None:
    sim.people.append(budi())
    page = signed_in()
    arrive(page, "BU•• SA•••••")
    sim.shifts.clear()
    page.locator("#username").wait_for()
    expect(page.get_by_role("status")).to_contain_text("Giliran kerja berakhir")
    assert counter.kiosk.display.find_frame() is None


def test_signing_out_closes_the_shift_and_the_display(
    signed_in: SignIn, sim: ApiSimulator, counter: CounterPc, home: Path
) -> None:
    page = signed_in()
    assert counter.kiosk.display.find_frame() is not None
    page.locator("#sign-out").press("Enter")
    page.locator("#username").wait_for()
    assert sim.closed == ["rina"]
    assert counter.kiosk.display.find_frame() is None
    assert not (home / "shift.json").exists()


def test_the_console_says_when_the_api_is_gone_and_recovers(
    signed_in: SignIn, sim: ApiSimulator
) -> None:
    page = signed_in()
    sim.stop()
    expect(page.locator("#banner-link")).to_contain_text("Pusat data tidak terjangkau")
    sim.start()
    expect(page.locator("#banner-link")).to_be_hidden()
    sim.people.append(budi())
    arrive(page, "BU•• SA•••••")


def test_nothing_about_anybody_is_left_on_disk_or_in_memory(
    signed_in: SignIn, sim: ApiSimulator, counter: CounterPc, home: Path
) -> None:
    person = budi()
    sim.people.append(person)
    page = signed_in()
    arrive(page, "BU•• SA•••••")
    page.keyboard.type("042")
    page.keyboard.press("Enter")
    expect(page.locator("#banner-done")).to_be_visible()
    token = next(iter(sim.shifts))
    page.goto("about:blank")
    deadline = time.monotonic() + 5
    while counter.kiosk.console.last_look is not None and time.monotonic() < deadline:
        time.sleep(0.1)
    assert counter.kiosk.console.last_look is None
    kept = b"".join(file.read_bytes() for file in home.rglob("*") if file.is_file())
    traces = ("BUDI", "BU••", person.nik, person.nik[-4:] + '"', "rina", "Rina", token, "SM-A156E")
    assert [trace for trace in traces if trace.encode() in kept] == []
    assert sorted(file.name for file in home.iterdir()) == [
        "frame-secret.bin",
        "identity.pem",
        "kiosk.json",
        "shift.json",
    ]
    assert {file.stat().st_mode & 0o777 for file in home.iterdir()} == {0o600}


@pytest.mark.parametrize(
    ("width", "height", "scheme"),
    [(1366, 768, "dark"), (683, 384, "light"), (360, 740, "dark"), (1920, 1080, "light")],
)
def test_everything_fits_the_width_in_every_size_and_scheme(
    signed_in: SignIn, sim: ApiSimulator, width: int, height: int, scheme: str
) -> None:
    sim.people += [budi(), siti()]
    page = signed_in(viewport={"width": width, "height": height}, color_scheme=scheme)
    arrive(page, "BU•• SA•••••")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    for place in page.locator("button:visible, input:visible, a:visible").all():
        box = place.bounding_box()
        assert box is not None
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= width


def test_every_control_has_a_name_and_the_page_a_language(
    signed_in: SignIn, sim: ApiSimulator
) -> None:
    sim.people.append(budi())
    page = signed_in()
    arrive(page, "BU•• SA•••••")
    assert page.locator("html").get_attribute("lang") == "id"
    assert page.get_by_role("textbox", name="Tiga angka di ponsel warga").is_visible()
    assert page.get_by_role("button", name="Konfirmasi").is_visible()
    assert page.get_by_role("img", name="Foto dari data kependudukan").is_visible()
    assert page.get_by_role("link", name="English").is_visible()
    nameless = "e => !(e.labels?.length || e.innerText.trim() || e.ariaLabel)"
    controls = page.locator("button, input")
    assert not any(control.evaluate(nameless) for control in controls.all())
