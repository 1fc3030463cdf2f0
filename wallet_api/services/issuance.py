"""Issuing, in the order that leaves no credential unplanned (rule 5; C10 to C12).

1 what the person should hold · 2 build and lint every draft · 3 one
transaction: status indices and intents · 4 sign each intent once, verify with
the public key, compare · 5 store the signatures and the answer. A worker that
dies in between is followed by a retry with the same key, which finds the
intents and signs only what has no signature yet.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from credentials.errors import LintError
from credentials.qr_credential import build_claims
from wallet_api.audit import record, record_each
from wallet_api.errors import HolderKeysInvalid, IssuingStopped, RegistryDown
from wallet_api.models import new_id
from wallet_api.services import (
    credential_signing,
    drafts,
    holder_keys,
    issued,
    nonces,
    people,
    status_lists,
)
from wallet_api.services.deps import Deps
from wallet_api.services.drafts import Draft, Unit
from wallet_api.services.holder_keys import HolderKey, Proven
from wallet_api.services.idempotency import Once, remember
from wallet_api.services.issued import INTENT, Columns
from wallet_api.services.sessions import TokenFacts, demand_active

ACTOR: Final = "issuer"


@dataclass(frozen=True, slots=True)
class _Source:
    """What one transaction read: the person's columns, units held, intents of an earlier try."""

    person: Any
    held: frozenset[Unit]
    intents: Sequence[Columns]


@dataclass(frozen=True, slots=True)
class _Batch:
    """Intents that are stored, and the claims of those that wait for their signature, by id."""

    number: str
    dek: bytes
    intents: Sequence[Columns]
    claims: Mapping[str, bytes]


def issue(
    deps: Deps,
    who: TokenFacts,
    offered: Sequence[Mapping[str, Any]],
    *,
    once: Once,
    types: Collection[str] | None = None,
    only_due: bool = False,
) -> dict[str, object]:
    """Issue the person's documents to the phone; ``only_due``: what needs no renewal is left out.

    Raises ``HolderKeysInvalid``, ``NonceRequired``, ``IssuingStopped``, ``RegistryDown``.
    """
    if deps.settings.issuing_stopped:
        raise IssuingStopped(retry_after=60)
    number = _batch_of(who.wallet, once)
    source = _read_source(deps, who.wallet, number, only_due=only_due)
    if source.intents:
        batch = _take_up(deps, number, source)
    else:
        planned = _plan(deps, who.wallet, source, types)
        proven = holder_keys.check(deps, who.wallet, who.jkt, offered)
        if len(proven.keys) != 1 and len(proven.keys) < len(planned):
            raise HolderKeysInvalid
        batch = _store_intents(
            deps, who.wallet, number, person=source.person, planned=planned, proven=proven
        )
    return _sign_and_answer(deps, batch, once)


def _batch_of(wallet_id: str, once: Once) -> str:
    return hashlib.sha256(f"{wallet_id}|{once.scope}|{once.key}".encode()).hexdigest()[:32]


def _read_source(deps: Deps, wallet_id: str, number: str, *, only_due: bool) -> _Source:
    with deps.statements() as db:
        person = issued.read_kept(db, wallet_id, number)
        held = issued.read_units_held(db, deps, wallet_id) if only_due else frozenset()
        intents = issued.read_batch(db, number) if person.planned_before else ()
    return _Source(person, held, intents)


def _take_up(deps: Deps, number: str, source: _Source) -> _Batch:
    """Take up what a worker that died had planned."""
    dek = source.person.dek
    claims = {
        row["id"]: deps.vault.open(dek, f"credential|claims|{row['id']}", row["claims_sealed"])
        for row in source.intents
        if row["signed_sealed"] is None
    }
    return _Batch(number, dek, source.intents, claims)


def _plan(
    deps: Deps, wallet_id: str, source: _Source, types: Collection[str] | None
) -> list[Draft]:
    person = source.person
    if person.answer_hash is None:
        raise RegistryDown(retry_after=30)
    answer, portrait = people.answer_of(deps, person), people.portrait_of(deps, person)
    planned: list[Draft] = []
    on = deps.now().date()
    for unit, document_type, values in drafts.units_of(deps.catalogue, answer, types):
        if unit in source.held:
            continue
        try:
            planned += drafts.make_drafts(unit, document_type, values, portrait=portrait, on=on)
        except LintError as error:
            _note_refusal(deps, wallet_id, unit, error.code)
    return planned


