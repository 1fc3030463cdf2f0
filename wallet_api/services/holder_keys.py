"""Keys that credentials are bound to, proven under the device key (threat T21).

A proof is a JWS by the holder key over wallet, server nonce and the device
key's thumbprint; each nonce counts once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from credentials.errors import CredentialError
from credentials.jwk import load_jwk, thumbprint
from wallet_api.errors import HolderKeysInvalid, NonceRequired
from wallet_api.services import nonces
from wallet_api.services.deps import Deps

PROOF_TYPE: Final = "ikd-holder+jwt"
SKEW_SECONDS: Final = 300


def check(
    deps: Deps, wallet_id: str, device_jkt: str, offered: Sequence[Mapping[str, Any]]
) -> list[ec.EllipticCurvePublicKey]:
    """Return the proven keys in order; raises ``HolderKeysInvalid`` or ``NonceRequired``."""
    keys, used = [], set()
    for entry in offered:
        key, nonce = _check_one(deps, wallet_id, device_jkt, entry)
        keys.append(key)
        used.add(nonce)
    if len({thumbprint(key) for key in keys}) != len(keys):
        raise HolderKeysInvalid
    if not all(nonces.consume(deps, "holder", nonce) for nonce in used):
        raise NonceRequired
    return keys


def _check_one(
    deps: Deps, wallet_id: str, device_jkt: str, entry: Mapping[str, Any]
) -> tuple[ec.EllipticCurvePublicKey, str]:
    claims, key = _read(entry)
    nonce, issued_at, now = claims.get("nonce"), claims.get("iat"), int(deps.now().timestamp())
    fits = (
        claims.get("sub") == wallet_id
        and claims.get("jkt") == device_jkt
        and type(issued_at) is int
        and now - SKEW_SECONDS <= issued_at <= now + SKEW_SECONDS
        and thumbprint(key) != device_jkt
    )
    if not fits:
        raise HolderKeysInvalid
    if not isinstance(nonce, str) or not nonces.is_fresh(deps, nonce):
        raise NonceRequired
    return key, nonce


def _read(entry: Mapping[str, Any]) -> tuple[dict[str, Any], ec.EllipticCurvePublicKey]:
    try:
        key = load_jwk(entry["jwk"])
        header = jwt.get_unverified_header(entry["proof"])
        named = header.get("jwk")
        if header.get("typ") != PROOF_TYPE or not isinstance(named, dict):
            raise HolderKeysInvalid
        if thumbprint(load_jwk(named)) != thumbprint(key):
            raise HolderKeysInvalid
        pem = key.public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        claims: dict[str, Any] = jwt.decode(
            entry["proof"],
            pem,
            algorithms=["ES256"],
            options={"verify_iat": False, "verify_sub": False},
        )
    except (jwt.PyJWTError, CredentialError):
        raise HolderKeysInvalid from None
    return claims, key
