"""Relying parties whose desks may sign what they ask, the codes they register with, certificates.

A code is worth one certificate; so is a certificate that is renewed. Both are used up by one
conditional update. The payload of a certificate stands here before it is signed (rule 5).
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column, relationship

from wallet_api.models.tables import Base, new_id


class RelyingParty(Base):
    """An institution as residents' phones show it. `name_key` is its name without its case."""

    __tablename__ = "relying_party"

    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    name: Mapped[str]
    name_key: Mapped[str] = mapped_column(unique=True)
    profiles: Mapped[str]  # document/profile names it may ask for, parted by spaces
    created_at: Mapped[datetime]


class RelyingPartyOffer(Base):
    """A one-time code, by its hash."""

    __tablename__ = "relying_party_offer"

    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    relying_party_id: Mapped[str] = mapped_column(ForeignKey("relying_party.id"), index=True)
    code_hash: Mapped[bytes] = mapped_column(unique=True)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]

    relying_party: Mapped[RelyingParty] = relationship()


class RelyingPartyCertificate(Base):
    """One certified key of a desk; `signed` is None where a crash came before the signature."""

    __tablename__ = "relying_party_certificate"

    serial: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    relying_party_id: Mapped[str] = mapped_column(ForeignKey("relying_party.id"), index=True)
    public_key: Mapped[bytes] = mapped_column(unique=True)
    payload: Mapped[bytes]
    signed: Mapped[bytes | None]
    not_before: Mapped[datetime]
    not_after: Mapped[datetime] = mapped_column(index=True)
    created_at: Mapped[datetime]
    renewed_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
    reason: Mapped[str | None]

    relying_party: Mapped[RelyingParty] = relationship()
