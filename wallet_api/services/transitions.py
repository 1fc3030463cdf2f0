"""Moving an enrolment along its allowed edges, and ending what is over.

Every move is one conditional UPDATE (rule 3): False means that somebody else
moved the row first.
"""

from __future__ import annotations

from functools import cache
from typing import Any, Final

from sqlalchemy import bindparam, select, update
from sqlalchemy.orm import Session, contains_eager, load_only
from sqlalchemy.sql.dml import ReturningUpdate

from wallet_api.audit import record
from wallet_api.errors import EnrolmentEnded, EnrolmentNotFound, StepNotPossible
from wallet_api.models import Enrolment, Person, table_of
from wallet_api.rules import lifecycle
from wallet_api.services import face_frames, tallies
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
    known = {"of_id": enrolment_id, "of_state": old, "state": new, **values}
    return db.execute(_move_statement("state", *values), known).first() is not None


@cache
def _move_statement(*names: str) -> ReturningUpdate[Any]:
    """Return the statement that sets ``names``; made once for each of the few moves there are."""
    table = table_of(Enrolment)
    return (
        update(table)
        .where(table.c.id == bindparam("of_id"), table.c.state == bindparam("of_state"))
        .values({name: bindparam(name) for name in names})
        .returning(table.c.id)
    )


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
    """Load as ``load`` does, with the person, in one statement; what is not read at once later.

    ``lock`` takes the person, then the enrolment, until the caller's transaction ends: two
    activations of one person never wait in a circle.
    """
    query = _TO_ACTIVATE if lock else _TO_LOOK_AT
    enrolment = db.scalars(query, {"enrolment": enrolment_id}).one_or_none()
    if enrolment is None:
        raise EnrolmentNotFound
    settle(db, deps, enrolment)
    return enrolment


_LOOKED_AT: Final = (
    Enrolment.person_id,
    Enrolment.state,
    Enrolment.expires_at,
    Enrolment.kiosk_id,
    Enrolment.deadline_at,
    Enrolment.number,
    Enrolment.numbers_left,
    Enrolment.first_officer_id,
    Enrolment.face_outcome,
    Enrolment.face_no_match,
)
_MOVED_TO_THE_WALLET: Final = (
    Enrolment.language,
    Enrolment.email_sealed,
    Enrolment.phone_sealed,
    Enrolment.pin_key_sealed,
    Enrolment.pin_key_mac,
    Enrolment.pin_pepper,
    Enrolment.device_jkt,
    Enrolment.device_key,
    Enrolment.device_model,
    Enrolment.platform,
    Enrolment.os_version,
    Enrolment.app_version,
)
_WITH_PERSON: Final = (
    select(Enrolment)
    .join(Enrolment.person)
    .options(contains_eager(Enrolment.person).load_only(Person.nik_sealed, Person.dek))
    .where(Enrolment.id == bindparam("enrolment"))
    .execution_options(populate_existing=True)
)
_TO_LOOK_AT: Final = _WITH_PERSON.options(load_only(*_LOOKED_AT))
_TO_ACTIVATE: Final = _WITH_PERSON.options(
    load_only(*_LOOKED_AT, *_MOVED_TO_THE_WALLET)
).with_for_update(key_share=True, of=[Person, Enrolment])


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
    now, state, kiosk_id = deps.now(), enrolment.state, enrolment.kiosk_id
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
        late = "pin_not_entered" if state == lifecycle.CLAIMED else "time_over"
        tallies.count(db, deps, kiosk_id, late)


FRESH_CLAIM: dict[str, object] = {
    "kiosk_id": None,
    "claimed_at": None,
    "deadline_at": None,
    "number": None,
    "numbers_left": 3,
    "first_officer_id": None,
    "face_decided_by": None,
    "face_decision_reason": None,
}
"""What a claim leaves behind, cleared."""


NO_PICTURES: dict[str, object] = {"photo_sealed": None, "selfie_sealed": None}
"""What an enrolment that is over keeps of the pictures."""


def end(
    db: Session,
    deps: Deps,
    enrolment: Enrolment,
    state: str,
    *,
    reason: str,
    actor: str = SYSTEM,
) -> bool:
    """End an enrolment and forget every picture of it."""
    values: dict[str, object] = {"ended_reason": reason, "deadline_at": None, **NO_PICTURES}
    moved = move(db, enrolment.id, enrolment.state, state, **values)
    if moved:
        face_frames.abandon_all(db, [enrolment.id])
        record(
            db, "enrolment.ended", at=deps.now(), actor=actor, subject=enrolment.id, reason=reason
        )
    return moved
