"""The counter: offices, kiosks, their certificates and frames, operators and shifts."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, UniqueConstraint, false
from sqlalchemy.orm import Mapped, mapped_column, relationship

from wallet_api.models.tables import Base, new_id


class Office(Base):
    """A service unit of the civil registry."""

    __tablename__ = "office"

    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    code: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    head: Mapped[str] = mapped_column(default="")  # the office's head, on record (IKD-02)
    passkeys_demanded: Mapped[bool] = mapped_column(default=False, server_default=false())
    created_at: Mapped[datetime]


class Kiosk(Base):
    """A counter's program: PENDING until its identity key arrives, then ACTIVE or BLOCKED."""

    __tablename__ = "kiosk"

    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    office_id: Mapped[str] = mapped_column(ForeignKey("office.id"))
    name: Mapped[str]
    state: Mapped[str]
    reason: Mapped[str | None]
    token_hash: Mapped[bytes | None] = mapped_column(unique=True)
    token_expires_at: Mapped[datetime | None]
    identity_key: Mapped[bytes | None]
    identity_jkt: Mapped[str | None] = mapped_column(unique=True)
    created_at: Mapped[datetime]

    office: Mapped[Office] = relationship()


class KioskCertificate(Base):
    """The frame key of one shift, certified for at most 24 hours."""

    __tablename__ = "kiosk_certificate"

    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    kiosk_id: Mapped[str] = mapped_column(ForeignKey("kiosk.id"), index=True)
    kid: Mapped[bytes] = mapped_column(unique=True)
    public_key: Mapped[bytes]
    pem: Mapped[str]
    not_before: Mapped[datetime]
    not_after: Mapped[datetime]

    kiosk: Mapped[Kiosk] = relationship()


class KioskFrame(Base):
    """A frame that a phone used. Its uniqueness is the single use (T11, T15, C7)."""

    __tablename__ = "kiosk_frame"
    __table_args__ = (UniqueConstraint("kiosk_id", "seq"), UniqueConstraint("nonce"))

    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    kiosk_id: Mapped[str] = mapped_column(ForeignKey("kiosk.id"))
    seq: Mapped[int]
    nonce: Mapped[bytes]
    enrolment_id: Mapped[str] = mapped_column(ForeignKey("enrolment.id"))
    used_at: Mapped[datetime]


class Operator(Base):
    """A person who may confirm others; two factors, one office."""

    __tablename__ = "operator"

    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    office_id: Mapped[str] = mapped_column(ForeignKey("office.id"))
    username: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    role: Mapped[str]
    active: Mapped[bool] = mapped_column(default=True)
    password_hash: Mapped[str]
    dek: Mapped[bytes]
    totp_sealed: Mapped[bytes]
    totp_step: Mapped[int] = mapped_column(default=0)  # last accepted step: a code works once
    failures: Mapped[int] = mapped_column(default=0)
    wait_until: Mapped[datetime | None]
    last_confirm_at: Mapped[datetime | None]
    confirm_day: Mapped[str] = mapped_column(default="")
    confirm_count: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime]

    office: Mapped[Office] = relationship()


class OperatorPasskey(Base):
    """A passkey of an operator; its counter goes up with each use, or stays 0 where it has none."""

    __tablename__ = "operator_passkey"

    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    operator_id: Mapped[str] = mapped_column(ForeignKey("operator.id"), index=True)
    credential_id: Mapped[bytes] = mapped_column(unique=True)
    public_key: Mapped[bytes]
    sign_count: Mapped[int] = mapped_column(BigInteger)  # 32 bits without a sign
    name: Mapped[str]
    created_at: Mapped[datetime]
    last_used_at: Mapped[datetime | None]


class CounterTally(Base):
    """How often something went wrong at a kiosk on a day of its office; nothing about whom."""

    __tablename__ = "counter_tally"

    kiosk_id: Mapped[str] = mapped_column(ForeignKey("kiosk.id"), primary_key=True)
    day: Mapped[str] = mapped_column(primary_key=True)
    reason: Mapped[str] = mapped_column(primary_key=True)
    count: Mapped[int]
    counted_at: Mapped[datetime] = mapped_column(index=True)


class Shift(Base):
    """One operator at one kiosk, from sign-in to sign-out."""

    __tablename__ = "shift"

    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    kiosk_id: Mapped[str] = mapped_column(ForeignKey("kiosk.id"), index=True)
    operator_id: Mapped[str] = mapped_column(ForeignKey("operator.id"))
    token_hash: Mapped[bytes] = mapped_column(unique=True)
    opened_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]

    operator: Mapped[Operator] = relationship()
    kiosk: Mapped[Kiosk] = relationship()
