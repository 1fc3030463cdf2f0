"""What a passkey ceremony has to prove (WebAuthn Level 3), judged from its bytes alone.

The console is a page of this very PC, so the relying party's id is "localhost":
an address such as 127.0.0.1 can be none (section 5.1.2). The ``webauthn`` package
checks the signatures; what it reads leniently is read strictly here first.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from webauthn.authentication.verify_authentication_response import verify_authentication_response
from webauthn.helpers.cose import COSEAlgorithmIdentifier
from webauthn.helpers.structs import (
    AuthenticationCredential,
    AuthenticatorAssertionResponse,
    AuthenticatorAttestationResponse,
    RegistrationCredential,
)
from webauthn.registration.verify_registration_response import verify_registration_response

from credentials.errors import FormatError
from credentials.jwk import b64url_decode, b64url_encode
from wallet_api.rules.errors import RuleError

RP_ID: Final = "localhost"
RP_NAME: Final = "IKD"
ADD: Final = "add"
SIGN_IN: Final = "sign_in"
CHALLENGE_LIFE: Final = timedelta(minutes=5)
DIALOG_LIFE: Final = timedelta(minutes=2)  # how long the browser asks for the passkey
RECENT: Final = timedelta(minutes=15)  # who adds a passkey has signed in as recently as that
MOST: Final = 5  # a person's; more are lost ones that nobody removed
ALGORITHMS: Final = (
    COSEAlgorithmIdentifier.ECDSA_SHA_256,
    COSEAlgorithmIdentifier.EDDSA,
    COSEAlgorithmIdentifier.RSASSA_PKCS1_v1_5_SHA_256,  # Windows Hello on older TPMs
)

_ORIGIN: Final = re.compile(rf"http://{RP_ID}(:[1-9][0-9]{{0,4}})?", re.ASCII)
_ATTESTATIONS: Final = frozenset({"none", "packed"})


@dataclass(frozen=True, slots=True)
class Assertion:
    """A browser's answer to a sign-in, base64url as it came."""

    id: str
    client_data: str
    authenticator_data: str
    signature: str
    user_handle: str


@dataclass(frozen=True, slots=True)
class Attestation:
    """A browser's answer to the making of a passkey, base64url as it came."""

    id: str
    client_data: str
    attestation: str


@dataclass(frozen=True, slots=True)
class ClientData:
    """What the browser says it was asked, and by which page; not yet proven by a signature."""

    challenge: bytes
    origin: str


@dataclass(frozen=True, slots=True)
class NewPasskey:
    """A passkey whose ceremony held: its id, its COSE key, where its counter starts."""

    credential_id: bytes
    public_key: bytes
    sign_count: int


def check_origin(origin: str) -> None:
    """Demand a console's origin: http on this machine by name; `RuleError` ORIGIN."""
    if not _ORIGIN.fullmatch(origin):
        raise RuleError("origin", "ORIGIN")


def decode(text: str) -> bytes:
    """Decode base64url strictly; `RuleError` PASSKEY_FORM."""
    try:
        return b64url_decode(text)
    except FormatError:
        raise RuleError("passkey", "PASSKEY_FORM") from None


def read_client_data(text: str) -> ClientData:
    """Read challenge and origin of a ceremony; `RuleError` for what no console's page sends."""
    try:
        data = json.loads(decode(text))
    except (ValueError, RecursionError):
        raise RuleError("passkey", "PASSKEY_FORM") from None
    if not isinstance(data, dict):
        raise RuleError("passkey", "PASSKEY_FORM")
    challenge, origin = data.get("challenge"), data.get("origin")
    if not isinstance(challenge, str) or not isinstance(origin, str):
        raise RuleError("passkey", "PASSKEY_FORM")
    if data.get("crossOrigin") not in (None, False) or "topOrigin" in data:
        raise RuleError("passkey", "PASSKEY_FRAMED")
    check_origin(origin)
    return ClientData(decode(challenge), origin)


def verify_attestation(made: Attestation, known: ClientData) -> NewPasskey:
    """Return the passkey that was made; `RuleError` unless everything holds.

    The challenge is the caller's to check. Attestation proves nothing here and is not asked for:
    any authenticator will do that verifies its user.
    """
    credential = RegistrationCredential(
        id=made.id,
        raw_id=decode(made.id),
        response=AuthenticatorAttestationResponse(
            client_data_json=decode(made.client_data), attestation_object=decode(made.attestation)
        ),
    )
    try:
        verified = verify_registration_response(
            credential=credential,
            supported_pub_key_algs=list(ALGORITHMS),
            **_expected(known),
        )
    except Exception:  # noqa: BLE001 - hostile bytes: the package raises whatever they make it do
        raise RuleError("passkey", "PASSKEY_SIGNATURE") from None
    if verified.fmt not in _ATTESTATIONS or verified.credential_id != credential.raw_id:
        raise RuleError("passkey", "PASSKEY_FORM")
    return NewPasskey(verified.credential_id, verified.credential_public_key, verified.sign_count)


def verify_assertion(proof: Assertion, known: ClientData, *, public_key: bytes) -> int:
    """Return the signature counter of an assertion by this key; `RuleError` unless all holds.

    Whether the counter went on is for the row to say, in one statement with its use.
    """
    credential = AuthenticationCredential(
        id=proof.id,
        raw_id=decode(proof.id),
        response=AuthenticatorAssertionResponse(
            client_data_json=decode(proof.client_data),
            authenticator_data=decode(proof.authenticator_data),
            signature=decode(proof.signature),
            user_handle=decode(proof.user_handle),
        ),
    )
    try:
        verified = verify_authentication_response(
            credential=credential,
            credential_public_key=public_key,
            credential_current_sign_count=0,
            **_expected(known),
        )
    except Exception:  # noqa: BLE001 - as above
        raise RuleError("passkey", "PASSKEY_SIGNATURE") from None
    return verified.new_sign_count


def _expected(known: ClientData) -> dict[str, Any]:
    return {
        "expected_challenge": known.challenge,
        "expected_origin": known.origin,
        "expected_rp_id": RP_ID,
        "require_user_verification": True,
    }


def show_user_handle(operator_id: str) -> str:
    """Return the user handle of an operator's passkeys: the row's id, which says nothing."""
    return b64url_encode(operator_id.encode())
