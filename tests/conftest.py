"""What tests of several folders share: databases, and a browser.

Each test gets a database of its own, on SQLite and on PostgreSQL.

`database_url` is empty, `migrated_database_url` has the newest schema. Both come once for each
kind; a test that only makes sense on one says so:

    @pytest.mark.parametrize("database_kind", ["postgresql"], indirect=True)
"""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, settings
from werkzeug.routing import Rule

from tests import queue_order
from tests.postgres import PostgresServer, running_postgres
from tests.spare_databases import SpareDatabases

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Page

# A busy machine is no finding: how long an example takes is for the benchmarks to say.
settings.register_profile("house", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("house")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Long files early, among short ones."""
    queue_order.spread(items)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Files that share an installation go to one process, in the order of the collection."""
    if config.getvalue("dist") != "loadfile":
        return None
    config.option.loadscopereorder = False
    return queue_order.SharedStart(config, log)


CHROMIUM = "/usr/bin/chromium"
WAIT_MS = 30_000  # other tests share this machine
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(autouse=True, scope="session")
def routes_compiled_once() -> Iterator[None]:
    """Of thousands of equal applications only the first has its routes compiled: 30 ms each."""
    real = Rule._compile_builder
    known: dict[tuple[object, ...], Callable[..., tuple[str, str]]] = {}

    def compile_once(rule: Rule, append_unknown: bool = True) -> Callable[..., tuple[str, str]]:  # noqa: FBT001, FBT002 - as the real one
        route = (*rule._trace, repr(rule.defaults), append_unknown)
        if route not in known:
            known[route] = real(rule, append_unknown)
        return known[route]

    Rule._compile_builder = compile_once  # type: ignore[method-assign]
    yield
    Rule._compile_builder = real  # type: ignore[method-assign]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One Chromium for all tests of a process: Playwright does not run twice in one."""
    # Imported late: most tests need no browser.
    from playwright.sync_api import expect, sync_playwright

    expect.set_options(timeout=WAIT_MS)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, headless=True, args=FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture
def open_page(browser: Browser) -> Iterator[Callable[..., Page]]:
    """Open pages, each in a fresh profile; a script error or a blocked resource fails the test."""
    contexts, mishaps = [], []

    def open_one(url: str, **options: Any) -> Page:
        seen = {"viewport": {"width": 1366, "height": 768}, "locale": "id-ID", **options}
        context = browser.new_context(**seen)
        context.set_default_timeout(WAIT_MS)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: mishaps.append(str(error)))
        page.on(
            "console",
            lambda line: mishaps.append(line.text) if "Content Security" in line.text else None,
        )
        page.goto(url)
        return page

    yield open_one
    for context in contexts:
        context.close()
    assert mishaps == []


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """One throwaway server for each test process."""
    with running_postgres() as server:
        yield server


@pytest.fixture(scope="session")
def postgres_url(postgres_server: PostgresServer) -> str:
    """URL of the server's maintenance database (superuser), to make databases with."""
    return postgres_server.url()


@pytest.fixture(params=["sqlite", "postgresql"])
def database_kind(request: pytest.FixtureRequest) -> str:
    """Which database the test runs on."""
    return str(request.param)


@pytest.fixture
def database_url(
    database_kind: str, request: pytest.FixtureRequest, tmp_path: Path
) -> Iterator[str]:
    """URL of an empty database of this test's own."""
    if database_kind == "sqlite":
        yield f"sqlite:///{tmp_path / 'test.db'}"
        return
    server: PostgresServer = request.getfixturevalue("postgres_server")
    name = f"test_{uuid4().hex}"
    yield server.create_database(name)
    server.drop_database(name)


@pytest.fixture
def migrated_database_url(
    database_kind: str, request: pytest.FixtureRequest, tmp_path: Path
) -> Iterator[str]:
    """URL of a database of this test's own with the newest schema and no rows."""
    if database_kind == "sqlite":
        target = tmp_path / "migrated.db"
        shutil.copyfile(request.getfixturevalue("migrated_sqlite_file"), target)
        yield f"sqlite:///{target}"
        return
    spares: SpareDatabases = request.getfixturevalue("spare_databases")
    name = spares.lend()
    yield spares.server.url(name)
    spares.take_back(name)


@pytest.fixture(scope="session")
def migrated_sqlite_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """File of a migrated database that tests copy."""
    made, path = (tmp_path_factory.mktemp("migrated") / name for name in ("made.db", "copied.db"))
    _migrate()(f"sqlite:///{made}")
    _copy_sqlite(made, path)
    return path


@pytest.fixture(scope="session")
def spare_databases(postgres_server: PostgresServer) -> SpareDatabases:
    """Migrated databases without rows, lent to one test after the other."""
    name = "migrated_template"
    _migrate()(postgres_server.create_database(name))
    return SpareDatabases(postgres_server, name)


def _migrate() -> Callable[[str], None]:
    # Imported late: tests of the other packages do not load the server's.
    from wallet_api.db import migrate

    return migrate


def _copy_sqlite(source: Path, target: Path) -> None:
    """Copy by SQLite itself, which also sees what still lies in the write-ahead log."""
    with closing(sqlite3.connect(source)) as old, closing(sqlite3.connect(target)) as new:
        old.backup(new)