def _note_refusal(deps: Deps, wallet_id: str, unit: Unit, reason: str) -> None:
    with deps.transaction() as db:
        record(
            db,
            "credential.not_planned",
            at=deps.now(),
            actor=ACTOR,
            subject=wallet_id,
            type=unit.type,
            profile=unit.profile,
            reason=reason,
        )


def _store_intents(
    deps: Deps,
    wallet_id: str,
    number: str,
    *,
    person: Any,
    planned: Sequence[Draft],
    proven: Proven,
) -> _Batch:
    now, many = deps.now(), len(proven.keys) > 1
    # Rounded down to the hour: the second of issuing would link a person's credentials.
    issued_at = now.replace(minute=0, second=0, microsecond=0)
    shared = {"wallet_id": wallet_id, "batch": number, "answer_hash": person.answer_hash}
    rows: list[dict[str, Any]] = []
    claims: dict[str, bytes] = {}
    with deps.statements() as db:
        nonces.use_up(db, deps, "holder", proven.nonces)
        demand_active(issued.lock_wallet(db, wallet_id))
        slots = status_lists.allocate(db, deps, len(planned))
        for position, (draft, slot) in enumerate(zip(planned, slots, strict=True)):
            key = proven.keys[position if many else 0]
            row, unsigned = _intent(deps, person.dek, draft, slot, key, issued_at=issued_at)
            rows.append(row | shared | {"position": position})
            claims[row["id"]] = unsigned
        issued.store_intents(db, rows)
        facts = [(row["id"], _facts_of(row)) for row in rows]
        record_each(db, "credential.planned", at=now, actor=ACTOR, facts=facts)
    return _Batch(number, person.dek, rows, claims)


def _facts_of(row: Mapping[str, Any]) -> dict[str, object]:
    return {
        "type": row["type"],
        "profile": row["profile"],
        "list": row["list_number"],
        "index": row["list_index"],
        "answer_hash": row["answer_hash"],
    }


def _intent(
    deps: Deps,
    dek: bytes,
    draft: Draft,
    slot: status_lists.Slot,
    key: HolderKey,
    *,
    issued_at: datetime,
) -> tuple[dict[str, Any], bytes]:
    life = timedelta(days=draft.profile.validity_days)
    try:
        issuer = deps.keys.issuer_for(draft.unit.type, deps.now())
    except LookupError:
        raise IssuingStopped(retry_after=60) from None
    claims = build_claims(
        draft.identity,
        issued_at=int(issued_at.timestamp()),
        expires_at=int((issued_at + life).timestamp()),
        holder_key=key.point,
        status=(slot.number, slot.index),
    )
    row_id = new_id()
    row = {
        "id": row_id,
        "type": draft.unit.type,
        "profile": draft.profile.name,
        "unit_profile": draft.unit.profile,
        "profile_number": draft.profile.number,
        "document_key": draft.unit.document_key,
        "document_version": draft.unit.version,
        "part": draft.part,
        "parts": draft.parts,
        "holder_jkt": key.jkt,
        "list_number": slot.number,
        "list_index": slot.index,
        "kid": issuer.kid,
        "claims_sealed": deps.vault.seal(dek, f"credential|claims|{row_id}", claims),
        "signed_sealed": None,
        "stage": INTENT,
        "status": status_lists.GOOD,
        "issued_at": issued_at,
        "renew_at": issued_at + life / 2,
        "expires_at": issued_at + life,
    }
    return row, claims


def _sign_and_answer(deps: Deps, batch: _Batch, once: Once) -> dict[str, object]:
    keys = credential_signing.signers(deps)
    signed = {
        row["id"]: credential_signing.sign_once(
            keys, row["type"], row["kid"], batch.claims[row["id"]]
        )
        for row in batch.intents
        if row["id"] in batch.claims
    }
    answer = _answer(deps, batch.dek, batch.intents, signed)
    with deps.statements() as db:
        if issued.store_signatures(db, deps, batch.dek, signed):
            kids = {row["id"]: row["kid"].hex() for row in batch.intents}
            facts = [(one, {"kid": kids[one]}) for one in signed]
            record_each(db, "credential.signed", at=deps.now(), actor=ACTOR, facts=facts)
        elif signed:  # a racing retry was first: what it stored counts
            answer = _answer(deps, batch.dek, issued.read_batch(db, batch.number), {})
        remember(db, deps, once, 201, answer)
    return answer


def _answer(
    deps: Deps, dek: bytes, rows: Sequence[Columns], signed: Mapping[str, bytes]
) -> dict[str, object]:
    return {
        "credentials": [
            issued.view(row, signed.get(row["id"]) or issued.open_signed(deps, dek, row))
            for row in rows
        ]
    }
