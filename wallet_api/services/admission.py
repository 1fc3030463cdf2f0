"""Letting a signed POST in: its idempotency key is claimed and its nonce used, in one transaction.

A stored answer is looked for before the nonce counts, so that a retry gets its answer without a
fresh one; a nonce that does not hold gives the key back with the rollback (C1, T20).
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import insert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from wallet_api.errors import NonceRequired
from wallet_api.models import IdempotencyKey, table_of
from wallet_api.services import idempotency, nonces
from wallet_api.services.deps import Deps
from wallet_api.services.idempotency import Answer, Once

_CLAIM: Final = insert(table_of(IdempotencyKey))


def admit(deps: Deps, once: Once, nonce: str) -> Answer | None:
    """Claim the key and use the nonce up, or return the answer given before.

    Raises ``NonceRequired``, ``IdempotencyKeyReused`` or ``RequestInProgress``.
    """
    row = {
        "scope": once.scope,
        "key": once.key,
        "body_hash": once.body_hash,
        "started_at": deps.now(),
    }
    try:
        with deps.transaction() as db:
            db.execute(_CLAIM, row)
            _use(db, deps, nonce)
    except IntegrityError:
        return _answer_of_earlier(deps, once, nonce)
    return None


def _answer_of_earlier(deps: Deps, once: Once, nonce: str) -> Answer | None:
    held = idempotency.begin(deps, once)
    if held is None:  # the worker of the earlier request is dead: ours takes over
        try:
            with deps.transaction() as db:
                _use(db, deps, nonce)
        except NonceRequired:
            idempotency.release(deps, once)
            raise
    return held


def _use(db: Session, deps: Deps, nonce: str) -> None:
    if not nonces.is_fresh(deps, nonce):
        raise NonceRequired
    nonces.use_up(db, deps, "statement", (nonce,))
