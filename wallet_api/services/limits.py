"""Counting limits that hold under parallel requests: one UPSERT, the count comes back."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from wallet_api.errors import TooManyRequests
from wallet_api.models import RateCounter
from wallet_api.services.deps import Deps


def count(db: Session, deps: Deps, name: str, window: timedelta) -> int:
    """Add one to ``name`` in the running window and return the new count."""
    now = deps.now()
    seconds = int(window.total_seconds())
    number = int(now.timestamp()) // seconds
    ends = datetime.fromtimestamp((number + 1) * seconds, tz=now.tzinfo)
    insert: Any = sqlite.insert if db.get_bind().dialect.name == "sqlite" else postgresql.insert
    row = insert(RateCounter).values(
        key=deps.vault.mac("rate", f"{name}|{seconds}".encode()),
        window=number,
        count=1,
        expires_at=ends,
    )
    statement = row.on_conflict_do_update(
        index_elements=["key", "window"], set_={"count": RateCounter.count + 1}
    ).returning(RateCounter.count)
    return int(db.execute(statement).scalar_one())


def give_back(db: Session, deps: Deps, name: str, window: timedelta) -> None:
    """Take one off the running window again."""
    seconds = int(window.total_seconds())
    db.execute(
        update(RateCounter)
        .where(
            RateCounter.key == deps.vault.mac("rate", f"{name}|{seconds}".encode()),
            RateCounter.window == int(deps.now().timestamp()) // seconds,
            RateCounter.count > 0,
        )
        .values(count=RateCounter.count - 1)
        .execution_options(synchronize_session=False)
    )


def charge(db: Session, deps: Deps, name: str, window: timedelta, allowed: int) -> None:
    """Count and raise ``TooManyRequests`` beyond ``allowed``, with the seconds to wait."""
    if count(db, deps, name, window) > allowed:
        seconds = int(window.total_seconds())
        raise TooManyRequests(retry_after=seconds - int(deps.now().timestamp()) % seconds)
