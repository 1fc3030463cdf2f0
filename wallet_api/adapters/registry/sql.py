"""The embedded registry: any database that SQLAlchemy speaks to, a SQLite file at a desk.

Read-only: a registry answers, it does not learn from a wallet. A SQLite file is opened so that a
missing one is an error and never a new empty registry that knows nobody.
"""

from __future__ import annotations

import json
from typing import Any, Final

from sqlalchemy import Connection, Engine, create_engine, func, select
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError

from wallet_api.adapters.registry.tables import CHANGES, DOCUMENTS, PERSONS, PHOTOS
from wallet_api.ports.registry import (
    Contacts,
    Document,
    RegistryAnswer,
    RegistryStatus,
    RegistryUnavailable,
    Unavailable,
    make_answer,
    make_document,
)

CHANGES_AT_ONCE: Final = 1000


class SqlRegistry:
    """`PopulationRegistry` over the tables of `tables.py`."""

    def __init__(self, url: str) -> None:
        """Take an SQLAlchemy URL. Nothing is opened before the first question."""
        self._engine = _engine(url)

    def look_up(self, nik: str) -> RegistryAnswer:
        """Answer from one consistent read. See the port."""
        try:
            with self._engine.connect() as db:
                return _answer(db, nik)
        except SQLAlchemyError as error:
            raise RegistryUnavailable(Unavailable.DOWN) from error
        except (ValueError, KeyError, TypeError) as error:
            raise RegistryUnavailable(Unavailable.MALFORMED, retry_after=600) from error

    def changes_since(self, cursor: str) -> tuple[list[str], str]:
        """List changed NIKs after the change of that number. See the port."""
        after = int(cursor) if cursor.isascii() and cursor.isdigit() else 0
        newest = func.max(CHANGES.c.number)
        query = (
            select(CHANGES.c.nik, newest)
            .where(CHANGES.c.number > after)
            .group_by(CHANGES.c.nik)
            .order_by(newest)
            .limit(CHANGES_AT_ONCE)
        )
        try:
            with self._engine.connect() as db:
                rows = db.execute(query).all()
        except SQLAlchemyError as error:
            raise RegistryUnavailable(Unavailable.DOWN) from error
        return [row[0] for row in rows], str(rows[-1][1] if rows else after)

    def close(self) -> None:
        """Give the connections back."""
        self._engine.dispose()


def _engine(url: str) -> Engine:
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite" and parsed.database not in {None, "", ":memory:"}:
        parsed = parsed.set(database=f"file:{parsed.database}", query={"mode": "ro", "uri": "true"})
    # An error's text would repeat the NIK that was asked for.
    return create_engine(parsed, pool_pre_ping=True, hide_parameters=True)


def _answer(db: Connection, nik: str) -> RegistryAnswer:
    row = db.execute(select(PERSONS).where(PERSONS.c.nik == nik)).one_or_none()
    if row is None:
        return make_answer(RegistryStatus.NOT_FOUND, nik)
    status = RegistryStatus(row.status)
    if status is not RegistryStatus.FOUND:
        return make_answer(status, nik)
    photo = db.execute(select(PHOTOS.c.image).where(PHOTOS.c.nik == nik)).scalar_one_or_none()
    return make_answer(
        status,
        nik,
        person=json.loads(row.person),
        photo=photo,
        documents=_documents(db, nik),
        contacts=_contacts(json.loads(row.contacts)),
    )


def _documents(db: Connection, nik: str) -> list[Document]:
    rows = db.execute(select(DOCUMENTS).where(DOCUMENTS.c.nik == nik)).all()
    return [make_document(row.type, row.key, json.loads(row.body)) for row in rows]


def _contacts(stored: dict[str, Any]) -> Contacts:
    return Contacts(tuple(stored["emails"]), tuple(stored["phones"]))
