"""The capture of a face under a challenge: opening it and answering its prompts (threat T03).

Prompts are revealed one at a time; each answer is the digests of frames taken just then, under the
device key's signature and in time by our clock. What fails ends the capture, in a transaction of
its own (rule 2); the resident opens another.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from credentials.jwk import b64url_encode
from wallet_api.errors import (
    FaceWait,
    InputInvalid,
    NonceRequired,
    RequestInProgress,
    StepNotPossible,
    TooManyRequests,
)
from wallet_api.models import FaceCapture, new_id
from wallet_api.rules import face_capture, lifecycle
from wallet_api.services import (
    capture_rows,
    capture_tokens,
    face_frames,
    limits,
    nonces,
    transitions,
)
from wallet_api.services.capture_view import capture_of, turn_of
from wallet_api.services.deps import Deps
from wallet_api.services.enrolment_view import REGISTRY_PENDING
from wallet_api.services.idempotency import Once, remember

HOUR: Final = timedelta(hours=1)
DIGEST_KIND: Final = "face_frame"


def open_capture(deps: Deps, enrolment_id: str, *, once: Once | None) -> dict[str, object]:
    """Open a capture and reveal its first prompt; what was under way is abandoned.

    Raises ``FaceWait`` in a cool-down or beyond the hour's captures.
    """
    _charge_opening(deps, enrolment_id)
    try:
        with deps.transaction() as db:
            enrolment = transitions.load_in(db, deps, enrolment_id, lifecycle.CONTACT_VERIFIED)
            for earlier in face_frames.abandon_all(db, [enrolment_id]):
                capture_rows.record(db, deps, enrolment_id, "abandoned", capture=earlier)
            capture = _add(db, deps.now(), enrolment_id)
            capture_rows.record(db, deps, enrolment_id, "opened", capture=capture.id)
            answer = capture_of(db, deps, enrolment, capture)
            remember(db, deps, once, 201, answer)
    except IntegrityError:  # another one was opened in the same moment: one is under way
        raise RequestInProgress(retry_after=1) from None
    return answer


def answer_prompt(
    deps: Deps,
    enrolment_id: str,
    capture_id: str,
    token: str,
    digests: Sequence[bytes],
    *,
    once: Once | None,
) -> dict[str, object]:
    """Take the digests that answer the prompt and reveal the next one.

    Raises what ``PROBLEMS`` names and ends the capture with it; ``InputInvalid`` for another
    number of digests than the prompt asks, which ends nothing.
    """
    arrived_at = deps.now()
    try:
        with deps.transaction() as db:
            enrolment, capture = capture_rows.load(db, deps, enrolment_id, capture_id)
            fault = _fault_of_answer(deps, capture, token, arrived_at)
            if fault is None and not _advance(db, deps, capture, digests):
                fault = face_capture.INVALID  # somebody else's answer was first
            if fault is None:
                db.refresh(capture)
                answer = capture_of(db, deps, enrolment, capture)
                remember(db, deps, once, 200, answer)
            else:
                capture_rows.fail(db, deps, capture, fault)
    except NonceRequired:  # a digest used up before: all of the block is undone
        fault = face_capture.SEEN
        with deps.transaction() as db:
            _, capture = capture_rows.load(db, deps, enrolment_id, capture_id)
            capture_rows.fail(db, deps, capture, fault)
    if fault is not None:
        raise capture_rows.PROBLEMS[fault]
    return answer


def read(deps: Deps, enrolment_id: str, capture_id: str) -> dict[str, object]:
    """Tell where a capture stands; one whose time is over is failed first."""
    with deps.transaction() as db:
        enrolment = transitions.load(db, deps, enrolment_id)
        capture = capture_rows.find(db, enrolment_id, capture_id)
        fault = capture_rows.fault_of_delay(capture, deps.now())
        if fault is not None:
            capture_rows.fail(db, deps, capture, fault)
            db.refresh(capture)
        return capture_of(db, deps, enrolment, capture)


def _charge_opening(deps: Deps, enrolment_id: str) -> None:
    with deps.transaction() as db:
        enrolment = transitions.load_in(db, deps, enrolment_id, lifecycle.CONTACT_VERIFIED)
        if enrolment.registry_status == REGISTRY_PENDING:
            raise StepNotPossible(state=enrolment.state)
        capture_rows.demand_no_wait(enrolment, deps.now())
        allowed = deps.settings.face_captures_per_hour
        try:
            limits.charge(db, deps, f"face-capture|{enrolment_id}", HOUR, allowed)
        except TooManyRequests as error:
            raise FaceWait(retry_after=error.retry_after) from None


def _add(db: Session, now: datetime, enrolment_id: str) -> FaceCapture:
    capture = FaceCapture(
        id=new_id(),
        enrolment_id=enrolment_id,
        state=face_capture.OPEN,
        prompt=0,
        opened_at=now,
        prompted_at=now,
        expires_at=now + face_capture.LIFE,
        frames_by=now + face_capture.UPLOAD_LIFE,
    )
    db.add(capture)
    db.flush()
    return capture


def _fault_of_answer(
    deps: Deps, capture: FaceCapture, token: str, arrived_at: datetime
) -> str | None:
    prompt = capture_tokens.read_prompt(deps, token)
    if prompt is None or (prompt.capture, prompt.number) != (capture.id, capture.prompt):
        return face_capture.INVALID
    return face_capture.fault_of_arrival(arrived_at, capture.prompted_at, capture.expires_at)


def _advance(db: Session, deps: Deps, capture: FaceCapture, digests: Sequence[bytes]) -> bool:
    """Take the answer to the prompt that waits, once; False when it was answered meanwhile.

    Raises ``NonceRequired`` for a digest that was promised before, in this or any capture.
    """
    number = capture.prompt
    wanted = face_capture.frames_of(number, turn_of(deps, capture.id, number))
    if len(digests) != len(wanted):
        raise InputInvalid(errors=[{"field": "digests", "code": "FIELD_INVALID"}])
    last = number + 1 == face_capture.PROMPTS
    moved = db.execute(
        update(FaceCapture)
        .where(
            FaceCapture.id == capture.id,
            FaceCapture.state == face_capture.OPEN,
            FaceCapture.prompt == number,
        )
        .values(
            prompt=number + 1,
            prompted_at=deps.now(),
            state=face_capture.COMMITTED if last else face_capture.OPEN,
        )
        .returning(FaceCapture.id)
        .execution_options(synchronize_session=False)
    ).scalar_one_or_none()
    if moved is None:
        return False
    seen_until = deps.now() + face_capture.SEEN_KEPT
    names = sorted(b64url_encode(digest) for digest in digests)  # no two wait in a circle
    nonces.use_up(db, deps, DIGEST_KIND, names, expires_at=seen_until)
    face_frames.promise(db, capture.id, wanted, digests)
    if last:
        capture_rows.record(db, deps, capture.enrolment_id, "committed", capture=capture.id)
    return True
