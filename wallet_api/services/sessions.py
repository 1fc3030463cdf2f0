"""Sessions: an access token of ten minutes, bound to the device key (RFC 9449).

Opened with device key and PIN key. A session without the PIN may only renew
credentials, so that a phone can do so unattended.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import timedelta
from hmac import compare_digest
from typing import Any, Final

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from sqlalchemy import select

from credentials.errors import CredentialError
from credentials.jwk import b64url_encode, load_jwk, thumbprint
from credentials.statement import UnverifiedStatement
from wallet_api.audit import record
from wallet_api.errors import (
    DpopInvalid,
    DpopNonceRequired,
    PinProofMissing,
    ScopeInsufficient,
    TokenInvalid,
    WalletBlocked,
    WalletClosed,
    WalletNotFound,
)
from wallet_api.models import Device, Wallet
from wallet_api.rules import lifecycle
from wallet_api.services import nonces, pins
from wallet_api.services.deps import Deps
from wallet_api.services.enrolment_view import iso
from wallet_api.services.idempotency import Once, remember

FULL, RENEW = "full", "renew"
TOKEN_TYPE: Final = "at+jwt"  # noqa: S105 - RFC 9068 media type
PROOF_TYPE: Final = "dpop+jwt"
PROOF_SKEW_SECONDS: Final = 10
MOST_TEXT: Final = 4096
SHORTEST_JTI, LONGEST_JTI = 16, 128
LATEST_TIME: Final = 1 << 40
CLAIMS: Final = ("iss", "sub", "jti", "iat", "exp", "scope", "cnf")


@dataclass(frozen=True, slots=True)
class TokenFacts:
    """A token that verified, with the proof that came with it (its ``jti`` still unused)."""

    wallet: str
    jkt: str
    scope: str
    proof_jti: str


def open_session(
    deps: Deps,
    wallet_id: str,
    scope: str,
    proof: UnverifiedStatement | None,
    *,
    once: Once | None,
) -> dict[str, object]:
    """Open a session; raises ``PinWrong``, ``PinWait``, ``WalletBlocked``, ``WalletClosed``."""
    if scope == FULL:
        if proof is None:
            raise PinProofMissing
        pins.check_wallet_pin(deps, wallet_id, proof)
    with deps.transaction() as db:
        wallet = db.get_one(Wallet, wallet_id)
        demand_active(wallet.state)
        device = db.scalars(select(Device).where(Device.wallet_id == wallet_id)).one()
        record(db, "session.opened", at=deps.now(), actor="device", subject=wallet_id, scope=scope)
        answer: dict[str, object] = {
            "access_token": _make_token(deps, wallet_id, device.jkt, scope),
            "token_type": "DPoP",
            "expires_in": deps.settings.session_seconds,
            "scope": scope,
            "server_time": iso(deps.now()),
        }
        remember(db, deps, once, 201, answer)
    return answer


def device_key(deps: Deps, wallet_id: str) -> bytes:
    """Return the compressed key of the wallet's phone; raises ``WalletNotFound``."""
    with deps.transaction() as db:
        device = db.scalars(select(Device).where(Device.wallet_id == wallet_id)).one_or_none()
        if device is None:
            raise WalletNotFound
        if not device.active:
            raise WalletClosed
        return device.public_key


def check_token(
    deps: Deps,
    *,
    authorization: str | None,
    proof: str | None,
    method: str,
    path: str,
    scope: str,
) -> TokenFacts:
    """Verify token and proof (RFC 9449 section 4.3) and that the wallet is active now."""
    scheme, _, token = (authorization or "").partition(" ")
    if scheme.lower() != "dpop" or not token:
        raise TokenInvalid
    claims = _read_token(deps, token)
    jkt, jti = _check_proof(deps, proof or "", token, method, path)
    if not compare_digest(jkt, claims["cnf"]["jkt"]):
        raise TokenInvalid
    if scope == FULL and claims["scope"] != FULL:
        raise ScopeInsufficient
    with deps.transaction() as db:
        wallet = db.get(Wallet, claims["sub"])
        if wallet is None:
            raise TokenInvalid
        demand_active(wallet.state)
    return TokenFacts(claims["sub"], jkt, claims["scope"], jti)


