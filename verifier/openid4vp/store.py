"""The relying party's memory: one SQLite file that several processes share.

A request begins `open` and ends once, by one conditional UPDATE: `verified`, `refused` or
`declined`. Whoever comes second changes nothing and learns it. Times are unix seconds.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Literal

from verifier.openid4vp.errors import SetupError

Flow = Literal["cross_device", "same_device"]
State = Literal["open", "verified", "refused", "declined"]

_SCHEMA = """
CREATE TABLE IF NOT EXISTS request (
    id TEXT PRIMARY KEY, created_at INTEGER NOT NULL, expires_at INTEGER NOT NULL,
    flow TEXT NOT NULL, policy TEXT NOT NULL, document_type TEXT NOT NULL, format TEXT NOT NULL,
    client_id TEXT NOT NULL, nonce TEXT NOT NULL, state_value TEXT NOT NULL,
    return_url TEXT NOT NULL, browser BLOB, sealed_key BLOB,
    state TEXT NOT NULL DEFAULT 'open', code TEXT NOT NULL DEFAULT '', fetched_at INTEGER,
    ended_at INTEGER, released_at INTEGER, sealed_result BLOB
) STRICT;
CREATE INDEX IF NOT EXISTS request_ended ON request (ended_at);
CREATE INDEX IF NOT EXISTS request_expires ON request (expires_at);
CREATE TABLE IF NOT EXISTS delivery (
    id INTEGER PRIMARY KEY, request TEXT NOT NULL UNIQUE, state TEXT NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0, due_at INTEGER NOT NULL
) STRICT;
"""


@dataclass(frozen=True, slots=True)
class RequestRow:
    """One request as it lies there. `browser` is the tag of the cookie that may see the result."""

    id: str
    created_at: int
    expires_at: int
    flow: Flow
    policy: str
    document_type: str
    format: str
    client_id: str
    nonce: str
    state_value: str
    return_url: str
    browser: bytes | None
    sealed_key: bytes | None
    state: State = "open"
    code: str = ""
    fetched_at: int | None = None
    ended_at: int | None = None
    released_at: int | None = None
    sealed_result: bytes | None = None


@dataclass(frozen=True, slots=True)
class Delivery:
    """News of a request that the back end has yet to hear."""

    id: int
    request: str
    state: str
    attempts: int


_COLUMNS = tuple(field.name for field in fields(RequestRow))


class Store:
    """Requests and deliveries in one file."""

    def __init__(self, path: Path) -> None:
        """Open the file, made with its tables if it is not there; SetupError."""
        self._path = path
        try:
            with self._open() as db:
                db.execute("PRAGMA journal_mode = WAL")
                db.executescript(_SCHEMA)
        except sqlite3.Error:
            raise SetupError("STORE_UNUSABLE", path.name) from None

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        """Give one connection; everything in it is one transaction."""
        with closing(sqlite3.connect(self._path, timeout=20)) as db, db:
            db.execute("PRAGMA secure_delete = ON")  # what is deleted is overwritten
            yield db

    def add(self, row: RequestRow) -> None:
        """Keep a new request."""
        marks = ", ".join("?" * len(_COLUMNS))
        values = [getattr(row, name) for name in _COLUMNS]
        with self._open() as db:
            db.execute(
                f"INSERT INTO request ({', '.join(_COLUMNS)}) VALUES ({marks})",  # noqa: S608
                values,
            )

    def find(self, request: str) -> RequestRow | None:
        """Return a request, None when there is none (any more)."""
        with self._open() as db:
            found = db.execute(
                f"SELECT {', '.join(_COLUMNS)} FROM request WHERE id = ?",  # noqa: S608
                (request,),
            ).fetchone()
        return None if found is None else RequestRow(*found)

    def mark_fetched(self, request: str, now: int) -> None:
        """Note that a wallet has read the question; the first time counts."""
        with self._open() as db:
            db.execute(
                "UPDATE request SET fetched_at = ? WHERE id = ? AND fetched_at IS NULL",
                (now, request),
            )

    def end(
        self, request: str, state: State, *, code: str, result: bytes | None, now: int, news: bool
    ) -> bool:
        """End an open request, once; tell whether this call did. The private key goes with it.

        `news` leaves a delivery for the back end in the same transaction.
        """
        with self._open() as db:
            done = db.execute(
                "UPDATE request SET state = ?, code = ?, sealed_result = ?, ended_at = ?, "
                "sealed_key = NULL WHERE id = ? AND state = 'open' AND expires_at > ?",
                (state, code, result, now, request, now),
            )
            if done.rowcount == 1 and news:
                db.execute(
                    "INSERT INTO delivery (request, state, due_at) VALUES (?, ?, ?)",
                    (request, state, now),
                )
            return done.rowcount == 1

    def release(self, request: str, now: int) -> bool:
        """Use up the response code; tell whether this call did."""
        with self._open() as db:
            done = db.execute(
                "UPDATE request SET released_at = ? "
                "WHERE id = ? AND state = 'verified' AND released_at IS NULL",
                (now, request),
            )
            return done.rowcount == 1

    def forget(self, *, ended_before: int, expired_before: int) -> None:
        """Delete requests that ended or expired before these moments, with what they hold."""
        with self._open() as db:
            db.execute(
                "DELETE FROM request WHERE ended_at < ? OR (ended_at IS NULL AND expires_at < ?)",
                (ended_before, expired_before),
            )

    def take_delivery(self, now: int, *, lease: int) -> Delivery | None:
        """Take one due delivery for `lease` seconds: nobody else gets it meanwhile."""
        with self._open() as db:
            found = db.execute(
                "UPDATE delivery SET due_at = ?, attempts = attempts + 1 WHERE id = "
                "(SELECT id FROM delivery WHERE due_at <= ? ORDER BY due_at, id LIMIT 1) "
                "RETURNING id, request, state, attempts",
                (now + lease, now),
            ).fetchone()
        return None if found is None else Delivery(*found)

    def postpone_delivery(self, delivery: int, due_at: int) -> None:
        """Try again later."""
        with self._open() as db:
            db.execute("UPDATE delivery SET due_at = ? WHERE id = ?", (due_at, delivery))

    def drop_delivery(self, delivery: int) -> None:
        """It arrived, or was given up."""
        with self._open() as db:
            db.execute("DELETE FROM delivery WHERE id = ?", (delivery,))
