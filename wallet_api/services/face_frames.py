"""The frames of a capture: promised, stored sealed, and gone with the decision.

Who ends a capture or an enrolment calls here in the same transaction: a frame never outlives what
it was taken for.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from wallet_api.models import FaceCapture, FaceFrame, Person
from wallet_api.rules import face_capture
from wallet_api.rules.face_capture import Turn
from wallet_api.services.deps import Deps


def promise(
    db: Session, capture_id: str, wanted: Mapping[int, Turn], digests: Sequence[bytes]
) -> None:
    """Add the rows of the frames whose digests the phone has signed."""
    db.add_all(
        FaceFrame(capture_id=capture_id, position=position, turn=turn, digest=digest)
        for (position, turn), digest in zip(wanted.items(), digests, strict=True)
    )
    db.flush()


def of_capture(db: Session, capture_id: str) -> list[FaceFrame]:
    """Return the frames in the order asked."""
    return list(
        db.scalars(
            select(FaceFrame)
            .where(FaceFrame.capture_id == capture_id)
            .order_by(FaceFrame.position)
            .execution_options(populate_existing=True)
        )
    )


def seal(deps: Deps, person: Person, frame: FaceFrame, data: bytes) -> bytes:
    """Encrypt a frame for its place."""
    return deps.vault.seal(person.dek, _place(frame), data)


def open_sealed(deps: Deps, person: Person, frame: FaceFrame) -> bytes:
    """Decrypt a frame that has arrived."""
    return deps.vault.open(person.dek, _place(frame), frame.sealed or b"")


def forget(db: Session, capture_id: str) -> None:
    """Delete the frames of one capture."""
    db.execute(
        delete(FaceFrame)
        .where(FaceFrame.capture_id == capture_id)
        .execution_options(synchronize_session=False)
    )


def abandon_all(db: Session, enrolment_ids: Sequence[str]) -> list[str]:
    """Abandon what is under way in these enrolments and delete every frame of theirs.

    Returns the captures abandoned. The rows are touched before the frames: an answer or an upload
    that came first is waited for, one that comes later finds the capture ended.
    """
    if not enrolment_ids:
        return []
    own = FaceCapture.enrolment_id.in_(enrolment_ids)
    abandoned = db.scalars(
        update(FaceCapture)
        .where(own, FaceCapture.state.in_(face_capture.UNDER_WAY))
        .values(state=face_capture.ABANDONED)
        .returning(FaceCapture.id)
        .execution_options(synchronize_session=False)
    ).all()
    db.execute(
        delete(FaceFrame)
        .where(FaceFrame.capture_id.in_(select(FaceCapture.id).where(own)))
        .execution_options(synchronize_session=False)
    )
    return list(abandoned)


def _place(frame: FaceFrame) -> str:
    return f"face_frame|sealed|{frame.capture_id}|{frame.position}"