def use_proof(deps: Deps, facts: TokenFacts) -> None:
    """Use the proof's ``jti`` up; raises ``DpopInvalid`` for a replay (T20)."""
    ends = deps.now() + timedelta(seconds=2 * PROOF_SKEW_SECONDS)
    if not nonces.consume(deps, "dpop", f"{facts.jkt}|{facts.proof_jti}", expires_at=ends):
        raise DpopInvalid


def demand_active(state: str) -> None:
    """Raise ``WalletBlocked`` or ``WalletClosed`` unless ``state`` is active."""
    if state == lifecycle.BLOCKED:
        raise WalletBlocked
    if state != lifecycle.ACTIVE:
        raise WalletClosed


def _make_token(deps: Deps, wallet_id: str, jkt: str, scope: str) -> str:
    now = int(deps.now().timestamp())
    claims = {
        "iss": deps.settings.public_url,
        "sub": wallet_id,
        "jti": secrets.token_urlsafe(16),
        "iat": now,
        "exp": now + deps.settings.session_seconds,
        "scope": scope,
        "cnf": {"jkt": jkt},
    }
    return jwt.encode(claims, deps.keys.token_key, "ES256", headers={"typ": TOKEN_TYPE})


def _read_token(deps: Deps, token: str) -> dict[str, Any]:
    if len(token) > MOST_TEXT:
        raise TokenInvalid
    try:
        claims: dict[str, Any] = jwt.decode(
            token,
            deps.keys.token_key.public_key(),
            algorithms=["ES256"],
            issuer=deps.settings.public_url,
            options={"require": list(CLAIMS), "verify_exp": False, "verify_iat": False},
        )
        typ = jwt.get_unverified_header(token).get("typ")
    except jwt.PyJWTError:
        raise TokenInvalid from None
    # The clock is ours to pass in, so time is checked here and not by the library.
    now = int(deps.now().timestamp())
    if typ != TOKEN_TYPE or not claims["iat"] - PROOF_SKEW_SECONDS <= now < claims["exp"]:
        raise TokenInvalid
    return claims


def _check_proof(deps: Deps, proof: str, token: str, method: str, path: str) -> tuple[str, str]:
    """Return thumbprint of the proof's key and its ``jti``."""
    claims, jkt = _read_proof(proof)
    jti, nonce = claims.get("jti"), claims.get("nonce")
    issued_at: Any = claims.get("iat")
    ath = b64url_encode(hashlib.sha256(token.encode()).digest())
    expected = deps.settings.public_url.rstrip("/") + path
    fits = (
        claims.get("htm") == method
        and claims.get("htu") == expected
        and claims.get("ath") == ath
        and isinstance(jti, str)
        and SHORTEST_JTI <= len(jti) <= LONGEST_JTI
        and type(issued_at) in (int, float)
        and abs(issued_at) < LATEST_TIME  # false for NaN, which JSON readers let through
    )
    if not fits:
        raise DpopInvalid
    if not isinstance(nonce, str) or not nonces.is_fresh(deps, nonce):
        raise DpopNonceRequired
    if abs(issued_at - deps.now().timestamp()) > PROOF_SKEW_SECONDS:
        raise DpopInvalid(server_time=iso(deps.now()))
    return jkt, str(jti)


def _read_proof(proof: str) -> tuple[dict[str, Any], str]:
    """Verify the proof with the key in its own header; the token says whether that key counts."""
    if len(proof) > MOST_TEXT:
        raise DpopInvalid
    try:
        header = jwt.get_unverified_header(proof)
        key = load_jwk(header.get("jwk") or {})
        if header.get("typ") != PROOF_TYPE or not set(header) <= {"alg", "typ", "jwk"}:
            raise DpopInvalid
        claims: dict[str, Any] = jwt.decode(
            proof,
            _pem(key),
            algorithms=["ES256"],
            options={"verify_exp": False, "verify_iat": False},
        )
    except (jwt.PyJWTError, CredentialError, TypeError, AttributeError):
        raise DpopInvalid from None
    return claims, thumbprint(key)


def _pem(key: ec.EllipticCurvePublicKey) -> bytes:
    return key.public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
