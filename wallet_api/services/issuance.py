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
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from credentials.errors import LintError
from credentials.jwk import b64url_encode, thumbprint
from credentials.qr_credential import build_claims
from wallet_api.audit import record
from wallet_api.errors import HolderKeysInvalid, IssuingStopped, RegistryDown
from wallet_api.models import Credential, Wallet, new_id
from wallet_api.services import credential_signing, drafts, holder_keys, people, status_lists
from wallet_api.services.deps import Deps
from wallet_api.services.drafts import Draft, Unit
from wallet_api.services.enrolment_view import iso
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
        for position, (draft, slot) in enumerate(zip(planned, slots, strict=True)):
            key = keys[0] if len(keys) == 1 else keys[position]
            row = _intent(deps, dek, draft, slot, key, issued_at=issued_at)
            row.wallet_id, row.batch, row.position = wallet_id, batch, position
            row.answer_hash = answer_hash
            db.add(row)
            record(
                db,
                "credential.planned",
                at=deps.now(),
                actor=ACTOR,
                subject=row.id,
                type=draft.unit.type,
                profile=draft.profile.name,
                list=slot.number,
                index=slot.index,
                answer_hash=answer_hash,
            )


def _intent(
    deps: Deps,
    dek: bytes,
    draft: Draft,
    slot: status_lists.Slot,
    key: ec.EllipticCurvePublicKey,
    *,
    issued_at: datetime,
) -> Credential:
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
    return Credential(
        id=row_id,
        type=draft.unit.type,
        profile=draft.profile.name,
        unit_profile=draft.unit.profile,
        profile_number=draft.profile.number,
        document_key=draft.unit.document_key,
        document_version=draft.unit.version,
        part=draft.part,
        parts=draft.parts,
        holder_jkt=thumbprint(key),
        list_number=slot.number,
        list_index=slot.index,
        kid=issuer.signer.kid,
        claims_sealed=deps.vault.seal(dek, f"credential|claims|{row_id}", claims),
        stage=INTENT,
        status=status_lists.GOOD,
        issued_at=issued_at,
        renew_at=issued_at + life / 2,
        expires_at=issued_at + life,
    )


def _sign_and_answer(deps: Deps, batch: str, once: Once) -> dict[str, object]:
    signed: dict[str, bytes] = {}
    with deps.transaction() as db:
        rows = _batch_rows(db, batch)
        dek = rows[0].wallet.person.dek if rows else b""
        unsigned = [row for row in rows if row.signed_sealed is None]
    for row in unsigned:
        claims = deps.vault.open(dek, f"credential|claims|{row.id}", row.claims_sealed)
        raw = credential_signing.sign_once(deps, row.type, row.kid, claims)
        signed[row.id] = deps.vault.seal(dek, f"credential|signed|{row.id}", raw)
    with deps.transaction() as db:
        for row_id, sealed in signed.items():
            # A racing retry may have stored its signature first: that one counts.
            stored = db.execute(
                update(Credential)
                .where(Credential.id == row_id, Credential.signed_sealed.is_(None))
                .values(signed_sealed=sealed, stage=SIGNED)
                .returning(Credential.kid)
                .execution_options(synchronize_session=False)
            ).first()
            if stored is not None:
                record(
                    db,
                    "credential.signed",
                    at=deps.now(),
                    actor=ACTOR,
                    subject=row_id,
                    kid=stored.kid.hex(),
                )
        answer: dict[str, object] = {
            "credentials": [_view(deps, dek, row) for row in _batch_rows(db, batch)]
        }
        remember(db, deps, once, 201, answer)
    return answer


def _batch_rows(db: Session, batch: str) -> Sequence[Credential]:
    return db.scalars(
        select(Credential)
        .where(Credential.batch == batch)
        .order_by(Credential.position)
        .execution_options(populate_existing=True)
    ).all()


def _view(deps: Deps, dek: bytes, row: Credential) -> dict[str, object]:
    if row.signed_sealed is None:
        message = "a credential without a signature was about to leave"
        raise RuntimeError(message)
    raw = deps.vault.open(dek, f"credential|signed|{row.id}", row.signed_sealed)
    return {
        "id": row.id,
        "type": row.type,
        "profile": row.profile,
        "profile_number": row.profile_number,
        "document": row.document_key,
        "part": {"number": row.part, "total": row.parts} if row.parts else None,
        "credential": b64url_encode(raw),
        "holder_jkt": row.holder_jkt,
        "issued_at": iso(row.issued_at),
        "expires_at": iso(row.expires_at),
        "renew_at": iso(row.renew_at),
    }
