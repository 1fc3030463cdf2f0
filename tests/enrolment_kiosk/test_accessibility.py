"""The console for everybody: by keyboard alone, in both schemes, at 200 % and on 320 pixels."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from playwright.sync_api import expect

from tests.enrolment_kiosk.accessibility import nameless, overflow, unreachable, weak_texts
from tests.enrolment_kiosk.conftest import arrive, type_sign_in
from tests.enrolment_kiosk.counter_pc import CounterPc, budi, siti

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page

    from tests.enrolment_kiosk.api_people import Person
    from tests.enrolment_kiosk.api_simulator import ApiSimulator

FAILURES: list[dict[str, object]] = [
    {"reason": "number_wrong", "counter": 4, "office": 9},
    {"reason": "frame_expired", "counter": 3, "office": 5},
]
ZOOMED = {"width": 683, "height": 384}  # 1366 × 768 at 200 %
REFLOWED = {"width": 320, "height": 256}  # 1280 × 1024 at 400 % (WCAG 1.4.10)


def faults(page: Page) -> list[str]:
    """Everything that a machine can find wrong with the page as it is now."""
    found = weak_texts(page) + nameless(page)
    for size in (ZOOMED, REFLOWED):
        wide = overflow(page, **size)
        found += [f"{wide} px too wide at {size}"] if wide > 0 else []
    page.set_viewport_size({"width": 1366, "height": 768})
    page.emulate_media(color_scheme="light")
    return found


def test_every_screen_serves_everybody(
    counter: CounterPc, sim: ApiSimulator, open_page: Callable[..., Page]
) -> None:
    sim.failures, sim.passkeys_demanded = FAILURES, True
    address = counter.url.replace("127.0.0.1", "localhost")  # where passkeys are offered
    page = open_page(f"{address}/console", reduced_motion="reduce")
    assert faults(page) == []
    assert unreachable(page) == []
    page.locator("#username").focus()
    type_sign_in(page, sim, "rina")
    expect(page.locator("#banner-passkey")).to_be_visible()
    expect(page.locator("#failures")).to_be_visible()
    assert faults(page) == []
    assert unreachable(page) == []
    now = datetime.now(UTC)
    sim.people += waiting_since(now, budi(), 515), waiting_since(now, siti(), 200)
    arrive(page, "BU•• SA•••••")
    assert faults(page) == []
    assert unreachable(page) == []
    for opener in ("open-refuse", "open-block", "open-passkeys", "open-overview"):
        page.locator(f"#{opener}").focus()
        page.keyboard.press("Enter")
        page.locator("dialog[open]").wait_for()
        assert faults(page) == []
        assert unreachable(page) == []
        page.keyboard.press("Escape")
        expect(page.locator("dialog[open]")).to_have_count(0)
        expect(page.locator("#number")).to_be_focused()  # where the officer goes on
    landmarks = "[...document.querySelectorAll('header, nav, main, h1, [role=status]')].length"
    assert page.evaluate(landmarks) > 6
    assert page.locator("main").count() == page.locator("h1").count() == 1
    assert page.evaluate("document.documentElement.lang") == "id"
    check_display(page, sim, address)


def waiting_since(now: datetime, person: Person, seconds: int) -> Person:
    person.since = now - timedelta(seconds=seconds)
    return person


def check_display(page: Page, sim: ApiSimulator, address: str) -> None:
    """The residents' screen: in both languages at once, also while it has something to say."""
    page.goto(f"{address}/display")
    page.locator("#qr svg").wait_for()
    sim.bend.clock_ahead = 90
    expect(page.locator("#drift")).to_be_visible()
    assert faults(page) == []
    assert page.locator("#drift [lang=en]").inner_text().strip() != ""
