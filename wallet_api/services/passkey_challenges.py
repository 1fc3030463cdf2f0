"""Challenges of passkey ceremonies: made without storage, bound to one purpose, used once.

A challenge is time, 16 random bytes and a MAC over them together with the
ceremony, the kiosk, the operator (where one is signed in) and the page's
origin. So the answer to one counter's question is worth nothing at another,
and none is worth anything twice.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from hmac import compare_digest

from wallet_api.rules.passkeys import CHALLENGE_LIFE
from wallet_api.services import nonces
from wallet_api.services.deps import Deps

BODY, MAC = 24, 16


@dataclass(frozen=True, slots=True)
class Bound:
    """What a challenge is for; `operator` is empty while nobody is signed in."""

    ceremony: str
    kiosk_id: str
    operator: str
    origin: str


def make(deps: Deps, bound: Bound) -> bytes:
    """Return a fresh challenge (40 bytes)."""
    body = int(deps.now().timestamp() * 1000).to_bytes(8) + secrets.token_bytes(16)
    return body + _mac(deps, bound, body)


def use_up(deps: Deps, bound: Bound, challenge: bytes) -> str | None:
    """Use a challenge up; returns what is wrong with it, or None for the one use that it has."""
    body, mac = challenge[:BODY], challenge[BODY:]
    if len(challenge) != BODY + MAC or not compare_digest(mac, _mac(deps, bound, body)):
        return "challenge unknown"
    age = deps.now().timestamp() - int.from_bytes(body[:8]) / 1000
    if not 0 <= age < CHALLENGE_LIFE.total_seconds():
        return "challenge over"
    ends = deps.now() + CHALLENGE_LIFE
    used_first = nonces.consume(deps, "passkey", challenge.hex(), expires_at=ends)
    return None if used_first else "challenge used"


def _mac(deps: Deps, bound: Bound, body: bytes) -> bytes:
    parts = (bound.ceremony, bound.kiosk_id, bound.operator, bound.origin)
    return deps.vault.mac("passkey challenge", "|".join(parts).encode() + b"|" + body)[:MAC]
