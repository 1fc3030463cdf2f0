"""The wallet of a person, the phone it lives on, and the links that block it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from wallet_api.models.enrolment import Person
from wallet_api.models.tables import Base, new_id


class Wallet(Base):
    """ACTIVE ⇄ BLOCKED → CLOSED; at most one that is not CLOSED a person."""

    __tablename__ = "wallet"
    __table_args__ = (
        Index(
            "uq_wallet_open_person",
            "person_id",
            unique=True,
            sqlite_where=text("state != 'CLOSED'"),
            postgresql_where=text("state != 'CLOSED'"),
        ),
    )

    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"))
    state: Mapped[str]
    reason: Mapped[str | None]
    created_at: Mapped[datetime]
    changed_at: Mapped[datetime]
    language: Mapped[str]
    email_sealed: Mapped[bytes]
    phone_sealed: Mapped[bytes]

    pin_key_sealed: Mapped[bytes]
    pin_key_mac: Mapped[bytes]
    pin_pepper: Mapped[str]
    pin_failures: Mapped[int] = mapped_column(default=0)
    pin_wait_until: Mapped[datetime | None]

    kiosk_id: Mapped[str] = mapped_column(ForeignKey("kiosk.id"), index=True)
    operator_id: Mapped[str] = mapped_column(ForeignKey("operator.id"))
    office_id: Mapped[str] = mapped_column(ForeignKey("office.id"))

    person: Mapped[Person] = relationship()


class Device(Base):
    """A phone's key. One active device a person: the constraint is the rule (T15, C8)."""

    __tablename__ = "device"
    __table_args__ = (
        Index(
            "uq_device_active_person",
            "person_id",
            unique=True,
            sqlite_where=text("active"),
            postgresql_where=text("active"),
        ),
    )

    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"))
    wallet_id: Mapped[str] = mapped_column(ForeignKey("wallet.id"), unique=True)
    active: Mapped[bool]
    jkt: Mapped[str] = mapped_column(index=True)
    public_key: Mapped[bytes]
    platform: Mapped[str]
    os_version: Mapped[str]
    app_version: Mapped[str]
    device_model: Mapped[str]
    created_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class NoticeLink(Base):
    """A “this was not me” link: only the hash of its token is kept."""

    __tablename__ = "notice_link"

    token_hash: Mapped[bytes] = mapped_column(primary_key=True)
    wallet_id: Mapped[str] = mapped_column(ForeignKey("wallet.id"), index=True)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
