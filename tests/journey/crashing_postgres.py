"""A PostgreSQL server that writes through to the disk, to be crashed and started again."""

from __future__ import annotations

import subprocess
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tests import postgres

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(slots=True)
class CrashingPostgres:
    """The server, and the process that was started last."""

    server: postgres.PostgresServer
    _again: subprocess.Popen[bytes] | None = field(default=None)

    def crash(self) -> None:
        """Stop at once, without a checkpoint: the next start recovers from the log."""
        owner = postgres._owner()
        data, program = self.server.folder / "data", self.server.programs / "pg_ctl"
        stop = ("--", program, "stop", "--silent", "-m", "immediate", "-D", data)
        subprocess.run([*postgres._as_owner(owner), *stop], check=True, cwd=self.server.folder)
        self.reap()

    def start(self) -> None:
        """Start again and wait until it answers."""
        self._again = postgres._start(self.server, postgres._owner(), ())
        postgres._wait(self.server, self._again)

    def reap(self) -> None:
        """End the process started here, if there is one."""
        if self._again is not None:
            self._again.terminate()
            self._again.wait(timeout=30)
            self._again = None


@contextmanager
def crashing_postgres() -> Iterator[CrashingPostgres]:
    """Start one in a temporary folder and stop it at the end."""
    with postgres.running_postgres(durable=True) as server:
        crashing = CrashingPostgres(server)
        try:
            yield crashing
        finally:
            crashing.reap()
