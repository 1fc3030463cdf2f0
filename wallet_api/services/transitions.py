"""Moving an enrolment along its allowed edges, and ending what is over.

Every move is one conditional UPDATE (rule 3): False means that somebody else
moved the row first.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import select, update
from sqlalchemy.orm import Session, contains_eager, defer

from wallet_api.audit import record
from wallet_api.errors import EnrolmentEnded, EnrolmentNotFound, StepNotPossible
from wallet_api.models import Enrolment, Person
from wallet_api.rules import lifecycle
from wallet_api.services.deps import Deps

SYSTEM = "system"


def move(db: Session, enrolment_id: str, old: str, new: str, **values: object) -> bool:
    """Move from ``old`` to ``new`` and set ``values``; the loaded row shows it, or what was first.

    Raises ``ValueError`` off the table.
    """
    moved = push(db, enrolment_id, old, new, **values)
    row = db.get(Enrolment, enrolment_id)
    if row is not None:
        db.refresh(row)
    return moved


def push(db: Session, enrolment_id: str, old: str, new: str, **values: object) -> bool:
    """Move as ``move`` does, for a caller who looks at the row no more: one statement."""
    if new not in lifecycle.ENROLMENT_EDGES[old]:
        message = f"{old} does not lead to {new}"
        raise ValueError(message)
    moved = db.execute(
        update(Enrolment)
        .where(Enrolment.id == enrolment_id, Enrolment.state == old)
        .values(state=new, **values)
        .returning(Enrolment.id)
        .execution_options(synchronize_session=False)
    ).first()
    return moved is not None


def load(db: Session, deps: Deps, enrolment_id: str) -> Enrolment:
    """Load an enrolment with what is over settled; raises ``EnrolmentNotFound``."""
    enrolment = db.get(Enrolment, enrolment_id)
    if enrolment is None:
        raise EnrolmentNotFound
    settle(db, deps, enrolment)
    return enrolment


def load_with_person(
    db: Session, deps: Deps, enrolment_id: str, *, lock: bool = False
) -> Enrolment:
    """Load as ``load`` does, with the person, in one statement and without what is large.

    ``lock`` takes the person, then the enrolment, until the caller's transaction ends: two
    activations of one person never wait in a circle.
    """
    query = (
        select(Enrolment)
        .join(Enrolment.person)
        .options(*_WITH_PERSON)
        .where(Enrolment.id == enrolment_id)
        .execution_options(populate_existing=True)
    )
    if lock:
        query = query.with_for_update(key_share=True, of=[Person, Enrolment])
    enrolment = db.scalars(query).one_or_none()
    if enrolment is None:
        raise EnrolmentNotFound
    settle(db, deps, enrolment)
    return enrolment


_WITH_PERSON: Final = (
    contains_eager(Enrolment.person).options(
        defer(Person.answer_sealed), defer(Person.portrait_sealed)
    ),
    defer(Enrolment.photo_sealed),
    defer(Enrolment.face_record),
)


def load_in(db: Session, deps: Deps, enrolment_id: str, *states: str) -> Enrolment:
    """Load it in one of ``states``; raises ``EnrolmentEnded`` or ``StepNotPossible``."""
    enrolment = load(db, deps, enrolment_id)
    if enrolment.state in states:
        return enrolment
    if enrolment.state in lifecycle.ENDED:
        raise EnrolmentEnded(state=enrolment.state)
    raise StepNotPossible(state=enrolment.state)


def settle(db: Session, deps: Deps, enrolment: Enrolment) -> None:
    """Expire what is older than its life; let a missed deadline fall back to PIN_SET."""
    now, state = deps.now(), enrolment.state
    if state in lifecycle.OPEN and enrolment.expires_at <= now:
        end(db, deps, enrolment, lifecycle.EXPIRED, reason="life over")
    elif (
        state in lifecycle.FALLS_BACK
        and enrolment.deadline_at is not None
        and enrolment.deadline_at <= now
        and move(db, enrolment.id, state, lifecycle.PIN_SET, **FRESH_CLAIM)
    ):
        record(
            db, "enrolment.fell_back", at=now, actor=SYSTEM, subject=enrolment.id, from_state=state
        )


FRESH_CLAIM: dict[str, object] = {
    "kiosk_id": None,
    "claimed_at": None,
    "deadline_at": None,
    "number": None,
    "numbers_left": 3,
    "first_officer_id": None,
    "face_decided_by": None,
}
"""What a claim leaves behind, cleared."""


def end(
    db: Session,
    deps: Deps,
    enrolment: Enrolment,
    state: str,
    *,
    reason: str,
    actor: str = SYSTEM,
) -> bool:
    """End an enrolment and forget its photo."""
    old = enrolment.state
    moved = move(
        db, enrolment.id, old, state, ended_reason=reason, photo_sealed=None, deadline_at=None
    )
    if moved:
        record(
            db, "enrolment.ended", at=deps.now(), actor=actor, subject=enrolment.id, reason=reason
        )
    return moved
