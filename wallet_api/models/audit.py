"""The audit trail: what happened, to which row, by whom; no personal data."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from wallet_api.models.tables import Base


class AuditEvent(Base):
    """One event of the closed catalogue in ``audit.py``; rows are only ever added."""

    __tablename__ = "audit_event"
    __table_args__ = (Index("ix_audit_event_subject", "subject", "at"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    at: Mapped[datetime]
    event: Mapped[str]
    actor: Mapped[str]
    subject: Mapped[str]
    facts: Mapped[str]
