"""Who waits at a counter, as the officer's console shows it.

A console sees its own kiosk's people, and those of its office who need a
second officer. Names and NIKs are masked. The pictures are the registry's
and, where officers decide the face, the one that the phone took; who opened
them is in the audit.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session, defer

from wallet_api.audit import record
from wallet_api.errors import ActivationEnded, EnrolmentNotFound, NonceRequired, NoPhoto
from wallet_api.models import Enrolment, FaceCapture, Kiosk, Operator
from wallet_api.rules import counter, face_review, lifecycle
from wallet_api.rules.person import mask_name, mask_nik
from wallet_api.services import nonces, people, transitions
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
        rows = db.execute(
            select(Enrolment, _HAS_PHOTO, _HAS_SELFIE, _TAKEN_AT)
            .options(defer(Enrolment.photo_sealed), defer(Enrolment.selfie_sealed))
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
            "waiting": [
                _show(deps, desk, row, Pictures(registry=photo, selfie=selfie, taken_at=taken))
                for row, photo, selfie, taken in rows
            ],
            "today": _count_today(db, deps, desk),
            "server_time": iso(now),
        }


_HAS_PHOTO: Final = Enrolment.photo_sealed.is_not(None)
_HAS_SELFIE: Final = Enrolment.selfie_sealed.is_not(None)
_TAKEN_AT: Final = (
    select(func.max(FaceCapture.opened_at))
    .where(FaceCapture.enrolment_id == Enrolment.id, FaceCapture.state == "USED")
    .scalar_subquery()
)


@dataclass(frozen=True, slots=True)
class Pictures:
    """Which pictures there are; ``taken_at`` is when the last capture that counted began."""

    registry: bool
    selfie: bool
    taken_at: datetime | None

    def show(self) -> dict[str, object]:
        """Return them as a console reads them."""
        taken_at = iso(self.taken_at) if self.selfie else None
        return {"registry": self.registry, "selfie": self.selfie, "taken_at": taken_at}


def _show(deps: Deps, desk: Desk, row: Enrolment, pictures: Pictures) -> dict[str, object]:
    known = people.answer_of(deps, row.person)["person"] or {}
    left_to_officers = row.face_outcome == face_review.OFFICER
    return {
        "id": row.id,
        "state": row.state,
        "name_masked": mask_name(str(known.get("name", ""))),
        "nik_masked": mask_nik(people.nik_of(deps, row.person)),
        "device_model": row.device_model,
        "platform": row.platform,
        "since": iso(row.claimed_at),
        "deadline_at": iso(row.deadline_at),
        "face": "officer" if left_to_officers else "machine",
        "face_reasons": _reasons(deps, row, pictures) if left_to_officers else [],
        "face_no_match": left_to_officers and row.face_no_match,
        "pictures": pictures.show(),
        "second_officer": row.state == lifecycle.SECOND_OFFICER,
        "approved_by_you": row.first_officer_id == desk.shift.operator_id,
        "numbers_left": row.numbers_left,
    }


def _reasons(deps: Deps, row: Enrolment, pictures: Pictures) -> list[str]:
    return face_review.tell_officer(
        row.face_reasons.split(","),
        no_match=row.face_no_match,
        has_photo=pictures.registry,
        spent=row.face_attempts >= deps.settings.face_attempts,
    )


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
        photo = _open(deps, row, "photo", row.photo_sealed)
    _record_look(deps, desk, enrolment_id)
    return photo


def load_selfie(deps: Deps, desk: Desk, enrolment_id: str) -> bytes:
    """Return the picture that the phone took of somebody who waits here; raises ``NoPhoto``.

    There is one only where officers decide the face, and only until the enrolment ends.
    """
    with deps.transaction() as db:
        row = load_waiting(db, deps, desk, enrolment_id)
        selfie = _open(deps, row, "selfie", row.selfie_sealed)
    _record_look(deps, desk, enrolment_id)
    return selfie


def _open(deps: Deps, row: Enrolment, kind: str, sealed: bytes | None) -> bytes:
    if sealed is None:
        raise NoPhoto
    return deps.vault.open(row.person.dek, f"enrolment|{kind}|{row.id}", sealed)


def _record_look(deps: Deps, desk: Desk, enrolment_id: str) -> None:
    """Write down who opened a picture, once for an officer and an enrolment, before it is sent."""
    operator, now = desk.shift.operator_id, deps.now()
    ends = now + deps.settings.enrolment_life  # the enrolment is over by then, and so are these
    look = (f"{enrolment_id}|{operator}",)
    with suppress(NonceRequired), deps.transaction() as db:
        nonces.use_up(db, deps, "pictures_seen", look, expires_at=ends)
        record(
            db,
            "enrolment.pictures_seen",
            at=now,
            actor=operator,
            subject=enrolment_id,
            kiosk=desk.kiosk_id,
            operator=operator,
        )
