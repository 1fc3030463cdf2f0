"""Step 3: the capture against the registry's photo.

An attempt is charged before the comparison (threat T04) and given back when
nothing was compared. The answer is yes, try again, or “an officer will look”;
never a score. Whatever the machine cannot say yes to leads to the counter. The
frames are gone with the answer; an officer who is to look gets one of them.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final

from sqlalchemy import update
from sqlalchemy.orm import Session

from wallet_api.audit import record
from wallet_api.errors import FaceBusy, StepNotPossible
from wallet_api.models import Enrolment
from wallet_api.ports import faces as port
from wallet_api.rules import face_capture, face_policy, lifecycle, notices
from wallet_api.services import capture_upload, face_frames, limits, transitions
from wallet_api.services.deps import Deps
from wallet_api.services.enrolment_view import REGISTRY_PENDING, status_of
from wallet_api.services.idempotency import Once, remember

ACCEPTED, TRY_AGAIN, OFFICER = "accepted", "try_again", "officer"
TOO_MANY_TODAY: Final = "ATTEMPTS_TODAY"
SPENT: Final = "ATTEMPTS_SPENT"
DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class _Attempt:
    """One comparison that was charged; ``to_counter`` is why it is not made after all."""

    capture_id: str
    person_id: str
    number: int
    frames: tuple[port.CaptureFrame, ...]
    reference: bytes | None
    to_counter: str | None


@dataclass(frozen=True, slots=True)
class _Decision:
    """What becomes of the enrolment; ``selfie`` is the one frame an officer sees."""

    outcome: str
    reasons: tuple[str, ...]
    result: port.FaceResult | None = None
    capture_id: str | None = None
    selfie: bytes | None = None
    wait: timedelta | None = None


def submit(
    deps: Deps, enrolment_id: str, capture_id: str, *, once: Once | None
) -> dict[str, object]:
    """Compare a capture, once; raises ``FaceBusy`` when the matcher cannot take it now.

    Raises also what ``capture_upload.demand_ready`` names.
    """
    capture_upload.demand_ready(deps, enrolment_id, capture_id)
    attempt = _charge(deps, enrolment_id, capture_id)
    if attempt.to_counter is not None:
        decision = _Decision(OFFICER, (attempt.to_counter,), capture_id=capture_id)
        return _settle(deps, enrolment_id, decision, once=once)
    try:
        result = deps.faces.match(port.FaceJob(attempt.frames, attempt.reference, capture_id))
    except (port.FaceBusy, port.FaceUnavailable) as error:
        _give_back(deps, enrolment_id, person_id=attempt.person_id)
        capture_upload.give_back(deps, enrolment_id, capture_id)
        raise FaceBusy(retry_after=error.retry_after or 5) from None
    charged = result.outcome != "try_again" or not face_policy.CHARGED.isdisjoint(result.reasons)
    if not charged:
        _give_back(deps, enrolment_id)
    decision = _decide(deps, attempt, result, charged=charged)
    return _settle(deps, enrolment_id, decision, once=once)


def to_office(
    deps: Deps, enrolment_id: str, reason: str, *, once: Once | None
) -> dict[str, object]:
    """Leave the face to an officer at the resident's wish; the officer reads why."""
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
    return _settle(deps, enrolment_id, _Decision(OFFICER, (reason.upper(),)), once=once)


def _charge(deps: Deps, enrolment_id: str, capture_id: str) -> _Attempt:
    """Use the capture up and charge the attempt, together, before anything is compared."""
    with deps.transaction() as db:
        enrolment = transitions.load_in(db, deps, enrolment_id, lifecycle.CONTACT_VERIFIED)
        if enrolment.registry_status == REGISTRY_PENDING:
            raise StepNotPossible(state=enrolment.state)
        capture_upload.use(db, enrolment_id, capture_id)
        today = limits.count(db, deps, f"face|{enrolment.person_id}", DAY)
        number = _next_attempt(db, deps, enrolment_id)
        to_counter = None
        if number is None:  # spent, and the worker of the last one died: on to the counter
            to_counter = SPENT
        elif today > deps.settings.face_attempts_per_nik_day:
            to_counter = TOO_MANY_TODAY
        held = face_frames.of_capture(db, capture_id)
        person, photo = enrolment.person, enrolment.photo_sealed
        attempt = _Attempt(capture_id, person.id, number or 0, (), None, to_counter)
    if to_counter is not None:
        return attempt
    frames = tuple(
        port.CaptureFrame(face_frames.open_sealed(deps, person, frame), turn)
        for frame, turn in ((frame, _turn(frame.turn)) for frame in held)
    )
    place = f"enrolment|photo|{enrolment_id}"
    reference = deps.vault.open(person.dek, place, photo) if photo else None
    return replace(attempt, frames=frames, reference=reference)


