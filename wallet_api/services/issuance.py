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

from cryptography.hazmat.primitives.asymmetric import ec
from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from credentials.errors import LintError
from credentials.jwk import thumbprint
from credentials.qr_credential import build_claims
from wallet_api.audit import record, record_each
from wallet_api.errors import HolderKeysInvalid, IssuingStopped, RegistryDown
from wallet_api.models import Credential, Wallet, new_id
from wallet_api.services import (
    credential_signing,
    drafts,
    holder_keys,
    issued,
    people,
    status_lists,
)
from wallet_api.services.deps import Deps
from wallet_api.services.drafts import Draft, Unit
from wallet_api.services.idempotency import Once, remember
from wallet_api.services.sessions import TokenFacts, demand_active

INTENT, SIGNED, DELIVERED, ENDED = "INTENT", "SIGNED", "DELIVERED", "ENDED"
ACTOR: Final = "issuer"


@dataclass(frozen=True, slots=True)
class _Source:
    """What drafts are made from, read in one transaction."""

    answer: Mapping[str, Any]
    answer_hash: str
    portrait: bytes | None
    held: frozenset[Unit]


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
    batch = _batch_of(who.wallet, once)
    if not _has_intents(deps, batch):
        source = _read_source(deps, who.wallet)
        planned = _plan(deps, who.wallet, source, types, only_due=only_due)
        keys = holder_keys.check(deps, who.wallet, who.jkt, offered)
        if len(keys) != 1 and len(keys) < len(planned):
            raise HolderKeysInvalid
        _store_intents(deps, who.wallet, batch, planned, keys, answer_hash=source.answer_hash)
    return _sign_and_answer(deps, batch, once)


def _batch_of(wallet_id: str, once: Once) -> str:
    return hashlib.sha256(f"{wallet_id}|{once.scope}|{once.key}".encode()).hexdigest()[:32]


def _has_intents(deps: Deps, batch: str) -> bool:
    with deps.transaction() as db:
        found = select(Credential.id).where(Credential.batch == batch).limit(1)
        return db.scalar(found) is not None


def _read_source(deps: Deps, wallet_id: str) -> _Source:
    with deps.transaction() as db:
        wallet = db.get_one(Wallet, wallet_id)
        person = wallet.person
        if person.answer_hash is None:
            raise RegistryDown(retry_after=30)
        return _Source(
            people.answer_of(deps, person),
            person.answer_hash,
            people.portrait_of(deps, person),
            _units_held(db, deps, wallet_id),
        )


def _units_held(db: Session, deps: Deps, wallet_id: str) -> frozenset[Unit]:
    """List the units that need no renewal: good, delivered, under half their life."""
    rows = db.execute(
        select(
            Credential.type,
            Credential.document_key,
            Credential.document_version,
            Credential.unit_profile,
        ).where(
            Credential.wallet_id == wallet_id,
            Credential.stage == DELIVERED,
            Credential.status == status_lists.GOOD,
            Credential.renew_at > deps.now(),
        )
    ).all()
    return frozenset(Unit(*row) for row in rows)


