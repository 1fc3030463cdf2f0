"""A capture's row: finding it, judging its time, ending it.

What every step of a capture shares (services/captures.py, services/capture_upload.py).
"""

from __future__ import annotations

import math
from datetime import datetime
from typing import Final

from sqlalchemy import update
from sqlalchemy.orm import Session

from wallet_api.audit import record as record_event
from wallet_api.errors import (
    CaptureEnded,
    CaptureNotFound,
    FaceWait,
    FrameSeen,
    FramesLate,
    PromptEarly,
    PromptInvalid,
    PromptLate,
    WalletError,
)
from wallet_api.models import Enrolment, FaceCapture
from wallet_api.rules import face_capture, lifecycle
from wallet_api.services import face_frames, transitions
from wallet_api.services.deps import Deps

PROBLEMS: Final[dict[str, type[WalletError]]] = {
    face_capture.LATE: PromptLate,
    face_capture.EARLY: PromptEarly,
    face_capture.INVALID: PromptInvalid,
    face_capture.SEEN: FrameSeen,
    face_capture.FRAMES_LATE: FramesLate,
}
"""What ends a capture, by the code that its failure is told with."""


def find(db: Session, enrolment_id: str, capture_id: str) -> FaceCapture:
    """Find a capture of this enrolment; raises ``CaptureNotFound``."""
    capture = db.get(FaceCapture, capture_id)
    if capture is None or capture.enrolment_id != enrolment_id:
        raise CaptureNotFound
    return capture


def load(
    db: Session, deps: Deps, enrolment_id: str, capture_id: str
) -> tuple[Enrolment, FaceCapture]:
    """Load a capture that is under way; raises ``CaptureEnded``, or that a step cannot be."""
    enrolment = transitions.load_in(db, deps, enrolment_id, lifecycle.CONTACT_VERIFIED)
    capture = find(db, enrolment_id, capture_id)
    if capture.state not in face_capture.UNDER_WAY:
        raise CaptureEnded
    return enrolment, capture


def fault_of_delay(capture: FaceCapture, now: datetime) -> str | None:
    """Say what time alone has ended the capture with, or None."""
    ends = face_capture.prompt_ends_at(capture.prompted_at, capture.expires_at)
    return face_capture.fault_of_delay(
        capture.state, now, prompt_ends=ends, frames_by=capture.frames_by
    )


def demand_no_wait(enrolment: Enrolment, now: datetime) -> None:
    """Raise ``FaceWait`` while the pause after a refusal runs."""
    until = enrolment.face_retry_at
    if until is not None and until > now:
        raise FaceWait(retry_after=math.ceil((until - now).total_seconds()))


def fail(db: Session, deps: Deps, capture: FaceCapture, fault: str) -> None:
    """End a capture; the resident reads why in the status, too."""
    failed = db.execute(
        update(FaceCapture)
        .where(FaceCapture.id == capture.id, FaceCapture.state.in_(face_capture.UNDER_WAY))
        .values(state=face_capture.FAILED, failure=fault)
        .returning(FaceCapture.prompt)
        .execution_options(synchronize_session=False)
    ).scalar_one_or_none()
    if failed is None:
        return
    face_frames.forget(db, capture.id)
    db.execute(
        update(Enrolment)
        .where(Enrolment.id == capture.enrolment_id, Enrolment.state == lifecycle.CONTACT_VERIFIED)
        .values(face_outcome="try_again", face_reasons=fault, face_notes="")
        .execution_options(synchronize_session=False)
    )
    facts: dict[str, object] = {"capture": capture.id, "reason": fault, "prompt": failed}
    record(db, deps, capture.enrolment_id, "failed", **facts)


def record(db: Session, deps: Deps, enrolment_id: str, what: str, **facts: object) -> None:
    """Add an audit event of the capture."""
    event = f"enrolment.face_capture_{what}"
    record_event(db, event, at=deps.now(), actor="device", subject=enrolment_id, **facts)
