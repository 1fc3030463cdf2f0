"""The console's session, its troubles, what it leaves behind, and how it looks."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.enrolment_kiosk.conftest import arrive, type_sign_in
from tests.enrolment_kiosk.counter_pc import budi, siti

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from playwright.sync_api import Page, Route

    from tests.enrolment_kiosk.api_simulator import ApiSimulator
    from tests.enrolment_kiosk.counter_pc import CounterPc

    SignIn = Callable[..., Page]


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


def test_nothing_can_be_typed_or_sent_before_the_pages_program_is_there(
    counter: CounterPc, sim: ApiSimulator, open_page: Callable[..., Page]
) -> None:
    page = open_page("about:blank")
    held: list[Route] = []
    page.route("**/static/signin.js", lambda route: held.append(route))  # noqa: PLW0108
    page.goto(f"{counter.url}/console", wait_until="commit")
    controls = page.locator("#signin").locator("input, button")
    expect(controls).to_have_count(4)
    assert not any(control.is_enabled() for control in controls.all())
    assert page.locator("#signin").get_attribute("method") == "post"  # never into an address
    page.keyboard.type("rina")
    page.keyboard.press("Enter")
    page.wait_for_timeout(300)
    assert (page.url, page.locator("#username").input_value()) == (f"{counter.url}/console", "")
    held.pop().continue_()
    type_sign_in(page, sim, "rina")
    page.locator("#sign-out").wait_for()


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
    deadline = time.monotonic() + 30
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
