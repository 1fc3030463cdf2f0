"""Bodies of sessions and of the wallet."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from wallet_api.web.schemas.parts import Answer, Body, Jwk, Label, ShortText, Time


class NonceAnswer(Answer):
    """A server nonce."""

    nonce: str
    expires_in: int
    server_time: Time


class TimeAnswer(Answer):
    """The server's time, signed."""

    server_time: Time
    token: str


class TimeQuery(Body):
    """The caller's nonce, returned inside the signed answer."""

    nonce: Annotated[str, Field(min_length=1, max_length=128, pattern=r"^[A-Za-z0-9_-]+$")]


class SessionBody(Body):
    """Which wallet, and whether the PIN comes with it."""

    wallet: ShortText
    scope: Literal["full", "renew"] = "full"


class SessionAnswer(Answer):
    """A DPoP-bound access token (RFC 9449)."""

    access_token: str
    token_type: str
    expires_in: int
    scope: str
    server_time: Time


class HolderKey(Body):
    """A key made for credentials, with its proof (typ ikd-holder+jwt)."""

    jwk: Jwk
    proof: Annotated[str, Field(min_length=1, max_length=4096)]


class IssueBody(Body):
    """One key for all credentials, or at least as many keys as credentials."""

    holder_keys: Annotated[list[HolderKey], Field(min_length=1, max_length=100)]
    types: Annotated[list[ShortText], Field(max_length=50)] | None = None


class RenewBody(Body):
    """Keys for the credentials that are due."""

    holder_keys: Annotated[list[HolderKey], Field(min_length=1, max_length=100)]


class Part(Answer):
    """A document that was too large for one QR comes in parts."""

    number: int
    total: int


class CredentialAnswer(Answer):
    """One issued credential."""

    id: str
    type: str
    profile: str
    profile_number: int
    document: str
    part: Part | None
    credential: str
    holder_jkt: str
    issued_at: Time
    expires_at: Time
    renew_at: Time


class CredentialsAnswer(Answer):
    """What was issued."""

    credentials: list[CredentialAnswer]


class CredentialFacts(Answer):
    """A credential without its bytes."""

    id: str
    type: str
    profile: str
    state: str
    issued_at: Time
    expires_at: Time
    renew_at: Time


class HeldAnswer(Answer):
    """What the wallet holds."""

    credentials: list[CredentialFacts]


class DeliveredBody(Body):
    """Which credentials have arrived safely."""

    ids: Annotated[list[ShortText], Field(min_length=1, max_length=200)]


class DeliveredAnswer(Answer):
    """Which older ones ended with that."""

    retired: list[str]


class BlockBody(Body):
    """Why the holder blocks the wallet."""

    reason: Literal["lost", "stolen", "other"]


class StateAnswer(Answer):
    """The wallet's new state."""

    state: str


class ProfileAnswer(Answer):
    """One way to show a document."""

    name: str
    number: int
    label: Label


class DocumentAnswer(Answer):
    """A document type and whether the registry has one for this person."""

    type: str
    label: Label
    available: bool
    profiles: list[ProfileAnswer]


class GroupAnswer(Answer):
    """Documents that belong together."""

    group: str
    label: Label
    documents: list[DocumentAnswer]


class WalletAnswer(Answer):
    """The wallet's main menu."""

    wallet: str
    state: str
    server_time: Time
    groups: list[GroupAnswer]
