"""Issuing in the world's formats, in the order that leaves no credential unplanned (rule 5).

1 what the person has · 2 build and lint · 3 one transaction: what the request uses up, the keys,
status entries and intents · 4 sign each intent, read it as a verifier does · 5 store its digest.
The wallet has the only copy: here stays what was meant and the digest of what was signed. A worker
that dies between 3 and 5 leaves intents and nothing else; the wallet comes again with a new nonce.

Hot path: statements made once, no entities, two transactions.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any, Final

from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from credentials.derived import with_derived
from credentials.errors import LintError
from credentials.token_claims import StatusReference
from credentials.vc_claims import coarse_times
from wallet_api.audit import record, record_each
from wallet_api.db import broken_table
from wallet_api.errors import IssuingStopped, RegistryDown
from wallet_api.errors.openid import OpenIdError
from wallet_api.models import ForeignKeyHeld, OpenIdDeferred, UsedNonce, new_id
from wallet_api.rules import lifecycle
from wallet_api.services import people, status_lists
from wallet_api.services.deps import Deps
from wallet_api.services.issued import INTENT
from wallet_api.services.list_tokens import list_uri
from wallet_api.services.openid import copies, key_proofs, signing, units
from wallet_api.services.openid.configurations import Configuration, OfferedType, offered_types
from wallet_api.services.openid.key_proofs import HeldKey

ACTOR: Final = "issuer"


@dataclass(frozen=True, slots=True)
class Order:
    """What a wallet of others may have: one document, in one format, a copy for each key."""

    wallet: str
    grant: str
    client_id: str
    configuration: Configuration
    identifier: str | None
    keys: tuple[HeldKey, ...]


@dataclass(frozen=True, slots=True)
class Issued:
    """What was signed, in the order of the keys; ``batch`` names it in a notification."""

    batch: str
    credentials: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Document:
    """The document meant, as it lies open while its copies are made."""

    person: Any
    unit: units.Document
    offered: OfferedType
    content: signing.Content


UseUp = Callable[[Connection], None]
"""What the request uses up, with the intents: writes that fail by a constraint, or raise."""


def check(deps: Deps, order: Order) -> None:
    """Say early whether the order can be filled; raises as ``issue``."""
    _open_document(deps, order)


@contextmanager
def transaction_for(deps: Deps, order: Order) -> Iterator[Connection]:
    """Open a transaction that holds the order's wallet and, at its end, its keys.

    OpenIdError when the wallet is not active, a key is somebody else's or a nonce was used.
    """
    try:
        with deps.statements() as db:
            state, taken = copies.lock_wallet(db, order.wallet, [key.jkt for key in order.keys])
            if state != lifecycle.ACTIVE:
                raise _denied("the wallet of this person is not active")
            if taken:
                raise _key_taken()
            yield db
    except IntegrityError as error:
        refusal = _BROKEN.get(broken_table(error))
        if refusal is None:
            raise
        raise refusal() from None


def issue(deps: Deps, order: Order, use_up: UseUp) -> Issued:
    """Issue the copies of an order.

    OpenIdError credential_request_denied for what the person does not have, invalid_proof for a
    key of another wallet; raises ``IssuingStopped``, ``RegistryDown``.
    """
    document = _open_document(deps, order)
    batch = new_id()
    rows, planned = _plan(deps, order, document, batch, use_up)
    signed = tuple(signing.sign(deps, document.content, copy) for copy in planned)
    digests = {
        row["id"]: sha256(text.encode()).digest() for row, text in zip(rows, signed, strict=True)
    }
    with deps.statements() as db, deps.one_trip(db):
        copies.store_digests(db, digests)
        facts = [(row["id"], {"kid": row["kid"].hex()}) for row in rows]
        record_each(db, "credential.signed", at=deps.now(), actor=ACTOR, facts=facts)
    return Issued(batch, signed)


def _open_document(deps: Deps, order: Order) -> _Document:
    if deps.settings.issuing_stopped:
        raise IssuingStopped(retry_after=60)
    with deps.looking() as db:
        person = copies.read_kept(db, order.wallet)
    if person.answer_hash is None:
        raise RegistryDown(retry_after=30)
    answer = people.answer_of(deps, person)
    unit = units.find_document(deps, order.wallet, answer, order.configuration, order.identifier)
    if unit is None:
        raise _denied("the person does not have this document")
    offered = offered_types(deps)[order.configuration.type]
    portrait = people.portrait_of(deps, person)
    try:
        content = _write(deps, order.configuration, offered, unit["values"], portrait)
    except LintError as error:
        _note_refusal(deps, order.wallet, offered, error.code)
        raise _denied("the register does not have what this document needs") from None
    return _Document(person, unit, offered, content)


def _write(
    deps: Deps,
    configuration: Configuration,
    offered: OfferedType,
    values: Mapping[str, object],
    portrait: bytes | None,
) -> signing.Content:
    complete = with_derived(offered.type, values, on=deps.now().date())
    if portrait:
        complete = complete | dict.fromkeys(offered.type.pictures, portrait)
    return signing.make_content(configuration, offered, complete)


def _plan(
    deps: Deps, order: Order, document: _Document, batch: str, use_up: UseUp
) -> tuple[list[dict[str, Any]], list[signing.Copy]]:
    begins, ends = coarse_times(int(deps.now().timestamp()), document.offered.profile.validity_days)
    slots = status_lists.draw(deps, len(order.keys))
    planned = [
        signing.Copy(key, StatusReference(list_uri(deps, slot.number), slot.index), begins, ends)
        for key, slot in zip(order.keys, slots, strict=True)
    ]
    shared = _shared_columns(deps, order, document, batch)
    rows = [
        shared | _own_columns(deps, document, copy, slot, position)
        for position, (copy, slot) in enumerate(zip(planned, slots, strict=True))
    ]
    facts = [(row["id"], _facts_of(row)) for row in rows]
    with transaction_for(deps, order) as db, deps.one_trip(db):
        use_up(db)
        copies.hold_keys(db, deps, order)
        copies.store_intents(db, rows)
        record_each(db, "credential.planned", at=deps.now(), actor=ACTOR, facts=facts)
    return rows, planned


def _shared_columns(deps: Deps, order: Order, document: _Document, batch: str) -> dict[str, Any]:
    profile, unit = document.offered.profile, document.unit
    return {
        "wallet_id": order.wallet,
        "grant_id": order.grant,
        "format": order.configuration.format,
        "batch": batch,
        "type": order.configuration.type,
        "profile": profile.name,
        "unit_profile": profile.name,
        "profile_number": profile.number,
        "document_key": unit["key"],
        "document_version": unit["version"],
        "part": 0,
        "parts": 0,
        "answer_hash": document.person.answer_hash,
        "kid": signing.certified_for(deps, order.configuration).signer.kid,
        "signed_sealed": None,
        "stage": INTENT,
        "status": status_lists.GOOD,
    }


def _own_columns(
    deps: Deps, document: _Document, copy: signing.Copy, slot: status_lists.Slot, position: int
) -> dict[str, Any]:
    row_id = new_id()
    begins, ends = (datetime.fromtimestamp(at, UTC) for at in (copy.issued_at, copy.expires_at))
    life = timedelta(days=document.offered.profile.validity_days)
    return {
        "id": row_id,
        "position": position,
        "holder_jkt": copy.key.jkt,
        "list_number": slot.number,
        "list_index": slot.index,
        "claims_sealed": deps.vault.seal(
            document.person.dek, f"credential|claims|{row_id}", _intent(document, copy)
        ),
        "issued_at": begins,
        "renew_at": begins + life / 2,
        "expires_at": ends,
    }


def _intent(document: _Document, copy: signing.Copy) -> bytes:
    """Say what is about to be signed; of the person's data their names: the answer is kept."""
    configuration = document.content.configuration
    return json.dumps(
        {
            "configuration": configuration.id,
            "named": configuration.vct or configuration.doctype,
            "jkt": copy.key.jkt,
            "status": copy.status.encode(),
            "times": [copy.issued_at, copy.expires_at],
            "members": sorted(document.content.members),
        },
        separators=(",", ":"),
    ).encode()


