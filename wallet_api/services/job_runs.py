"""Periodic work is done by one of several workers: whoever moves the job's row (rule 3).

A worker that dies holding a job loses it when its hold ends; the work itself is
safe to repeat, so that a slow worker and its successor do no harm together.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

from sqlalchemy import or_, update
from sqlalchemy.dialects import postgresql, sqlite

from wallet_api.models import JobRun
from wallet_api.services.deps import Deps

HOLD: Final = timedelta(seconds=30)
LONGEST_PAUSE: Final = timedelta(minutes=5)
MOST_TURNS: Final = 30  # what is due each second comes again within half a minute


def claim(deps: Deps, name: str) -> bool:
    """Take the job if it is due and nobody holds it."""
    now = deps.now()
    with deps.transaction() as db:
        insert: Any = sqlite.insert if db.get_bind().dialect.name == "sqlite" else postgresql.insert
        db.execute(
            insert(JobRun).values(name=name, due_at=now, failures=0).on_conflict_do_nothing()
        )
        taken = db.execute(
            update(JobRun)
            .where(
                JobRun.name == name,
                JobRun.due_at <= now,
                or_(JobRun.held_until.is_(None), JobRun.held_until <= now),
            )
            .values(held_until=now + HOLD)
            .returning(JobRun.name)
        ).first()
    return taken is not None


def finish(deps: Deps, name: str, *, every: timedelta) -> None:
    """Give the job back, due again after ``every``."""
    now = deps.now()
    with deps.transaction() as db:
        db.execute(
            update(JobRun)
            .where(JobRun.name == name)
            .values(due_at=now + every, held_until=None, finished_at=now, failures=0)
        )


def fail(deps: Deps, name: str, *, every: timedelta) -> None:
    """Give the job back after a failure; the pause doubles, so that logs stay readable."""
    now = deps.now()
    with deps.transaction() as db:
        failures = db.execute(
            update(JobRun)
            .where(JobRun.name == name)
            .values(held_until=None, failures=JobRun.failures + 1)
            .returning(JobRun.failures)
        ).scalar_one()
        pause = min(every * 2 ** min(failures - 1, 8), every * MOST_TURNS, LONGEST_PAUSE)
        db.execute(update(JobRun).where(JobRun.name == name).values(due_at=now + pause))
