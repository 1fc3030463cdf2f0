"""One answer a key (crash point C1).

``begin`` claims the key by inserting its row; the service that does the work
writes the answer in its own transaction with ``remember``, so that the effect
and its answer exist together or not at all. Answers are kept sealed, a day.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import bindparam, delete, update
from sqlalchemy.exc import IntegrityError

from wallet_api.db import Statements
from wallet_api.errors import IdempotencyKeyReused, RequestInProgress
from wallet_api.models import IdempotencyKey, table_of
from wallet_api.services.deps import Deps

KEPT: Final = timedelta(hours=24)
TAKEN_OVER_AFTER: Final = timedelta(seconds=30)  # the worker with the first request is dead

_key = table_of(IdempotencyKey).c
_REMEMBER: Final = (
    update(table_of(IdempotencyKey))
    .where(_key.scope == bindparam("of_scope"), _key.key == bindparam("of_key"))
    .values(status=bindparam("status"), answer_sealed=bindparam("answer_sealed"))
)


@dataclass(frozen=True, slots=True)
class Once:
    """One key of one caller for one path."""

    scope: str
    key: str
    body_hash: bytes


@dataclass(frozen=True, slots=True)
class Answer:
    """A remembered answer."""

    status: int
    body: dict[str, object]


def begin(deps: Deps, once: Once) -> Answer | None:
    """Claim the key, or return the answer given before.

    Raises ``IdempotencyKeyReused`` (another body), ``RequestInProgress``.
    """
    now = deps.now()
    try:
        with deps.transaction() as db:
            db.add(
                IdempotencyKey(
                    scope=once.scope, key=once.key, body_hash=once.body_hash, started_at=now
                )
            )
    except IntegrityError:
        return _look_up(deps, once, now)
    return None


def _look_up(deps: Deps, once: Once, now: datetime) -> Answer | None:
    with deps.transaction() as db:
        row = db.get(IdempotencyKey, (once.scope, once.key))
        if row is None:  # ended between our insert and our look
            raise RequestInProgress(retry_after=1)
        if row.body_hash != once.body_hash:
            raise IdempotencyKeyReused
        if row.status is not None and row.answer_sealed is not None:
            text = deps.vault.open_message(_place(once), row.answer_sealed)
            return Answer(row.status, json.loads(text))
        taken = db.execute(
            update(IdempotencyKey)
            .where(
                IdempotencyKey.scope == once.scope,
                IdempotencyKey.key == once.key,
                IdempotencyKey.status.is_(None),
                IdempotencyKey.started_at <= now - TAKEN_OVER_AFTER,
            )
            .values(started_at=now)
            .returning(IdempotencyKey.key)
        ).first()
    if taken is None:
        raise RequestInProgress(retry_after=1)
    return None


def remember(
    db: Statements, deps: Deps, once: Once | None, status: int, body: dict[str, object]
) -> None:
    """Write the answer in the transaction that made it true."""
    if once is None:
        return
    sealed = deps.vault.seal_message(_place(once), json.dumps(body).encode())
    row = {"of_scope": once.scope, "of_key": once.key, "status": status, "answer_sealed": sealed}
    db.execute(_REMEMBER, row)


def finish(deps: Deps, once: Once, status: int, body: dict[str, object]) -> None:
    """Remember an answer that no transaction wrote, such as a refusal."""
    with deps.transaction() as db:
        remember(db, deps, once, status, body)


def release(deps: Deps, once: Once) -> None:
    """Give the key back: nothing was done, the caller may try again."""
    with deps.transaction() as db:
        db.execute(
            delete(IdempotencyKey).where(
                IdempotencyKey.scope == once.scope,
                IdempotencyKey.key == once.key,
                IdempotencyKey.status.is_(None),
            )
        )


def _place(once: Once) -> str:
    return f"idempotency|{once.scope}|{once.key}"
