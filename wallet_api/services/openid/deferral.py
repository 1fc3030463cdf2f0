"""Credentials that come later (OpenID4VCI 1.0 section 9), where `openid_deferred_seconds` says so.

The proofs are checked and the keys recorded at once; status entries are taken and credentials
signed when they are fetched, once. An answer that gets lost is asked for anew.
"""

from __future__ import annotations

import json
import secrets
from datetime import datetime, timedelta
from functools import partial
from typing import Final

from sqlalchemy import Connection, bindparam, case, insert, null, select, update

from credentials.jwk import b64url_decode, b64url_encode, thumbprint
from credentials.signing import compress, load_compressed
from wallet_api.errors.openid import OpenIdError
from wallet_api.models import OpenIdDeferred, table_of
from wallet_api.services.deps import Deps
from wallet_api.services.openid import copies, encryption, issuing, secret_hashes
from wallet_api.services.openid.access import Access
from wallet_api.services.openid.bodies import (
    Body,
    Reply,
    make_reply,
    read_request,
    with_credentials,
)
from wallet_api.services.openid.configurations import configurations
from wallet_api.services.openid.encryption import ResponseKey
from wallet_api.services.openid.issuing import Order, UseUp
from wallet_api.services.openid.key_proofs import HeldKey

LIFE: Final = timedelta(days=7)
"""How long a promise is kept after the credentials are ready."""
LONGEST_INTERVAL: Final = 60
KIND: Final = "deferred"

_deferred = table_of(OpenIdDeferred).c
_PROMISE: Final = insert(table_of(OpenIdDeferred)).inline()
_FIND: Final = select(_deferred.order_sealed, _deferred.ready_at).where(
    _deferred.id_hash == bindparam("hash"),
    _deferred.grant_id == bindparam("grant"),
    _deferred.delivered_at.is_(None),
    _deferred.expires_at > bindparam("now"),
)
# Once: where it was delivered before, the row breaks (`issuing.transaction_for` says so).
_DELIVER: Final = (
    update(table_of(OpenIdDeferred))
    .where(_deferred.id_hash == bindparam("hash"))
    .values(
        delivered_at=bindparam("now"),
        order_sealed=case((_deferred.delivered_at.is_(None), _deferred.order_sealed), else_=null()),
    )
)


def promise(deps: Deps, order: Order, key: ResponseKey | None, use_up: UseUp) -> Reply:
    """Promise an order; raises for one that could not be filled, as `issuing.issue`."""
    issuing.check(deps, order)
    transaction_id, now = secrets.token_urlsafe(32), deps.now()
    ready_at = now + timedelta(seconds=deps.settings.openid_deferred_seconds)
    hashed = secret_hashes.hash_of(deps, KIND, transaction_id)
    row = {
        "id_hash": hashed,
        "grant_id": order.grant,
        "order_sealed": deps.vault.seal_message(_place(hashed), _encode(order)),
        "ready_at": ready_at,
        "expires_at": ready_at + LIFE,
    }
    with issuing.transaction_for(deps, order) as db, deps.one_trip(db):
        use_up(db)
        copies.hold_keys(db, deps, order)
        db.execute(_PROMISE, row)
    return _later(transaction_id, now, ready_at, key)


def deliver(deps: Deps, access: Access, body: Body) -> Reply:
    """Issue what was promised, once; OpenIdError invalid_transaction_id (section 9.3)."""
    request, encrypted = read_request(deps, body)
    transaction_id, now = request.get("transaction_id"), deps.now()
    if not isinstance(transaction_id, str):
        raise OpenIdError("invalid_credential_request", "transaction_id is missing")
    hashed = secret_hashes.hash_of(deps, KIND, transaction_id)
    with deps.looking() as db:
        found = db.execute(_FIND, {"hash": hashed, "grant": access.grant, "now": now}).first()
    if found is None:
        raise issuing.not_promised()
    order = _decode(deps, access, deps.vault.open_message(_place(hashed), found[0]))
    # Section 9.1: the key of this request counts, whatever the first one said.
    key = encryption.find_response_key(deps, request, encrypted=encrypted)
    if now < found.ready_at:
        return _later(transaction_id, now, found.ready_at, key)
    issued = issuing.issue(deps, order, partial(_use_up, deps, hashed))
    # No notification_id here, as section 9.2 allows: widespread wallets refuse it in this answer.
    return make_reply(200, with_credentials(issued.credentials), key)


def _use_up(deps: Deps, hashed: bytes, db: Connection) -> None:
    db.execute(_DELIVER, {"hash": hashed, "now": deps.now()})


def _later(
    transaction_id: str, now: datetime, ready_at: datetime, key: ResponseKey | None
) -> Reply:
    seconds = min(max(int((ready_at - now).total_seconds()), 1), LONGEST_INTERVAL)
    return make_reply(202, {"transaction_id": transaction_id, "interval": seconds}, key)


def _encode(order: Order) -> bytes:
    return json.dumps(
        {
            "configuration": order.configuration.id,
            "identifier": order.identifier,
            "keys": [b64url_encode(compress(held.public_key)) for held in order.keys],
        }
    ).encode()


def _decode(deps: Deps, access: Access, content: bytes) -> Order:
    held = json.loads(content)
    keys = [load_compressed(b64url_decode(text)) for text in held["keys"]]
    configuration = configurations(deps).get(held["configuration"])
    if configuration is None:  # the catalogue has changed meanwhile
        raise issuing.not_promised()
    return Order(
        access.wallet,
        access.grant,
        access.client_id,
        configuration,
        held["identifier"],
        tuple(HeldKey(key, thumbprint(key)) for key in keys),
    )


def _place(hashed: bytes) -> str:
    return f"openid_deferred|order|{hashed.hex()}"