def _facts_of(row: Mapping[str, Any]) -> dict[str, object]:
    return {
        "type": row["type"],
        "profile": row["profile"],
        "list": row["list_number"],
        "index": row["list_index"],
        "answer_hash": row["answer_hash"],
    }


def _note_refusal(deps: Deps, wallet_id: str, offered: OfferedType, reason: str) -> None:
    with deps.transaction() as db:
        record(
            db,
            "credential.not_planned",
            at=deps.now(),
            actor=ACTOR,
            subject=wallet_id,
            type=offered.type.name,
            profile=offered.profile.name,
            reason=reason,
        )


def _key_taken() -> OpenIdError:
    return key_proofs.refused("a key is already in use elsewhere")


def not_promised() -> OpenIdError:
    """Make the refusal of something that was not promised, or that was fetched before."""
    return OpenIdError("invalid_transaction_id", "there is nothing to fetch by this id")


def _denied(description: str) -> OpenIdError:
    return OpenIdError("credential_request_denied", description)


_BROKEN: Final[Mapping[str, Callable[[], OpenIdError]]] = {
    ForeignKeyHeld.__tablename__: _key_taken,
    UsedNonce.__tablename__: key_proofs.nonce_refused,
    OpenIdDeferred.__tablename__: not_promised,
}
"""What it means when a row of a table could not be written."""
