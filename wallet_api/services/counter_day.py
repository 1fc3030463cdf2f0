"""What went wrong at a counter today, and in its office, by reason: for the officer's screen."""

from __future__ import annotations

from sqlalchemy import case, func, select

from wallet_api.models import CounterTally, Kiosk, Office
from wallet_api.rules import office_time
from wallet_api.services.counter_queue import Desk
from wallet_api.services.deps import Deps
from wallet_api.services.enrolment_view import iso


def show_day(deps: Deps, desk: Desk) -> dict[str, object]:
    """Return the counts of the office's day, the most frequent reason first."""
    now, office_id = deps.now(), desk.shift.office_id
    with deps.reading() as db:
        code = db.execute(select(Office.code).where(Office.id == office_id)).scalar_one()
        here = case((CounterTally.kiosk_id == desk.kiosk_id, CounterTally.count), else_=0)
        rows = db.execute(
            select(CounterTally.reason, func.sum(here), func.sum(CounterTally.count))
            .join(Kiosk, CounterTally.kiosk_id == Kiosk.id)
            .where(Kiosk.office_id == office_id, CounterTally.day == _day(code, deps))
            .group_by(CounterTally.reason)
        ).all()
    failures = [
        {"reason": reason, "counter": int(counter), "office": int(office)}
        for reason, counter, office in rows
    ]
    failures.sort(key=lambda one: (-int(one["counter"]), -int(one["office"]), str(one["reason"])))
    return {
        "day": _day(code, deps),
        "zone": office_time.zone_of(code).tzname(None),
        "failures": failures,
        "server_time": iso(now),
    }


def _day(code: str, deps: Deps) -> str:
    return office_time.office_day(code, deps.now())
