"""What keeps requests and messages honest: keys, nonces, counters, the outbox."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from wallet_api.models.tables import Base, new_id


class IdempotencyKey(Base):
    """The answer to a POST, kept a day for the same caller and key (C1)."""

    __tablename__ = "idempotency_key"

    scope: Mapped[str] = mapped_column(primary_key=True)  # thumbprint of the caller and the path
    key: Mapped[str] = mapped_column(primary_key=True)
    body_hash: Mapped[bytes]
    status: Mapped[int | None]  # None: the first request is still at work
    answer_sealed: Mapped[bytes | None]
    started_at: Mapped[datetime] = mapped_column(index=True)


class UsedNonce(Base):
    """A server nonce or a DPoP ``jti`` that was used; unique, so used once."""

    __tablename__ = "used_nonce"

    nonce_hash: Mapped[bytes] = mapped_column(primary_key=True)
    expires_at: Mapped[datetime] = mapped_column(index=True)


class RateCounter(Base):
    """How often something happened in a window; keys are keyed hashes, never addresses."""

    __tablename__ = "rate_counter"

    key: Mapped[bytes] = mapped_column(primary_key=True)
    window: Mapped[int] = mapped_column(primary_key=True)
    count: Mapped[int]
    expires_at: Mapped[datetime] = mapped_column(index=True)


class OutboxMessage(Base):
    """An effect outside the database, written with the business row (rule 4)."""

    __tablename__ = "outbox_message"
    __table_args__ = (Index("ix_outbox_message_due", "done_at", "due_at"),)

    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    kind: Mapped[str]
    payload_sealed: Mapped[bytes | None]  # emptied when done
    created_at: Mapped[datetime]
    due_at: Mapped[datetime]
    attempts: Mapped[int] = mapped_column(default=0)
    locked_until: Mapped[datetime | None]
    done_at: Mapped[datetime | None]
    failed: Mapped[bool] = mapped_column(default=False)
