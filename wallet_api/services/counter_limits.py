"""What an officer's confirmation is held against: the number, the desk, the caps."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from sqlalchemy import String, bindparam, case, or_, select, update
from sqlalchemy.orm import Session

from wallet_api.audit import record
from wallet_api.db import UtcDateTime
from wallet_api.errors import InputInvalid, OperatorLimit, ShiftEnded
from wallet_api.models import Enrolment, Kiosk, Office, Operator, Shift, table_of
from wallet_api.rules import counter, lifecycle
from wallet_api.rules.kiosks import ACTIVE
from wallet_api.services import kiosk_certificates, kiosks, shifts, tallies, transitions
from wallet_api.services.counter_queue import Desk
from wallet_api.services.deps import Deps
from wallet_api.services.wallets import Witness


def charge_number(
    db: Session, deps: Deps, desk: Desk, row: Enrolment, number: str | None
) -> int | None:
    """Take a try away if the number is wrong, in one statement; None when it is right."""
    if number is None:
        raise InputInvalid(errors=[{"field": "number", "code": "MISSING"}])
    if counter.is_number(row.number, number):
        return None
    left = db.execute(
        update(Enrolment)
        .where(
            Enrolment.id == row.id,
            Enrolment.state == lifecycle.AT_COUNTER,
            Enrolment.numbers_left > 0,
            Enrolment.number != number,
        )
        .values(numbers_left=Enrolment.numbers_left - 1)
        .returning(Enrolment.numbers_left)
        .execution_options(synchronize_session=False)
    ).scalar_one_or_none()
    if left is None:
        return None
    record(
        db,
        "enrolment.number_wrong",
        at=deps.now(),
        actor=desk.shift.operator_id,
        subject=row.id,
        kiosk=desk.kiosk_id,
        operator=desk.shift.operator_id,
        left=left,
    )
    tallies.count(db, deps, desk.kiosk_id, "number_wrong")
    if left == 0:
        transitions.end(
            db,
            deps,
            row,
            lifecycle.REFUSED,
            reason="number",
            actor=desk.shift.operator_id,
        )
    return left


def check_desk(db: Session, deps: Deps, desk: Desk) -> Witness:
    """Demand kiosk, certificate and shift again, and keep them until the end (T13)."""
    office = _find_open_desk(db, deps, desk)
    if office is None:  # which of them it is that does not hold
        kiosks.load_active(db, desk.kiosk_id, lock=True)
        shifts.check_open(db, deps, desk.kiosk_id, desk.shift.shift_id)
        kiosk_certificates.check_covered(db, desk.kiosk_id, deps.now())
        raise ShiftEnded  # it changed between the two looks
    return Witness(desk.kiosk_id, *office, desk.shift.operator_id)


def _find_open_desk(db: Session, deps: Deps, desk: Desk) -> tuple[str, str, str] | None:
    """Return the office's id, code and name if everything holds, in one statement."""
    known = {"kiosk": desk.kiosk_id, "shift": desk.shift.shift_id, "now": deps.now()}
    found = db.execute(_OPEN_DESK, known).first()
    return None if found is None else (found.id, found.code, found.name)


_now, _kiosk = bindparam("now", type_=UtcDateTime()), bindparam("kiosk", type_=String())
_OPEN_DESK: Final = (
    select(Office.id, Office.code, Office.name)
    .join(Kiosk, Kiosk.office_id == Office.id)
    .join(Shift, Shift.kiosk_id == Kiosk.id)
    .join(Operator, Shift.operator_id == Operator.id)
    .where(
        Kiosk.state == ACTIVE,
        Shift.id == bindparam("shift"),
        *shifts.open_at(_kiosk, _now),
        kiosk_certificates.covering(_kiosk, _now).exists(),
    )
    .with_for_update(read=True, of=[Kiosk, Shift])
)


def charge_operator(db: Session, deps: Deps, operator_id: str) -> None:
    """Count a confirmation if the caps allow one, in one statement (T14)."""
    now, settings = deps.now(), deps.settings
    pause = timedelta(seconds=settings.operator_interval_seconds)
    known = {
        "operator": operator_id,
        "now": now,
        "rested_since": now - pause,
        "today": counter.working_day(now),
        "per_day": settings.operator_per_day,
    }
    if db.execute(_CHARGE, known).first() is None:
        raise OperatorLimit(retry_after=max(1, int(pause.total_seconds())))


_operator = table_of(Operator)
_new_day = _operator.c.confirm_day != bindparam("today")
_CHARGE: Final = (
    update(_operator)
    .where(
        _operator.c.id == bindparam("operator"),
        _operator.c.active,
        or_(
            _operator.c.last_confirm_at.is_(None),
            _operator.c.last_confirm_at <= bindparam("rested_since"),
        ),
        or_(_new_day, _operator.c.confirm_count < bindparam("per_day")),
    )
    .values(
        last_confirm_at=bindparam("now"),
        confirm_day=bindparam("today"),
        confirm_count=case((_new_day, 1), else_=_operator.c.confirm_count + 1),
    )
    .returning(_operator.c.id)
)