def _turn(text: str) -> port.Turn:
    return "left" if text == "left" else "right" if text == "right" else "front"


def _next_attempt(db: Session, deps: Deps, enrolment_id: str) -> int | None:
    return db.execute(
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


def _decide(deps: Deps, attempt: _Attempt, result: port.FaceResult, *, charged: bool) -> _Decision:
    spent = charged and attempt.number >= deps.settings.face_attempts
    reasons = result.reasons
    match result.outcome:
        case "match":
            outcome = ACCEPTED
        case "review" | "no_reference":
            outcome = OFFICER
        case "no_match" | "try_again":
            outcome = OFFICER if spent else TRY_AGAIN
            reasons = (SPENT, *reasons) if spent else reasons
    selfie = wait = None
    if outcome == OFFICER and result.clearest is not None:
        selfie = attempt.frames[result.clearest].data
    if outcome == TRY_AGAIN and charged:
        first = timedelta(seconds=deps.settings.face_wait_seconds)
        wait = face_capture.wait_after(attempt.number, first)
    return _Decision(outcome, reasons, result, attempt.capture_id, selfie, wait)


def _settle(
    deps: Deps, enrolment_id: str, decision: _Decision, *, once: Once | None
) -> dict[str, object]:
    """Write the decision, forget the frames and answer, in one transaction."""
    facts = _record_of(decision)
    with deps.transaction() as db:
        enrolment = transitions.load_in(db, deps, enrolment_id, lifecycle.CONTACT_VERIFIED)
        values = _values(deps, enrolment, decision, facts)
        attempt = enrolment.face_attempts
        if decision.outcome == TRY_AGAIN:
            _tell_to_try_again(db, enrolment, values)
            face_frames.forget(db, decision.capture_id or "")
        else:
            accepted = decision.outcome == ACCEPTED
            new = lifecycle.FACE_VERIFIED if accepted else lifecycle.FACE_AT_COUNTER
            if not transitions.move(db, enrolment_id, lifecycle.CONTACT_VERIFIED, new, **values):
                raise StepNotPossible(state=enrolment.state)
            face_frames.abandon_all(db, [enrolment_id])
        record(
            db,
            "enrolment.face_decided",
            at=deps.now(),
            actor="matcher",
            subject=enrolment_id,
            outcome=decision.outcome,
            attempt=attempt,
            reasons=",".join(decision.reasons),
            **facts,
        )
        status = status_of(db, deps, enrolment)
        remember(db, deps, once, 200, status)
    return status


def _tell_to_try_again(db: Session, enrolment: Enrolment, values: dict[str, object]) -> None:
    told = db.execute(
        update(Enrolment)
        .where(Enrolment.id == enrolment.id, Enrolment.state == lifecycle.CONTACT_VERIFIED)
        .values(values)
        .returning(Enrolment.id)
        .execution_options(synchronize_session=False)
    ).scalar_one_or_none()
    if told is None:
        raise StepNotPossible(state=enrolment.state)
    db.refresh(enrolment)


def _values(
    deps: Deps, enrolment: Enrolment, decision: _Decision, facts: dict[str, object]
) -> dict[str, object]:
    result, now = decision.result, deps.now()
    # A matcher may give reasons of its own: they are for the record, not for the resident.
    told = ",".join(code for code in decision.reasons if notices.is_known(code))
    values: dict[str, object] = {
        "face_outcome": decision.outcome,
        "face_reasons": told,
        "face_notes": _notes(result) if decision.outcome == TRY_AGAIN else "",
        "face_retry_at": now + decision.wait if decision.wait else None,
    }
    if facts:
        values["face_record"] = json.dumps(facts)
    if result is not None and result.outcome in ("match", "no_match"):
        # A later blurred frame does not make the machine's "no" undone: two officers will look.
        values["face_no_match"] = result.outcome == "no_match"
    if decision.selfie is not None:
        place = f"enrolment|selfie|{enrolment.id}"
        values["selfie_sealed"] = deps.vault.seal(enrolment.person.dek, place, decision.selfie)
    return values


def _notes(result: port.FaceResult | None) -> str:
    """Write down what to tell of each frame that was not good."""
    notes = enumerate(result.notes if result is not None else ())
    told = (
        (position, note.turn, [code for code in note.reasons if notices.is_known(code)])
        for position, note in notes
    )
    return json.dumps([note for note in told if note[2]])


def _record_of(decision: _Decision) -> dict[str, object]:
    result = decision.result
    if result is None:
        return {}
    return {
        "score": result.score,
        "threshold": result.threshold,
        "model": result.model_id,
        "capture": decision.capture_id,
        "challenge": result.challenge,
        "quality": sorted(flag for flag, raised in result.quality.items() if raised),
        "liveness": result.liveness,
    }
