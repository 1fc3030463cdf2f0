"""Who waits at a counter, as the officer's console shows it.

A console sees its own kiosk's people, and those of its office who need a
second officer. Names and NIKs are masked; the photograph is the registry's.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from wallet_api.errors import ActivationEnded, EnrolmentNotFound, NoPhoto
from wallet_api.models import Enrolment, Kiosk, Operator
from wallet_api.rules import counter, lifecycle
from wallet_api.rules.person import mask_name, mask_nik
from wallet_api.services import people, transitions
from wallet_api.services.deps import Deps
from wallet_api.services.enrolment_view import iso
from wallet_api.services.shifts import ShiftFacts

WAITING = (lifecycle.AT_COUNTER, lifecycle.SECOND_OFFICER)
MOST_SHOWN = 50


@dataclass(frozen=True, slots=True)
class Desk:
    """The kiosk at which an operator works, and the operator's shift."""

    kiosk_id: str
    shift: ShiftFacts


def list_queue(deps: Deps, desk: Desk) -> dict[str, object]:
    """Return the waiting residents, the longest waiting first, and today's counts."""
    now = deps.now()
    with deps.transaction() as db:
        rows = db.scalars(
            select(Enrolment)
            .join(Kiosk, Enrolment.kiosk_id == Kiosk.id)
            .where(
                Enrolment.state.in_(WAITING),
                Enrolment.deadline_at > now,
                Enrolment.expires_at > now,
                or_(
                    Enrolment.kiosk_id == desk.kiosk_id,
                    (Enrolment.state == lifecycle.SECOND_OFFICER)
                    & (Kiosk.office_id == desk.shift.office_id),
                ),
            )
            .order_by(Enrolment.claimed_at)
            .limit(MOST_SHOWN)
        ).all()
        return {
            "waiting": [_show(deps, row) for row in rows],
            "today": _count_today(db, deps, desk),
            "server_time": iso(now),
        }


def _show(deps: Deps, row: Enrolment) -> dict[str, object]:
    known = people.answer_of(deps, row.person)["person"] or {}
    return {
        "id": row.id,
        "state": row.state,
        "name_masked": mask_name(str(known.get("name", ""))),
        "nik_masked": mask_nik(people.nik_of(deps, row.person)),
        "device_model": row.device_model,
        "platform": row.platform,
        "since": iso(row.claimed_at),
        "deadline_at": iso(row.deadline_at),
        "face": "officer" if row.face_outcome == counter.OFFICER else "machine",
        "second_officer": row.state == lifecycle.SECOND_OFFICER,
        "numbers_left": row.numbers_left,
    }


def _count_today(db: Session, deps: Deps, desk: Desk) -> dict[str, int]:
    now = deps.now()
    operator = db.get_one(Operator, desk.shift.operator_id)
    same_day = operator.confirm_day == counter.working_day(now)
    refused = db.scalar(
        select(func.count())
        .select_from(Enrolment)
        .where(
            Enrolment.kiosk_id == desk.kiosk_id,
            Enrolment.state == lifecycle.REFUSED,
            Enrolment.claimed_at >= counter.day_start(now),
        )
    )
    return {"confirmed": operator.confirm_count if same_day else 0, "refused": refused or 0}


def load_waiting(
    db: Session, deps: Deps, desk: Desk, enrolment_id: str, *, lock: bool = False
) -> Enrolment:
    """Load somebody who waits here, with the person; ``lock`` keeps both as they are.

    Raises ``EnrolmentNotFound`` for another counter's, ``ActivationEnded`` when it is over.
    """
    row = transitions.load_with_person(db, deps, enrolment_id, lock=lock)
    if row.kiosk_id is not None and not _is_here(db, desk, row):
        raise EnrolmentNotFound
    if row.state not in WAITING:
        raise ActivationEnded
    return row


def _is_here(db: Session, desk: Desk, row: Enrolment) -> bool:
    if row.kiosk_id == desk.kiosk_id:
        return True
    shared = row.state == lifecycle.SECOND_OFFICER
    return shared and db.get_one(Kiosk, row.kiosk_id).office_id == desk.shift.office_id


def load_photo(deps: Deps, desk: Desk, enrolment_id: str) -> bytes:
    """Return the registry's photograph of somebody who waits here; raises ``NoPhoto``."""
    with deps.transaction() as db:
        row = load_waiting(db, deps, desk, enrolment_id)
        if row.photo_sealed is None:
            raise NoPhoto
        return deps.vault.open(row.person.dek, f"enrolment|photo|{row.id}", row.photo_sealed)
