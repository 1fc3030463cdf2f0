"""What foreign wallets were offered, ask for and were granted (OpenID4VCI 1.0).

Secrets (codes, request addresses, browsers' cookies, transaction codes) stand here only as keyed
hashes: a copy of the database opens nothing.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from wallet_api.models.tables import Base, new_id


class OpenIdOffer(Base):
    """A credential offer to one wallet's holder; it is taken once."""

    __tablename__ = "openid_offer"

    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    wallet_id: Mapped[str] = mapped_column(ForeignKey("wallet.id"), index=True)
    grant_kind: Mapped[str]  # pre-authorized | authorization-code
    configurations: Mapped[str]  # JSON
    code_hash: Mapped[bytes] = mapped_column(unique=True)  # of the code or the issuer_state
    tx_code_hash: Mapped[bytes | None]
    tx_code_length: Mapped[int] = mapped_column(default=0)
    tx_code_failures: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)
    used_at: Mapped[datetime | None]


class OpenIdRequest(Base):
    """A pushed authorization request: PUSHED → SHOWN → APPROVED → CODED → REDEEMED, or REFUSED.

    ``id`` is what the national app is shown; the request's address, its code and the browser's
    cookie are hashes.
    """

    __tablename__ = "openid_request"

    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    uri_hash: Mapped[bytes] = mapped_column(unique=True)
    client_id: Mapped[str]
    attested: Mapped[bool] = mapped_column(default=False)
    redirect_uri: Mapped[str]
    client_state: Mapped[str | None]
    code_challenge: Mapped[str]
    jkt: Mapped[str | None]
    configurations: Mapped[str]  # JSON
    with_details: Mapped[bool]  # asked by authorization_details
    offer_id: Mapped[str | None]
    state: Mapped[str]
    number: Mapped[str]  # what page and national app show for comparison
    browser_hash: Mapped[bytes | None]
    wallet_id: Mapped[str | None] = mapped_column(ForeignKey("wallet.id"), index=True)
    code_hash: Mapped[bytes | None] = mapped_column(unique=True)
    code_expires_at: Mapped[datetime | None]
    grant_id: Mapped[str | None]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)


class OpenIdGrant(Base):
    """What a foreign wallet may fetch, and until when; every access token names one.

    ``generation`` counts a bearer's refresh tokens: an older one than the newest ends the grant.
    """

    __tablename__ = "openid_grant"

    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    wallet_id: Mapped[str] = mapped_column(ForeignKey("wallet.id"), index=True)
    client_id: Mapped[str]  # empty: anonymous
    attested: Mapped[bool] = mapped_column(default=False)
    jkt: Mapped[str | None]  # the DPoP key; None: bearer
    configurations: Mapped[str]  # JSON
    identifiers: Mapped[str | None]  # JSON, credential identifier → configuration
    generation: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)
    ended_at: Mapped[datetime | None]
    end_reason: Mapped[str | None]
