"""What the issuer keeps for wallets of others: their keys, and what they shall fetch later."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from wallet_api.models.tables import Base


class ForeignKeyHeld(Base):
    """A key in a wallet of others, apart from the national app's devices.

    Its thumbprint is the primary key: one key is never good for two residents' wallets.
    """

    __tablename__ = "foreign_key_held"

    jkt: Mapped[str] = mapped_column(primary_key=True)
    wallet_id: Mapped[str] = mapped_column(ForeignKey("wallet.id"), index=True)
    client_id: Mapped[str]  # empty: anonymous
    first_at: Mapped[datetime]
    last_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]  # with the resident's wallet


class OpenIdDeferred(Base):
    """Credentials that are promised: fetched once, with the grant that asked for them."""

    __tablename__ = "openid_deferred"

    id_hash: Mapped[bytes] = mapped_column(primary_key=True)
    grant_id: Mapped[str] = mapped_column(ForeignKey("openid_grant.id"), index=True)
    order_sealed: Mapped[bytes]  # JSON: configuration, document, keys
    ready_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)
    delivered_at: Mapped[datetime | None]
