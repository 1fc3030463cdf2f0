"""A person as we know one, and that person's attempts to get a wallet.

A ``Person`` row exists for every NIK that was ever typed in; it says nothing
about whether the registry knows the NIK. Sealed columns are AES-256-GCM under
the row's data key ``dek`` (itself sealed); ``*_index`` are keyed hashes for
look-ups (threat T30).
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from wallet_api.models.tables import Base, new_id


class Person(Base):
    """One NIK; owns the data key of everything personal that hangs on it."""

    __tablename__ = "person"

    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    nik_index: Mapped[bytes] = mapped_column(unique=True)
    nik_sealed: Mapped[bytes]
    dek: Mapped[bytes]
    created_at: Mapped[datetime]
    registry_version: Mapped[str | None]
    answer_sealed: Mapped[bytes | None]
    answer_hash: Mapped[str | None]
    answered_at: Mapped[datetime | None]
    portrait_sealed: Mapped[bytes | None]


class Enrolment(Base):
    """One attempt of one phone to become the wallet of one person."""

    __tablename__ = "enrolment"
    __table_args__ = (
        Index("ix_enrolment_state_expires", "state", "expires_at"),
        Index("ix_enrolment_kiosk_state", "kiosk_id", "state"),
    )

    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"), index=True)
    state: Mapped[str]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]

    device_jkt: Mapped[str]
    device_key: Mapped[bytes]  # compressed P-256 point
    platform: Mapped[str]
    os_version: Mapped[str]
    app_version: Mapped[str]
    device_model: Mapped[str]
    language: Mapped[str]
    consent_version: Mapped[str]
    warnings: Mapped[str] = mapped_column(default="")  # comma-separated codes

    email_sealed: Mapped[bytes]
    email_index: Mapped[bytes]
    email_verified_at: Mapped[datetime | None]
    phone_sealed: Mapped[bytes]
    phone_index: Mapped[bytes]
    phone_verified_at: Mapped[datetime | None]

    registry_status: Mapped[str] = mapped_column(default="NOT_ASKED")
    photo_sealed: Mapped[bytes | None]  # gone when the enrolment ends

    face_outcome: Mapped[str | None]  # accepted | try_again | officer
    face_reasons: Mapped[str] = mapped_column(default="")
    face_attempts: Mapped[int] = mapped_column(default=0)
    face_record: Mapped[str | None]  # JSON: score, threshold, model, flags (docs/face.md, records)
    face_no_match: Mapped[bool] = mapped_column(default=False)  # the machine said no: two officers
    face_notes: Mapped[str] = mapped_column(default="")  # JSON: what to tell of each frame
    face_retry_at: Mapped[datetime | None]  # cool-down after a refusal
    selfie_sealed: Mapped[bytes | None]  # for the officer, where one decides; gone when it ends

    pin_key_sealed: Mapped[bytes | None]
    pin_key_mac: Mapped[bytes | None]
    pin_pepper: Mapped[str | None]
    pin_failures: Mapped[int] = mapped_column(default=0)
    pin_wait_until: Mapped[datetime | None]

    kiosk_id: Mapped[str | None] = mapped_column(ForeignKey("kiosk.id"))
    claimed_at: Mapped[datetime | None]
    deadline_at: Mapped[datetime | None]  # of CLAIMED, AT_COUNTER, SECOND_OFFICER
    number: Mapped[str | None]
    numbers_left: Mapped[int] = mapped_column(default=3)
    first_officer_id: Mapped[str | None] = mapped_column(ForeignKey("operator.id"))
    face_decided_by: Mapped[str | None] = mapped_column(ForeignKey("operator.id"))
    face_decision_reason: Mapped[str | None]
    ended_reason: Mapped[str | None]
    wallet_id: Mapped[str | None] = mapped_column(ForeignKey("wallet.id"))

    person: Mapped[Person] = relationship()


class ContactCode(Base):
    """A six-digit code on its way to an address; only its HMAC is kept (T06)."""

    __tablename__ = "contact_code"
    __table_args__ = (UniqueConstraint("enrolment_id", "channel"),)

    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    enrolment_id: Mapped[str] = mapped_column(ForeignKey("enrolment.id"))
    channel: Mapped[str]
    mac: Mapped[bytes]
    sent_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    tries_left: Mapped[int] = mapped_column(default=5)
    used_at: Mapped[datetime | None]
