"""An office for tests: the whole installation as real processes, below one folder.

Registry, API (gunicorn), worker and kiosk are started as `make run` starts them; a test may kill
any of them and start it again.
"""

from __future__ import annotations

import json
import os
import signal
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import sqlalchemy

from samples.processes import Service, Services
from samples.site import OFFICE, PASSWORD, Site

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from samples.administrator import Administrator
    from tests.journey.resident import Resident

OPERATORS = 9
# The caps of an operator are tested elsewhere; here residents come faster, and no lot is drawn.
SETTINGS = {"WALLET_OPERATOR_INTERVAL_SECONDS": "0", "WALLET_SECOND_OFFICER_PERCENT": "0"}


@dataclass(slots=True)
class Office:
    """The installation and its programs by name: API, worker, kiosk."""

    site: Site
    services: Services
    programs: dict[str, Service] = field(default_factory=dict)
    logins: list[dict[str, str]] = field(default_factory=list)
    visitors: list[Resident] = field(default_factory=list)
    frames_seen: set[int] = field(default_factory=set)

    def open(self) -> None:
        """Make everything anew and start the programs."""
        site = self.site
        site.make_folders()
        with site.administrator() as admin:
            site.build_together(admin)
            self.start("API")
            self.start("worker")
            token = site.make_office(admin)
            self._employ(admin)
            root = admin.run("admin", "bundle-root")
            (site.folder / "bundle-root.pem").write_text(root, "utf-8")
        self.wait_ready("API")
        site.make_kiosk(token)
        self.start("kiosk")
        self.wait_ready("kiosk")

    def _employ(self, admin: Administrator) -> None:
        """Register operators: a code works once, so that each sign-in in a minute is another's."""
        secret = self.site.folder / "operator-password"
        for number in range(1, OPERATORS + 1):
            answer = admin.run(
                "admin", "operators", "add", "--office", OFFICE[0],
                "--username", f"petugas{number}", "--name", f"Petugas {number}",
                "--role", "operator", "--password-file", str(secret),
            )  # fmt: skip
            self.logins.append({**json.loads(answer), "password": PASSWORD})

    def start(self, name: str) -> None:
        """Start one program."""
        starters = {
            "API": self.site.start_api,
            "worker": self.site.start_worker,
            "kiosk": self.site.start_kiosk,
        }
        self.programs[name] = starters[name](self.services)

    def wait_ready(self, name: str) -> None:
        """Wait until the program answers; of the worker nothing is asked."""
        addresses = {"API": f"{self.site.api}/readyz", "kiosk": f"{self.site.kiosk}/display"}
        if name in addresses:
            self.programs[name].wait_ready(addresses[name])

    def kill(self, name: str) -> None:
        """End the program and all its children without warning."""
        program = self.programs[name]
        assert program.process is not None
        os.killpg(program.process.pid, signal.SIGKILL)
        assert program.process.wait(10) == -signal.SIGKILL
        self.services.running.remove(program)

    def kill_and_start(self, name: str) -> None:
        """Kill the program and start it again at the same address."""
        self.kill(name)
        self.start(name)
        self.wait_ready(name)

    def send_home(self) -> None:
        """End what a test left open: the next one meets nobody at the counter."""
        while self.visitors:
            self.visitors.pop().give_up()

    def next_login(self) -> dict[str, str]:
        """Return the login of the operator whose last sign-in is the longest ago."""
        self.logins.append(self.logins.pop(0))
        return self.logins[-1]

    def count(self, query: str) -> int:
        """Count rows of the API's database: a table and what follows FROM."""
        engine = sqlalchemy.create_engine(self.site.env()["WALLET_DATABASE_URL"])
        try:
            with engine.connect() as connection:
                found = connection.execute(sqlalchemy.text(f"SELECT count(*) FROM {query}"))
                return int(found.scalar_one())
        finally:
            engine.dispose()

    def execute(self, statement: str) -> None:
        """Change the API's database behind its back: what else would take hours."""
        engine = sqlalchemy.create_engine(self.site.env()["WALLET_DATABASE_URL"])
        try:
            with engine.begin() as connection:
                connection.execute(sqlalchemy.text(statement))
        finally:
            engine.dispose()

    def messages(self, *, to: str = "") -> list[dict[str, str]]:
        """Return the messages sent so far, oldest first."""
        files = sorted(self.site.outbox.glob("*.json"))
        found = [json.loads(file.read_text("utf-8")) for file in files]
        return [message for message in found if to in ("", message["to"])]


@contextmanager
def running_office(folder: Path, *, database_url: str = "", **changes: str) -> Iterator[Office]:
    """Open an office below `folder`, on SQLite unless another database is named.

    `changes` are settings of its own, by their names in lower case without WALLET_.
    """
    settings = {**SETTINGS, **{f"WALLET_{name.upper()}": one for name, one in changes.items()}}
    if database_url:
        settings["WALLET_DATABASE_URL"] = database_url
    office = Office(Site(folder, settings=settings), Services())
    try:
        office.open()
        yield office
    finally:
        office.services.stop()
