"""Secrets of the authorization server: only their keyed hashes are stored, one purpose each."""

from __future__ import annotations

import secrets

from credentials.jwk import b64url_encode
from wallet_api.services.deps import Deps


def new_secret() -> str:
    """Make a secret of 256 random bits, base64url (43 characters)."""
    return secrets.token_urlsafe(32)


def derive(deps: Deps, purpose: str, row_id: str) -> str:
    """Return the secret that belongs to a row: the same again, and stored nowhere."""
    return b64url_encode(deps.vault.mac(f"openid|{purpose}", row_id.encode()))


def hash_of(deps: Deps, purpose: str, secret: str) -> bytes:
    """Return what is kept of a secret."""
    return deps.vault.mac(f"openid-hash|{purpose}", secret.encode())
