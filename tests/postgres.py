"""A throwaway PostgreSQL server, started from the distribution's package.

Tests need the real thing (conditional updates, unique constraints, races) and must not need a
prepared machine, so each test process makes a cluster of its own in a temporary folder. The
server listens on a Unix socket in that folder only: no port to clash, nobody else gets in. It
dies with the process that started it, even when that process is killed.
"""

from __future__ import annotations

import getpass
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
from psycopg import sql

if TYPE_CHECKING:
    from collections.abc import Iterator

_PACKAGED = Path("/usr/lib/postgresql")
_FAST = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")
_START_SECONDS = 60


@dataclass(frozen=True, slots=True)
class PostgresServer:
    """A running server. The superuser is `postgres`; the socket's folder is `folder`."""

    folder: Path
    programs: Path

    def url(self, database: str = "postgres") -> str:
        """Return SQLAlchemy's URL of `database`."""
        return f"postgresql+psycopg://postgres@/{database}?host={self.folder}"

    def create_database(self, name: str, *, template: str = "template0") -> str:
        """Make `name` as a copy of `template` (nobody may be connected to it); return its URL."""
        self._execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(
                sql.Identifier(name), sql.Identifier(template)
            )
        )
        return self.url(name)

    def drop_database(self, name: str) -> None:
        """Drop `name` and whoever is still connected to it."""
        self._execute(
            sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
        )

    def _execute(self, statement: sql.Composed) -> None:
        with psycopg.connect(
            host=str(self.folder), user="postgres", dbname="postgres", autocommit=True
        ) as connection:
            connection.execute(statement)


@contextmanager
def running_postgres(*, durable: bool = False) -> Iterator[PostgresServer]:
    """Start a server in a temporary folder and stop it at the end.

    A `durable` server writes through to the disk as in production, for tests that crash the
    server itself; the usual one saves that time, which is safe as long as the machine stays up.
    """
    owner = _owner()
    folder = Path(tempfile.mkdtemp(prefix="ikd-pg-"))
    shutil.chown(folder, owner.pw_uid, owner.pw_gid)
    server = PostgresServer(folder, _programs())
    try:
        _make_cluster(server, owner)
        process = _start(server, owner, () if durable else _FAST)
        try:
            _wait(server, process)
            yield server
        finally:
            process.send_signal(signal.SIGINT)  # whoever is still connected is sent away
            process.wait(timeout=30)
    finally:
        shutil.rmtree(folder)


def _programs() -> Path:
    """Return the newest packaged version's program folder."""
    found = [path.parent for path in _PACKAGED.glob("*/bin/initdb")]
    if not found:
        message = "PostgreSQL is not installed; scripts/system-packages.sh test installs it"
        raise FileNotFoundError(message)
    return max(found, key=lambda folder: int(folder.parent.name))


def _owner() -> pwd.struct_passwd:
    """Return the user that the server runs as: PostgreSQL refuses to run as root."""
    return pwd.getpwnam("postgres" if os.geteuid() == 0 else getpass.getuser())


def _as_owner(owner: pwd.struct_passwd) -> list[str]:
    if os.geteuid() != 0:
        return ["setpriv"]
    return ["setpriv", f"--reuid={owner.pw_uid}", f"--regid={owner.pw_gid}", "--clear-groups"]


def _make_cluster(server: PostgresServer, owner: pwd.struct_passwd) -> None:
    subprocess.run(
        [
            *_as_owner(owner),
            *("--", server.programs / "initdb", "--pgdata", server.folder / "data"),
            *("--username=postgres", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8"),
            *("--no-sync", "--no-instructions"),
        ],
        check=True,
        cwd=server.folder,
        stdout=subprocess.DEVNULL,
    )


def _start(
    server: PostgresServer, owner: pwd.struct_passwd, settings: tuple[str, ...]
) -> subprocess.Popen[bytes]:
    settings = (
        *("listen_addresses=", f"unix_socket_directories={server.folder}"),
        *("max_connections=200", "timezone=UTC", "shared_buffers=64MB", *settings),
    )
    with (server.folder / "log").open("wb") as log:
        return subprocess.Popen(
            [
                *_as_owner(owner),
                # A fast shutdown when the test process dies without having stopped the server.
                *("--pdeathsig=INT", "--", server.programs / "postgres"),
                *("-D", server.folder / "data"),
                *(part for setting in settings for part in ("-c", setting)),
            ],
            cwd=server.folder,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )


def _wait(server: PostgresServer, process: subprocess.Popen[bytes]) -> None:
    """Return when the server answers; raise with its log when it ends or takes too long."""
    deadline = time.monotonic() + _START_SECONDS
    ready = [server.programs / "pg_isready", "--quiet", "--host", server.folder]
    while subprocess.run(ready, check=False).returncode != 0:
        if process.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError((server.folder / "log").read_text(errors="replace"))
        time.sleep(0.05)
