"""Issued credentials and the status lists that say whether they still hold."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from wallet_api.models.tables import Base, new_id
from wallet_api.models.wallet import Wallet


class StatusList(Base):
    """One list of 2^20 entries; ``issued`` counts up, a secret permutation scatters it (T25)."""

    __tablename__ = "status_list"

    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    issued: Mapped[int] = mapped_column(default=0)
    closed: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime]


class Credential(Base):
    """INTENT → SIGNED → DELIVERED → ENDED; revocation and suspension stand beside it.

    The intent (claims and status index) is stored before anything is signed
    (rule 5); a signature is stored once and never replaced.
    """

    __tablename__ = "credential"
    __table_args__ = (
        UniqueConstraint("list_number", "list_index"),
        UniqueConstraint("batch", "position"),
        Index("ix_credential_wallet_stage", "wallet_id", "stage"),
        Index("ix_credential_status", "status"),
        Index("ix_credential_status_at", "status_at"),
    )

    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    wallet_id: Mapped[str] = mapped_column(ForeignKey("wallet.id"))
    batch: Mapped[str]
    position: Mapped[int]
    type: Mapped[str]
    profile: Mapped[str]
    unit_profile: Mapped[str]  # the whole document's profile, where this is a part
    profile_number: Mapped[int]
    document_key: Mapped[str]
    document_version: Mapped[str]
    part: Mapped[int] = mapped_column(default=0)
    parts: Mapped[int] = mapped_column(default=0)
    answer_hash: Mapped[str]
    holder_jkt: Mapped[str]
    list_number: Mapped[int] = mapped_column(ForeignKey("status_list.number"))
    list_index: Mapped[int]
    kid: Mapped[bytes]
    claims_sealed: Mapped[bytes]
    signed_sealed: Mapped[bytes | None]
    stage: Mapped[str]
    status: Mapped[str] = mapped_column(default="good")  # good | revoked | suspended
    status_reason: Mapped[str | None]
    status_at: Mapped[datetime | None]
    issued_at: Mapped[datetime]
    renew_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    delivered_at: Mapped[datetime | None]
    # "qr" is the national app's; "dc+sd-jwt" and "mso_mdoc" are held by wallets of others, which
    # have the only copy: of these the digest is kept, and the grant that they came from.
    format: Mapped[str] = mapped_column(default="qr", server_default="qr")
    grant_id: Mapped[str | None]
    signed_digest: Mapped[bytes | None]

    wallet: Mapped[Wallet] = relationship()


class StatusRemnant(Base):
    """A published entry whose credential was lost with the database; published until it expires."""

    __tablename__ = "status_remnant"

    list_number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    list_index: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    status: Mapped[str]
    until: Mapped[datetime]
