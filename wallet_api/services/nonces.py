"""Server nonces: made without storage, used once by a unique row.

A nonce is time, 16 random bytes and a MAC. Reading one proves that we made it
and when; ``consume`` makes it single use (T20: no replay, in any worker).
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta
from hmac import compare_digest
from typing import Final

from sqlalchemy import insert
from sqlalchemy.exc import IntegrityError

from credentials.errors import FormatError
from credentials.jwk import b64url_decode, b64url_encode
from wallet_api.db import Statements
from wallet_api.errors import NonceRequired
from wallet_api.models import UsedNonce, table_of
from wallet_api.services.deps import Deps

LIFE: Final = timedelta(minutes=5)
BODY, MAC = 24, 16
_USE: Final = insert(table_of(UsedNonce))


def make(deps: Deps) -> str:
    """Return a fresh nonce (54 characters)."""
    body = int(deps.now().timestamp() * 1000).to_bytes(8) + secrets.token_bytes(16)
    return b64url_encode(body + deps.vault.mac("nonce", body)[:MAC])


def is_fresh(deps: Deps, nonce: str) -> bool:
    """Say whether the nonce is ours and at most five minutes old.

    Decoded strictly: a nonce has one spelling, or its single use would not hold.
    """
    try:
        raw = b64url_decode(nonce)
    except FormatError:
        return False
    body, mac = raw[:BODY], raw[BODY:]
    if len(raw) != BODY + MAC or not compare_digest(mac, deps.vault.mac("nonce", body)[:MAC]):
        return False
    made = int.from_bytes(body[:8]) / 1000
    return made <= deps.now().timestamp() < made + LIFE.total_seconds()


def consume(deps: Deps, kind: str, value: str, *, expires_at: datetime | None = None) -> bool:
    """Use ``value`` up; False when it was used before, in whichever worker."""
    try:
        with deps.statements() as db:
            use_up(db, deps, kind, (value,), expires_at=expires_at)
    except NonceRequired:
        return False
    return True


def use_up(
    db: Statements,
    deps: Deps,
    kind: str,
    values: Iterable[str],
    *,
    expires_at: datetime | None = None,
) -> None:
    """Use the values up in the caller's transaction, which has to end with what this raises.

    Raises ``NonceRequired`` when one of them was used before.
    """
    ends = expires_at or deps.now() + LIFE
    purpose = f"used|{kind}"
    rows = [
        {"nonce_hash": deps.vault.mac(purpose, value.encode()), "expires_at": ends}
        for value in values
    ]
    try:
        db.execute(_USE, rows)
    except IntegrityError:
        raise NonceRequired from None
