"""Bodies of the passkey ceremonies; binary is base64url without padding."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StringConstraints

from wallet_api.web.schemas.activation import Secret
from wallet_api.web.schemas.parts import Answer, Body, Jwk, Time

Origin = Annotated[str, Field(min_length=1, max_length=64)]
CredentialId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,1364}$")]
Short = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,2048}$")]
Long = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,8192}$")]
Name = Annotated[str, StringConstraints(min_length=1, max_length=40, strip_whitespace=True)]


class ChallengeBody(Body):
    """Which page asks: the origin under which the console is open."""

    origin: Origin


class AddChallengeBody(ChallengeBody):
    """Which page asks, and the operator's password once more."""

    password: Secret


class SignInQuestion(Answer):
    """What the page asks the browser for (PublicKeyCredentialRequestOptions)."""

    challenge: str
    rp_id: str
    timeout_ms: int


class PasskeyUser(Answer):
    """Whose passkey is made; ``id`` is base64url of an opaque id."""

    id: str
    name: str
    display_name: str


class AddQuestion(SignInQuestion):
    """What the page asks the browser to make (PublicKeyCredentialCreationOptions)."""

    rp_name: str
    user: PasskeyUser
    algorithms: list[int]
    exclude: list[str]


class AssertionPart(Body):
    """What the browser answered (AuthenticatorAssertionResponse)."""

    id: CredentialId
    client_data: Short
    authenticator_data: Short
    signature: Short
    user_handle: Short


class PasskeyShiftBody(Body):
    """A passkey's answer, and the shift's frame key."""

    passkey: AssertionPart
    frame_key: Jwk


class AttestationPart(Body):
    """What the browser made (AuthenticatorAttestationResponse)."""

    id: CredentialId
    client_data: Short
    attestation: Long


class PasskeyBody(Body):
    """A new passkey, under the name that its owner gives it."""

    name: Name
    passkey: AttestationPart


class PasskeyPart(Answer):
    """A passkey as lists show it."""

    id: str
    name: str
    created_at: Time
    last_used_at: Time | None


class PasskeyAnswer(Answer):
    """The passkey that was added."""

    passkey: PasskeyPart


class PasskeysAnswer(Answer):
    """The operator's passkeys; ``demanded``: with one, a password no longer opens a shift."""

    passkeys: list[PasskeyPart]
    demanded: bool
    most: int
