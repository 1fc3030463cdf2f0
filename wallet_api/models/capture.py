"""The capture of a face under a challenge: what was asked of one phone, and what it promised.

The turns asked are not stored: they follow from the capture's id and a key of the vault
(services/captures.py). Frames are sealed, and gone with the decision.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from wallet_api.models.tables import Base, new_id

_UNDER_WAY = text("state IN ('OPEN', 'COMMITTED')")


class FaceCapture(Base):
    """One challenge: single use, and one under way for an enrolment (threat T03)."""

    __tablename__ = "face_capture"
    __table_args__ = (
        Index(
            "uq_face_capture_under_way",
            "enrolment_id",
            unique=True,
            sqlite_where=_UNDER_WAY,
            postgresql_where=_UNDER_WAY,
        ),
    )

    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    enrolment_id: Mapped[str] = mapped_column(ForeignKey("enrolment.id"), index=True)
    state: Mapped[str] = mapped_column(default="OPEN")  # COMMITTED, then USED; FAILED, ABANDONED
    prompt: Mapped[int] = mapped_column(default=0)  # number of the prompt that waits for an answer
    opened_at: Mapped[datetime]
    prompted_at: Mapped[datetime]
    expires_at: Mapped[datetime]  # of the prompts
    frames_by: Mapped[datetime] = mapped_column(index=True)
    failure: Mapped[str | None]  # a code of rules.face_reasons


class FaceFrame(Base):
    """A frame whose digest the phone has signed; ``sealed`` once its bytes have arrived."""

    __tablename__ = "face_frame"
    __table_args__ = (UniqueConstraint("capture_id", "digest"),)

    capture_id: Mapped[str] = mapped_column(ForeignKey("face_capture.id"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    turn: Mapped[str]
    digest: Mapped[bytes]
    sealed: Mapped[bytes | None]
