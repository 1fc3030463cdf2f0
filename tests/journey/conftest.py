"""The office of these tests, and a browser in front of its counter."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.journey.console_page import ConsolePage, DisplayPage
from tests.journey.office import Office, running_office

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import Page

    from tests.postgres import PostgresServer


@pytest.fixture(scope="package")
def sqlite_office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """One office for all tests that leave it whole; on SQLite."""
    with running_office(tmp_path_factory.mktemp("office")) as opened:
        yield opened


@pytest.fixture
def office(sqlite_office: Office) -> Iterator[Office]:
    """The office, with nobody at the counter."""
    yield sqlite_office
    sqlite_office.send_home()


@pytest.fixture(params=["sqlite", "postgresql"])
def each_office(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Office]:
    """The office on SQLite, then another on PostgreSQL."""
    if request.param == "sqlite":
        yield request.getfixturevalue("office")
        return
    server: PostgresServer = request.getfixturevalue("postgres_server")
    url = server.create_database("journey")
    with running_office(tmp_path_factory.mktemp("office"), database_url=url) as opened:
        yield opened
    server.drop_database("journey")


@pytest.fixture
def at_counter(
    open_page: Callable[[str], Page],
) -> Callable[[Office], tuple[ConsolePage, DisplayPage]]:
    """Open an office's counter: an officer signed in at the console, the display beside it."""

    def open_counter(office: Office) -> tuple[ConsolePage, DisplayPage]:
        console = ConsolePage(open_page(f"{office.site.kiosk}/console"))
        console.sign_in(office.next_login())
        return console, DisplayPage(open_page(f"{office.site.kiosk}/display"), office.frames_seen)

    return open_counter
