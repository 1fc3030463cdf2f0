"""How long a picture lives at the counter: on the page, and in the kiosk's memory and folder."""

from __future__ import annotations

import gc
import secrets
import time
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.enrolment_kiosk.conftest import arrive, reason, shown
from tests.enrolment_kiosk.counter_pc import siti

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from playwright.sync_api import Page, Response

    from tests.enrolment_kiosk.api_people import Person
    from tests.enrolment_kiosk.api_simulator import ApiSimulator

    SignIn = Callable[..., Page]

NAME = "BU•• SA•••••"


@pytest.mark.parametrize("ending", ["approved", "refused", "person changes", "signed out"])
def test_pictures_leave_the_page_and_their_addresses_end(
    signed_in: SignIn, sim: ApiSimulator, doubtful: Person, ending: str
) -> None:
    other = siti()
    other.photo = None
    if ending == "person changes":
        sim.people.append(other)
    page = signed_in()
    arrive(page, NAME)
    addresses = shown(page)
    assert len(addresses) == 2
    if ending == "person changes":
        page.locator("#rows button").nth(1).click()
        expect(page.locator("#no-photo")).to_be_visible()
    elif ending == "approved":
        page.keyboard.type("042")
        reason(page, "same_in_person").check()
        page.locator("#confirm").click()
        expect(page.locator("#banner-done")).to_contain_text("Dompet identitas aktif")
    elif ending == "refused":
        page.locator("#open-refuse").click()
        page.locator("#refuse input[value=other_person_on_phone]").check()
        page.locator("#refuse button[type=submit]").click()
        expect(page.locator("#banner-done")).to_contain_text("ditolak")
        assert sim.refusals == ["other_person_on_phone"]
    else:
        page.locator("#sign-out").click()
        page.locator("#username").wait_for()
    assert shown(page) == []
    opens = """async address => { const image = new Image(); image.src = address;
      return image.decode().then(() => true, () => false); }"""
    assert [page.evaluate(opens, address) for address in addresses] == [False, False]
    assert doubtful.state != "ACTIVATED" or ending == "approved"


def test_pictures_are_hidden_while_nobody_is_at_the_console(
    signed_in: SignIn, doubtful: Person
) -> None:
    page = signed_in()
    page.clock.install()
    page.reload()
    arrive(page, NAME)
    page.keyboard.type("04")
    page.clock.run_for(100_000)  # the page's clock runs by itself as well
    assert len(shown(page)) == 2
    page.clock.run_for(20_000)
    expect(page.locator(".covered").first).to_be_visible()
    assert shown(page) == []
    assert page.locator("#confirm").is_disabled()
    page.keyboard.type("2")
    expect(page.locator("#confirm")).to_be_enabled()
    assert len(shown(page)) == 2
    expect(page.locator("#number")).to_have_value("042")
    assert doubtful.state == "AT_COUNTER"


def test_a_page_out_of_sight_holds_no_picture(signed_in: SignIn, doubtful: Person) -> None:
    page = signed_in()
    arrive(page, NAME)
    hide = """hidden => {
      Object.defineProperty(document, "hidden", { value: Boolean(hidden), configurable: true });
      Object.defineProperty(document, "visibilityState",
        { value: hidden ? "hidden" : "visible", configurable: true });
      document.dispatchEvent(new Event("visibilitychange")); }"""
    page.evaluate(hide, 1)
    assert shown(page) == []
    page.evaluate(hide, 0)
    expect(page.locator("#confirm")).to_be_enabled()
    assert len(shown(page)) == 2
    assert doubtful.state == "AT_COUNTER"


def test_no_picture_is_cached_or_kept_by_the_kiosk(
    signed_in: SignIn, doubtful: Person, home: Path
) -> None:
    assert doubtful.selfie is not None
    trace = secrets.token_bytes(40)  # no other picture that this process ever drew has it
    doubtful.selfie += trace
    page = signed_in()
    arrive(page, NAME)  # and the page has asked for nothing more before it is loaded again
    answers: list[Response] = []

    def note(answer: Response) -> None:
        answers.append(answer)

    page.on("response", note)
    page.reload()
    arrive(page, NAME)
    pictures = [answer for answer in answers if "/selfie/" in answer.url or "/photo/" in answer.url]
    assert {answer.headers["cache-control"] for answer in pictures} == {"no-store"}
    assert len(pictures) == 2
    page.keyboard.type("042")
    reason(page, "same_in_person").check()
    page.locator("#confirm").click()
    expect(page.locator("#banner-done")).to_contain_text("Dompet identitas aktif")
    answers.clear()
    pictures.clear()
    assert doubtful.selfie is None  # the simulated API forgets as the real one does
    assert [file for file in home.rglob("*") if file.is_file() and trace in file.read_bytes()] == []
    deadline = time.monotonic() + 30
    while keepers(trace) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert keepers(trace) == 0


def keepers(trace: bytes) -> int:
    """How many living objects of this process, kiosk included, hold bytes with the trace."""
    gc.collect()
    held = {
        id(part)
        for thing in gc.get_objects()
        for part in gc.get_referents(thing)
        if isinstance(part, bytes | bytearray) and len(part) > len(trace) and trace in part
    }
    return len(held)
