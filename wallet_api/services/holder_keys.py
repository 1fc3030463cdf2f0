"""Keys that credentials are bound to, proven under the device key (threat T21).

A proof is a JWS by the holder key over wallet, server nonce and the device
key's thumbprint; each nonce counts once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import jwt

from credentials.errors import CredentialError
from credentials.jwk import load_jwk, thumbprint
from credentials.signing import compress
from wallet_api.errors import HolderKeysInvalid, NonceRequired
from wallet_api.services import nonces
from wallet_api.services.deps import Deps

PROOF_TYPE: Final = "ikd-holder+jwt"
SKEW_SECONDS: Final = 300


@dataclass(frozen=True, slots=True)
class HolderKey:
    """A key the phone proved to hold, as a compressed point, and its thumbprint."""

    point: bytes
    jkt: str


@dataclass(frozen=True, slots=True)
class Proven:
    """Keys in the order offered, and the nonces that are to be used up with what they are for."""

    keys: tuple[HolderKey, ...]
    nonces: frozenset[str]


def check(
    deps: Deps, wallet_id: str, device_jkt: str, offered: Sequence[Mapping[str, Any]]
) -> Proven:
    """Return the proven keys; raises ``HolderKeysInvalid`` or ``NonceRequired``."""
    proven = [_check_one(deps, wallet_id, device_jkt, entry) for entry in offered]
    keys = tuple(key for key, _ in proven)
    if len({key.jkt for key in keys}) != len(keys):
        raise HolderKeysInvalid
    return Proven(keys, frozenset(nonce for _, nonce in proven))


def _check_one(
    deps: Deps, wallet_id: str, device_jkt: str, entry: Mapping[str, Any]
) -> tuple[HolderKey, str]:
    claims, key = _read(entry)
    nonce, issued_at, now = claims.get("nonce"), claims.get("iat"), int(deps.now().timestamp())
    fits = (
        claims.get("sub") == wallet_id
        and claims.get("jkt") == device_jkt
        and type(issued_at) is int
        and now - SKEW_SECONDS <= issued_at <= now + SKEW_SECONDS
        and key.jkt != device_jkt
    )
    if not fits:
        raise HolderKeysInvalid
    if not isinstance(nonce, str) or not nonces.is_fresh(deps, nonce):
        raise NonceRequired
    return key, nonce


def _read(entry: Mapping[str, Any]) -> tuple[dict[str, Any], HolderKey]:
    try:
        key = load_jwk(entry["jwk"])
        jkt = thumbprint(key)
        proof = jwt.decode_complete(
            entry["proof"],
            key,
            algorithms=["ES256"],
            options={"verify_iat": False, "verify_sub": False},
        )
        header, claims = proof["header"], proof["payload"]
        named = header.get("jwk")
        if header.get("typ") != PROOF_TYPE or not isinstance(named, dict):
            raise HolderKeysInvalid
        if named != entry["jwk"] and thumbprint(load_jwk(named)) != jkt:
            raise HolderKeysInvalid
    except (jwt.PyJWTError, CredentialError):
        raise HolderKeysInvalid from None
    return claims, HolderKey(compress(key), jkt)
