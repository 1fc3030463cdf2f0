"""Step 3: the selfie against the registry's photo.

An attempt is charged before the comparison (threat T04) and given back when
nothing was compared. The answer is yes, try again, or “an officer will look”;
never a score. Whatever the machine cannot say yes to leads to the counter.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from sqlalchemy import update

from wallet_api.audit import record
from wallet_api.errors import FaceBusy, StepNotPossible
from wallet_api.models import Enrolment
from wallet_api.ports import faces as port
from wallet_api.rules import lifecycle, notices
from wallet_api.services import limits, transitions
from wallet_api.services.deps import Deps
from wallet_api.services.enrolment_view import REGISTRY_PENDING, status_of
from wallet_api.services.idempotency import Once, remember

ACCEPTED, TRY_AGAIN, OFFICER = "accepted", "try_again", "officer"
TOO_MANY_TODAY: Final = "ATTEMPTS_TODAY"
DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class _Attempt:
    person_id: str
    number: int
    reference: bytes | None
    over_the_day: bool


def submit(
    deps: Deps, enrolment_id: str, frames: Sequence[bytes], *, once: Once | None
) -> dict[str, object]:
    """Compare the frames; raises ``FaceBusy`` when the matcher cannot take them now."""
    attempt = _charge(deps, enrolment_id)
    if attempt.over_the_day:
        return _settle(deps, enrolment_id, OFFICER, (TOO_MANY_TODAY,), None, once=once)
    job = port.FaceJob.of_fronts(frames, attempt.reference)
    try:
        result = deps.faces.match(job)
    except port.FaceBusy as busy:
        _give_back(deps, enrolment_id, person_id=attempt.person_id)
        raise FaceBusy(retry_after=busy.retry_after) from None
    except port.FaceUnavailable:
        _give_back(deps, enrolment_id, person_id=attempt.person_id)
        raise FaceBusy(retry_after=5) from None
    if result.outcome == "try_again":
        _give_back(deps, enrolment_id)
    spent = attempt.number >= deps.settings.face_attempts
    return _settle(
        deps, enrolment_id, _told(result, spent=spent), result.reasons, result, once=once
    )


def to_office(
    deps: Deps, enrolment_id: str, reason: str, *, once: Once | None
) -> dict[str, object]:
    """Leave the face to an officer at the resident's wish."""
    with deps.transaction() as db:
        transitions.load_in(db, deps, enrolment_id, lifecycle.CONTACT_VERIFIED)
        record(
            db,
            "enrolment.face_to_office",
            at=deps.now(),
            actor="device",
            subject=enrolment_id,
            reason=reason,
        )
    return _settle(deps, enrolment_id, OFFICER, (), None, once=once)


def _charge(deps: Deps, enrolment_id: str) -> _Attempt:
    with deps.transaction() as db:
        enrolment = transitions.load_in(db, deps, enrolment_id, lifecycle.CONTACT_VERIFIED)
        if enrolment.registry_status == REGISTRY_PENDING:
            raise StepNotPossible(state=enrolment.state)
        today = limits.count(db, deps, f"face|{enrolment.person_id}", DAY)
        number = db.execute(
            update(Enrolment)
            .where(
                Enrolment.id == enrolment_id,
                Enrolment.state == lifecycle.CONTACT_VERIFIED,
                Enrolment.face_attempts < deps.settings.face_attempts,
            )
            .values(face_attempts=Enrolment.face_attempts + 1)
            .returning(Enrolment.face_attempts)
            .execution_options(synchronize_session=False)
        ).scalar_one_or_none()
        if number is None:  # spent, and the worker of the last one died: on to the counter
            spent = deps.settings.face_attempts
            return _Attempt(enrolment.person_id, spent, None, over_the_day=True)
        photo = enrolment.photo_sealed
        place = f"enrolment|photo|{enrolment_id}"
        reference = deps.vault.open(enrolment.person.dek, place, photo) if photo else None
        person_id = enrolment.person_id
    over = today > deps.settings.face_attempts_per_nik_day
    return _Attempt(person_id, number, reference, over_the_day=over)


def _give_back(deps: Deps, enrolment_id: str, *, person_id: str | None = None) -> None:
    """Return the attempt; with ``person_id`` also the day's, where the matcher saw nothing.

    A picture that could not be compared goes on counting for the day: no endless tries.
    """
    with deps.transaction() as db:
        if person_id is not None:
            limits.give_back(db, deps, f"face|{person_id}", DAY)
        db.execute(
            update(Enrolment)
            .where(Enrolment.id == enrolment_id, Enrolment.face_attempts > 0)
            .values(face_attempts=Enrolment.face_attempts - 1)
        )


def _told(result: port.FaceResult, *, spent: bool) -> str:
    match result.outcome:
        case "match":
            return ACCEPTED
        case "review" | "no_reference":
            return OFFICER
        case "no_match":
            return OFFICER if spent else TRY_AGAIN
        case "try_again":
            return TRY_AGAIN


def _settle(
    deps: Deps,
    enrolment_id: str,
    outcome: str,
    reasons: Sequence[str],
    result: port.FaceResult | None,
    *,
    once: Once | None,
) -> dict[str, object]:
    facts = _record_of(result)
    # A matcher may give reasons of its own: they are for the record, not for the resident.
    told = ",".join(code for code in reasons if notices.is_known(code))
    values: dict[str, object] = {"face_outcome": outcome, "face_reasons": told}
    if facts:
        values["face_record"] = json.dumps(facts)
    if result is not None and result.outcome in ("match", "no_match"):
        # A later blurred frame does not make the machine's "no" undone: two officers will look.
        values["face_no_match"] = result.outcome == "no_match"
    with deps.transaction() as db:
        enrolment = transitions.load_in(db, deps, enrolment_id, lifecycle.CONTACT_VERIFIED)
        attempt = enrolment.face_attempts
        if outcome == TRY_AGAIN:
            db.execute(update(Enrolment).where(Enrolment.id == enrolment_id).values(values))
            db.refresh(enrolment)
        else:
            new = lifecycle.FACE_VERIFIED if outcome == ACCEPTED else lifecycle.FACE_AT_COUNTER
            if not transitions.move(db, enrolment_id, lifecycle.CONTACT_VERIFIED, new, **values):
                raise StepNotPossible(state=enrolment.state)
        record(
            db,
            "enrolment.face_decided",
            at=deps.now(),
            actor="matcher",
            subject=enrolment_id,
            outcome=outcome,
            attempt=attempt,
            reasons=",".join(reasons),
            **facts,
        )
        status = status_of(db, deps, enrolment)
        remember(db, deps, once, 200, status)
    return status


def _record_of(result: port.FaceResult | None) -> dict[str, object]:
    if result is None:
        return {}
    return {"score": result.score, "threshold": result.threshold, "model": result.model_id}
