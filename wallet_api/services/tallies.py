"""What went wrong at the counters: counts by kiosk, day and reason, and nothing about whom.

The audit trail knows each case. These are for the officers' screen, which asks
again and again and must not search the audit for it.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from wallet_api.models import CounterTally, Kiosk, Office
from wallet_api.rules import office_time
from wallet_api.rules.counter import FAILURES
from wallet_api.services.deps import Deps


def count(db: Session, deps: Deps, kiosk_id: str | None, reason: str) -> None:
    """Add one to today's count of a reason at a kiosk, in the caller's transaction.

    Nothing is counted where no kiosk was involved. Raises ``ValueError`` for another reason than
    those of ``rules.counter``.
    """
    if reason not in FAILURES:
        message = "no reason of the catalogue"
        raise ValueError(message)
    code = db.scalar(
        select(Office.code).join(Kiosk, Kiosk.office_id == Office.id).where(Kiosk.id == kiosk_id)
    )
    if code is None:
        return
    insert: Any = sqlite.insert if db.get_bind().dialect.name == "sqlite" else postgresql.insert
    row = insert(CounterTally).values(
        kiosk_id=kiosk_id,
        day=office_time.office_day(code, deps.now()),
        reason=reason,
        count=1,
        counted_at=deps.now(),
    )
    db.execute(
        row.on_conflict_do_update(
            index_elements=["kiosk_id", "day", "reason"],
            set_={"count": CounterTally.count + 1, "counted_at": deps.now()},
        )
    )
