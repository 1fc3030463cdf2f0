"""A counter with its API simulator, and Debian's Chromium in front of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from enrolment_kiosk import cli
from tests.enrolment_kiosk.api_simulator import ApiSimulator
from tests.enrolment_kiosk.counter_pc import CounterPc, budi, draw_portrait, running_kiosk

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from playwright.sync_api import Locator, Page

    from tests.enrolment_kiosk.api_people import Person


@pytest.fixture
def sim() -> Iterator[ApiSimulator]:
    """The API, with two operators of the office."""
    simulator = ApiSimulator()
    simulator.add_operator("rina", "Rina Wulandari")
    simulator.add_operator("joko", "Joko Prasetyo")
    simulator.start()
    yield simulator
    simulator.stop()


@pytest.fixture
def home(sim: ApiSimulator, tmp_path: Path) -> Path:
    """The folder of a kiosk that was enrolled with the real command."""
    folder = tmp_path / "kiosk"
    arguments = ["init", "--api", sim.url, "--token", sim.token, "--home", str(folder)]
    assert cli.main(arguments) == 0
    return folder


@pytest.fixture
def counter(home: Path) -> Iterator[CounterPc]:
    """The kiosk, serving."""
    with running_kiosk(home) as pc:
        yield pc


@pytest.fixture
def doubtful(sim: ApiSimulator) -> Person:
    """A resident at the counter of whom the machine was not sure."""
    person = budi()
    person.face, person.face_reasons = "officer", ("DOUBTFUL",)
    person.selfie = draw_portrait(shirt="#5b7a4a")
    person.taken_at = "2026-11-23T06:41:00Z"
    sim.people.append(person)
    return person


@pytest.fixture
def signed_in(
    counter: CounterPc, sim: ApiSimulator, open_page: Callable[..., Page]
) -> Callable[..., Page]:
    """Open the console and sign in with keys alone."""

    def sign_in(username: str = "rina", **options: object) -> Page:
        page = open_page(f"{counter.url}/console", **options)
        type_sign_in(page, sim, username)
        page.locator("#link-text").wait_for()
        page.wait_for_load_state("load")  # the page's program has its keys by now
        return page

    return sign_in


def type_sign_in(page: Page, sim: ApiSimulator, username: str) -> None:
    """Type what an operator types, once the page has put the cursor into the first field."""
    expect(page.locator("#username")).to_be_focused()
    operator = sim.operators[username]
    for number, text in enumerate((username, operator.password, operator.code())):
        if number:
            page.keyboard.press("Tab")
        page.keyboard.type(text)
    page.keyboard.press("Enter")


def arrive(page: Page, name: str) -> None:
    """Wait until this resident is the one looked at, with the photo there."""
    expect(page.locator("#name")).to_have_text(name)
    expect(page.locator("#confirm")).to_be_enabled()


def reason(page: Page, value: str) -> Locator:
    """One of the officer's reasons for an approval."""
    return page.locator(f"#approvals input[value={value}]")


def shown(page: Page) -> list[str]:
    """The blob addresses of the pictures that are on the page, each of them readable."""
    places = page.locator("#photo, #selfie")
    script = "all => all.filter(i => !i.hidden && i.naturalWidth).map(i => i.src)"
    found: list[str] = places.evaluate_all(script)
    return found
