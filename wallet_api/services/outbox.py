"""Effects outside the database: written with the business row, done by ``jobs outbox`` (rule 4).

At least once: a message whose worker died is taken up again after its lock
ends. The payload is sealed, and emptied once the message is done.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import insert, or_, select, update
from sqlalchemy.orm import Session

from wallet_api.models import OutboxMessage, new_id, table_of
from wallet_api.services.deps import Deps

Handler = Callable[[Deps, dict[str, object]], None]

LOCK: Final = timedelta(seconds=60)
LONGEST_PAUSE: Final = timedelta(minutes=5)
_ADD: Final = insert(table_of(OutboxMessage)).inline()
GIVE_UP_AFTER: Final = timedelta(hours=72)


class TryAgain(Exception):
    """A handler asks for another go, after ``seconds`` if it knows better than the ladder."""

    def __init__(self, reason: str, seconds: int | None = None) -> None:
        """``reason`` is a code or a type name, never personal data."""
        super().__init__(reason)
        self.seconds = seconds


@dataclass(frozen=True, slots=True)
class _Taken:
    id: str
    kind: str
    payload: dict[str, object]
    attempts: int
    created_at: datetime


def enqueue(
    db: Session,
    deps: Deps,
    kind: str,
    payload: Mapping[str, object],
    *,
    due_at: datetime | None = None,
) -> None:
    """Write a message into the caller's transaction."""
    enqueue_each(db, deps, [(kind, payload)], due_at=due_at)


def enqueue_each(
    db: Session,
    deps: Deps,
    messages: Sequence[tuple[str, Mapping[str, object]]],
    *,
    due_at: datetime | None = None,
) -> None:
    """Write messages, each a kind and its payload, fit to travel with other writes."""
    for kind, payload in messages:
        db.execute(_ADD, _row(deps, kind, payload, due_at))


def _row(
    deps: Deps, kind: str, payload: Mapping[str, object], due_at: datetime | None
) -> dict[str, object]:
    row_id, now = new_id(), deps.now()
    sealed = deps.vault.seal_message(f"outbox|{row_id}", json.dumps(payload).encode())
    return {
        "id": row_id,
        "kind": kind,
        "payload_sealed": sealed,
        "created_at": now,
        "due_at": due_at or now,
    }


def work_off(
    deps: Deps,
    handlers: Mapping[str, Handler],
    *,
    most: int = 100,
    stop: Callable[[], bool] = lambda: False,
) -> int:
    """Do what is due until ``stop`` says so; return how many were done. Safe beside itself."""
    done = 0
    for _ in range(most):
        if stop():
            break
        taken = _take(deps, tuple(handlers))
        if taken is None:
            break
        done += _deliver(deps, taken, handlers[taken.kind])
    return done


def _take(deps: Deps, kinds: tuple[str, ...]) -> _Taken | None:
    now = deps.now()
    due = (
        OutboxMessage.done_at.is_(None),
        OutboxMessage.kind.in_(kinds),
        OutboxMessage.due_at <= now,
        or_(OutboxMessage.locked_until.is_(None), OutboxMessage.locked_until <= now),
    )
    with deps.transaction() as db:
        candidate = db.scalars(
            select(OutboxMessage.id)
            .where(*due)
            .order_by(OutboxMessage.due_at)
            .limit(1)
            .with_for_update(skip_locked=True)
        ).first()
        if candidate is None:
            return None
        row = db.execute(
            update(OutboxMessage)
            .where(OutboxMessage.id == candidate, *due)
            .values(locked_until=now + LOCK, attempts=OutboxMessage.attempts + 1)
            .returning(
                OutboxMessage.id,
                OutboxMessage.kind,
                OutboxMessage.payload_sealed,
                OutboxMessage.attempts,
                OutboxMessage.created_at,
            )
        ).first()
    if row is None or row.payload_sealed is None:
        return None
    payload = json.loads(deps.vault.open_message(f"outbox|{row.id}", row.payload_sealed))
    return _Taken(row.id, row.kind, payload, row.attempts, row.created_at)


def _deliver(deps: Deps, taken: _Taken, handler: Handler) -> int:
    try:
        handler(deps, taken.payload)
    except TryAgain as again:
        _postpone(deps, taken, again.seconds)
        return 0
    with deps.transaction() as db:
        db.execute(
            update(OutboxMessage)
            .where(OutboxMessage.id == taken.id)
            .values(done_at=deps.now(), payload_sealed=None, locked_until=None)
        )
    return 1


def _postpone(deps: Deps, taken: _Taken, seconds: int | None) -> None:
    now = deps.now()
    pause = min(timedelta(seconds=seconds or 2 ** min(taken.attempts, 10)), LONGEST_PAUSE)
    over = now - taken.created_at > GIVE_UP_AFTER
    ended: dict[str, object] = (
        {"done_at": now, "failed": True, "payload_sealed": None} if over else {}
    )
    with deps.transaction() as db:
        db.execute(
            update(OutboxMessage)
            .where(OutboxMessage.id == taken.id)
            .values(due_at=now + pause, locked_until=None, **ended)
        )
