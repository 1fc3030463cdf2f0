"""The frames of a capture arrive: only what was promised, sealed, resumably, in ten minutes.

And the capture is used up by its one comparison (services/faces.py).
"""

from __future__ import annotations

from hashlib import sha256

from sqlalchemy import exists, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from wallet_api.errors import (
    CaptureEnded,
    CaptureNotReady,
    FaceFramesMissing,
    FrameNotPromised,
    FrameTooLarge,
)
from wallet_api.models import Enrolment, FaceCapture, FaceFrame
from wallet_api.rules import face_capture
from wallet_api.services import capture_rows, face_frames
from wallet_api.services.capture_view import capture_of
from wallet_api.services.deps import Deps
from wallet_api.services.idempotency import Once, remember


def take_frame(
    deps: Deps, enrolment_id: str, capture_id: str, data: bytes, *, once: Once | None
) -> dict[str, object]:
    """Store a promised frame, sealed; the same frame twice is fine.

    What the bytes are is the matcher's to judge. Raises ``FrameTooLarge``, ``FrameNotPromised``,
    ``CaptureNotReady``, ``CaptureEnded``, ``FramesLate``.
    """
    if len(data) > face_capture.FRAME_BYTES:
        raise FrameTooLarge(limit=face_capture.FRAME_BYTES)
    digest, now = sha256(data).digest(), deps.now()
    with deps.transaction() as db:
        enrolment, capture = capture_rows.load(db, deps, enrolment_id, capture_id)
        if capture.state == face_capture.OPEN:
            raise CaptureNotReady
        fault = capture_rows.fault_of_delay(capture, now)
        if fault is None:
            frames = {frame.digest: frame for frame in face_frames.of_capture(db, capture_id)}
            if not data or digest not in frames:
                raise FrameNotPromised
            _store(db, deps, enrolment, frames[digest], data)
            answer = capture_of(db, deps, enrolment, capture)
            remember(db, deps, once, 200, answer)
        else:
            capture_rows.fail(db, deps, capture, fault)
    if fault is not None:
        raise capture_rows.PROBLEMS[fault]
    return answer


def demand_ready(deps: Deps, enrolment_id: str, capture_id: str) -> None:
    """Demand that every frame is there and no cool-down runs, before an attempt is charged.

    Raises ``FaceFramesMissing``, ``CaptureNotReady``, ``CaptureEnded``, ``FramesLate``,
    ``FaceWait``.
    """
    now = deps.now()
    with deps.transaction() as db:
        enrolment, capture = capture_rows.load(db, deps, enrolment_id, capture_id)
        if capture.state == face_capture.OPEN:
            raise CaptureNotReady
        fault = capture_rows.fault_of_delay(capture, now)
        if fault is None:
            capture_rows.demand_no_wait(enrolment, now)
            held = face_frames.of_capture(db, capture_id)
            missing = face_capture.FRAMES - sum(frame.sealed is not None for frame in held)
            if missing:
                raise FaceFramesMissing(missing=missing)
        else:
            capture_rows.fail(db, deps, capture, fault)
    if fault is not None:
        raise capture_rows.PROBLEMS[fault]


def use(db: Session, enrolment_id: str, capture_id: str) -> None:
    """Use the capture up in the caller's transaction; raises ``CaptureEnded`` when it was used."""
    used = db.execute(
        update(FaceCapture)
        .where(
            FaceCapture.id == capture_id,
            FaceCapture.enrolment_id == enrolment_id,
            FaceCapture.state == face_capture.COMMITTED,
        )
        .values(state=face_capture.USED)
        .returning(FaceCapture.id)
        .execution_options(synchronize_session=False)
    ).scalar_one_or_none()
    if used is None:
        raise CaptureEnded


def give_back(deps: Deps, enrolment_id: str, capture_id: str) -> None:
    """Make a used capture usable again, where the matcher has not looked at it.

    Unless its frames are gone: with the enrolment, or because another capture was opened.
    """
    held = exists().where(FaceFrame.capture_id == capture_id)
    try:
        with deps.transaction() as db:
            db.execute(
                update(FaceCapture)
                .where(
                    FaceCapture.id == capture_id,
                    FaceCapture.enrolment_id == enrolment_id,
                    FaceCapture.state == face_capture.USED,
                    held,
                )
                .values(state=face_capture.COMMITTED)
                .execution_options(synchronize_session=False)
            )
    except IntegrityError:  # another one is under way
        return


def _store(db: Session, deps: Deps, enrolment: Enrolment, frame: FaceFrame, data: bytes) -> None:
    if frame.sealed is not None:
        return
    db.execute(
        update(FaceFrame)
        .where(
            FaceFrame.capture_id == frame.capture_id,
            FaceFrame.position == frame.position,
            FaceFrame.sealed.is_(None),
        )
        .values(sealed=face_frames.seal(deps, enrolment.person, frame, data))
        .execution_options(synchronize_session=False)
    )
