"""Shifts: one operator at one kiosk, from sign-in (shift_opening.py) to sign-out.

An operator has one open shift; signing in elsewhere ends the earlier one. Of
the shift's token only a keyed hash is kept.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import BindParameter, ColumnElement, and_, bindparam, join, select, update
from sqlalchemy.orm import Session

from wallet_api.audit import record
from wallet_api.db import UtcDateTime
from wallet_api.errors import KioskBlocked, ShiftEnded
from wallet_api.models import Kiosk, Operator, Shift
from wallet_api.rules.kiosks import ACTIVE
from wallet_api.services.deps import Deps
from wallet_api.services.idempotency import Once, remember


@dataclass(frozen=True, slots=True)
class ShiftFacts:
    """An open shift: who works where."""

    shift_id: str
    operator_id: str
    office_id: str
    role: str
    name: str


@dataclass(frozen=True, slots=True)
class DeskFacts:
    """A kiosk's identity key (compressed point), and the open shift of the token shown there."""

    identity_key: bytes
    shift: ShiftFacts | None


def end_shifts(db: Session, deps: Deps, operator_id: str) -> None:
    """End the operator's open shift, if there is one, in the caller's transaction."""
    now = deps.now()
    ended = db.execute(
        update(Shift)
        .where(Shift.operator_id == operator_id, Shift.closed_at.is_(None))
        .values(closed_at=now)
        .returning(Shift.id, Shift.kiosk_id, Shift.expires_at)
        .execution_options(synchronize_session=False)
    ).all()
    for shift_id, kiosk_id, expires_at in ended:
        if expires_at > now:
            _record(db, deps, "shift.closed", shift_id, operator=operator_id, kiosk=kiosk_id)


def close_shift(deps: Deps, shift: ShiftFacts, *, once: Once | None = None) -> dict[str, object]:
    """Sign an operator out; a second time changes nothing."""
    with deps.transaction() as db:
        end_shifts(db, deps, shift.operator_id)
        remember(db, deps, once, 200, {})
    return {}


def find_shift(deps: Deps, kiosk_id: str, token: str) -> ShiftFacts:
    """Return the open shift of a token at this kiosk; raises ``ShiftEnded``, ``KioskBlocked``."""
    shift = look_at_desk(deps, kiosk_id, token).shift
    if shift is None:
        raise ShiftEnded
    return shift


def look_at_desk(deps: Deps, kiosk_id: str, token: str) -> DeskFacts:
    """Return who works at a kiosk, in one statement; raises ``KioskBlocked``."""
    with deps.reading() as db:
        found = db.execute(
            _DESK, {"kiosk": kiosk_id, "token_hash": hash_token(deps, token), "now": deps.now()}
        ).first()
    if found is None or found.identity_key is None:
        raise KioskBlocked
    facts = ShiftFacts(found.id, found.operator_id, found.office_id, found.role, found.name)
    return DeskFacts(found.identity_key, facts if found.id else None)


def check_open(db: Session, deps: Deps, kiosk_id: str, shift_id: str) -> None:
    """Demand again, in the caller's transaction, that the shift is open; ``ShiftEnded``."""
    found = db.execute(
        select(Shift.id)
        .join(Operator, Shift.operator_id == Operator.id)
        .where(Shift.id == shift_id, *open_at(kiosk_id, deps.now()))
        .with_for_update(read=True, of=Shift)
    ).first()
    if found is None:
        raise ShiftEnded


def open_at(
    kiosk_id: str | BindParameter[str], now: datetime | BindParameter[datetime]
) -> tuple[ColumnElement[bool], ...]:
    """Return what holds of a shift, joined with its operator, that is open at this kiosk."""
    return (
        Shift.kiosk_id == kiosk_id,
        Shift.closed_at.is_(None),
        Shift.expires_at > now,
        Operator.active.is_(True),
    )


_DESK: Final = (
    select(
        Kiosk.identity_key,
        Shift.id,
        Shift.operator_id,
        Operator.office_id,
        Operator.role,
        Operator.name,
    )
    .select_from(Kiosk)
    .outerjoin(
        join(Shift, Operator, Shift.operator_id == Operator.id),
        and_(
            Shift.token_hash == bindparam("token_hash"),
            *open_at(bindparam("kiosk"), bindparam("now", type_=UtcDateTime())),
        ),
    )
    .where(Kiosk.id == bindparam("kiosk"), Kiosk.state == ACTIVE)
)


def _record(
    db: Session, deps: Deps, event: str, shift_id: str, *, operator: str, kiosk: str
) -> None:
    record(
        db,
        event,
        at=deps.now(),
        actor=operator,
        subject=shift_id,
        operator=operator,
        kiosk=kiosk,
    )


def hash_token(deps: Deps, token: str) -> bytes:
    """Return what is kept of a shift's token."""
    return deps.vault.mac("shift token", token.encode())
