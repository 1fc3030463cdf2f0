"""Checking the signed statements of phones and kiosks, in the order that charges nobody wrongly.

Device signature, then purpose, subject and body, then time; the nonce is used
up by ``admission`` only after a stored answer was looked for. A PIN proof is
only compared with its statement here: its signature is looked at after the
attempt has been charged (``services/pins.py``; threats T16, T18).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from credentials.errors import CredentialError, FormatError
from credentials.jwk import load_jwk, thumbprint
from credentials.signing import load_compressed
from credentials.statement import (
    TYP_PIN,
    Statement,
    UnverifiedStatement,
    check_body,
    parse_statement,
    verify_statement,
)
from wallet_api.errors import (
    ClockSkew,
    NonceRequired,
    PinProofMissing,
    StatementInvalid,
    StatementMissing,
)
from wallet_api.services import nonces
from wallet_api.services.deps import Deps

LARGEST_SKEW_SECONDS: Final = 300


def read(text: str | None, typ: str) -> UnverifiedStatement:
    """Parse a statement header; raises ``StatementMissing`` or ``StatementInvalid``."""
    if not text:
        raise StatementMissing
    try:
        return parse_statement(text, typ=typ)
    except FormatError:
        raise StatementInvalid from None


def verify(
    unverified: UnverifiedStatement, public_key: bytes, *, purpose: str, subject: str, body: bytes
) -> Statement:
    """Verify signature and meaning; ``public_key`` is the compressed point we hold."""
    try:
        statement = verify_statement(unverified, load_compressed(public_key))
        check_body(statement, body)
    except CredentialError:
        raise StatementInvalid from None
    if statement.purpose != purpose or statement.subject != subject:
        raise StatementInvalid
    return statement


def is_by(statement: Statement, jwk: Mapping[str, object]) -> bool:
    """Say whether the key in a body is the one that signed; a key that is none is somebody's."""
    try:
        return thumbprint(load_jwk(jwk)) == statement.device_thumbprint
    except CredentialError:
        return True  # the body's own check names the field


def check_time(deps: Deps, statement: Statement) -> None:
    """Raise ``ClockSkew`` with the server's time when the phone's clock is far off."""
    now = deps.now()
    if abs(now.timestamp() - statement.issued_at) > LARGEST_SKEW_SECONDS:
        raise ClockSkew(server_time=now.isoformat().replace("+00:00", "Z"))


def check_nonce(deps: Deps, statement: Statement) -> None:
    """Demand a fresh nonce, for what changes nothing; raises ``NonceRequired``."""
    if not nonces.is_fresh(deps, statement.nonce):
        raise NonceRequired


def read_pin_proof(text: str | None, statement: Statement) -> UnverifiedStatement:
    """Parse the PIN proof and demand that it says what the statement says."""
    if not text:
        raise PinProofMissing
    proof = read(text, TYP_PIN)
    if proof.statement != statement or statement.pin_thumbprint is None:
        raise StatementInvalid
    return proof