def _plan(
    deps: Deps,
    wallet_id: str,
    source: _Source,
    types: Collection[str] | None,
    *,
    only_due: bool,
) -> list[Draft]:
    planned: list[Draft] = []
    on = deps.now().date()
    for unit, document_type, values in drafts.units_of(deps.catalogue, source.answer, types):
        if only_due and unit in source.held:
            continue
        try:
            planned += drafts.make_drafts(
                unit, document_type, values, portrait=source.portrait, on=on
            )
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
    batch: str,
    planned: Sequence[Draft],
    keys: Sequence[ec.EllipticCurvePublicKey],
    *,
    answer_hash: str,
) -> None:
    # Rounded down to the hour: the second of issuing would link a person's credentials.
    issued_at = deps.now().replace(minute=0, second=0, microsecond=0)
    with deps.transaction() as db:
        # Locked: a wallet that closes meanwhile either sees these intents or stops them (C19).
        wallet = db.get_one(Wallet, wallet_id, with_for_update={"key_share": True})
        demand_active(wallet.state)
        dek = wallet.person.dek
        slots = status_lists.allocate(db, deps, len(planned))
        rows, facts = [], []
        for position, (draft, slot) in enumerate(zip(planned, slots, strict=True)):
            key = keys[0] if len(keys) == 1 else keys[position]
            row = _intent(deps, dek, draft, slot, key, issued_at=issued_at)
            row |= {"wallet_id": wallet_id, "batch": batch, "position": position}
            row["answer_hash"] = answer_hash
            rows.append(row)
            facts.append((row["id"], _facts_of(row)))
        if rows:
            db.execute(insert(Credential), rows)
        record_each(db, "credential.planned", at=deps.now(), actor=ACTOR, facts=facts)


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
    key: ec.EllipticCurvePublicKey,
    *,
    issued_at: datetime,
) -> dict[str, Any]:
    life = timedelta(days=draft.profile.validity_days)
    try:
        issuer = deps.keys.issuer_for(draft.unit.type, deps.now())
    except LookupError:
        raise IssuingStopped(retry_after=60) from None
    claims = build_claims(
        draft.identity,
        issued_at=int(issued_at.timestamp()),
        expires_at=int((issued_at + life).timestamp()),
        holder_key=key,
        status=(slot.number, slot.index),
    )
    row_id = new_id()
    return {
        "id": row_id,
        "type": draft.unit.type,
        "profile": draft.profile.name,
        "unit_profile": draft.unit.profile,
        "profile_number": draft.profile.number,
        "document_key": draft.unit.document_key,
        "document_version": draft.unit.version,
        "part": draft.part,
        "parts": draft.parts,
        "holder_jkt": thumbprint(key),
        "list_number": slot.number,
        "list_index": slot.index,
        "kid": issuer.kid,
        "claims_sealed": deps.vault.seal(dek, f"credential|claims|{row_id}", claims),
        "stage": INTENT,
        "status": status_lists.GOOD,
        "issued_at": issued_at,
        "renew_at": issued_at + life / 2,
        "expires_at": issued_at + life,
    }


def _sign_and_answer(deps: Deps, batch: str, once: Once) -> dict[str, object]:
    with deps.transaction() as db:
        rows = issued.read_batch(db, batch)
    dek = rows[0].dek if rows else b""
    signed: dict[str, bytes] = {}
    for row in rows:
        if row.signed_sealed is None:
            claims = deps.vault.open(dek, f"credential|claims|{row.id}", row.claims_sealed)
            signed[row.id] = credential_signing.sign_once(deps, row.type, row.kid, claims)
    with deps.transaction() as db:
        stored = _store_signatures(db, deps, dek, batch, signed) if signed else {}
        if stored.keys() != signed.keys():  # a racing retry was first: what it stored counts
            rows = issued.read_batch(db, batch)
        answer: dict[str, object] = {
            "credentials": [issued.view(deps, dek, row, stored.get(row.id)) for row in rows]
        }
        remember(db, deps, once, 201, answer)
    return answer


def _store_signatures(
    db: Session, deps: Deps, dek: bytes, batch: str, signed: Mapping[str, bytes]
) -> dict[str, bytes]:
    """Store each signature where there is none yet; return those that were stored."""
    free = db.execute(
        select(Credential.id, Credential.kid)
        .where(Credential.batch == batch, Credential.signed_sealed.is_(None))
        .order_by(Credential.position)
        .with_for_update(key_share=True)
    ).all()
    stored = {row.id: signed[row.id] for row in free if row.id in signed}
    if not stored:
        return stored
    sealed = [
        {
            "id": row_id,
            "signed_sealed": deps.vault.seal(dek, f"credential|signed|{row_id}", raw),
            "stage": SIGNED,
        }
        for row_id, raw in stored.items()
    ]
    db.execute(update(Credential), sealed)
    facts = [(row.id, {"kid": row.kid.hex()}) for row in free if row.id in stored]
    record_each(db, "credential.signed", at=deps.now(), actor=ACTOR, facts=facts)
    return stored
