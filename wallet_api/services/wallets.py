"""Opening, blocking and closing wallets, with what hangs on them, in the caller's transaction.

A wallet, its device and its credentials change together: a blocked wallet's
credentials are suspended, a closed one's are revoked (C19). At most one open
wallet and one active device a person is a constraint, not a hope (C8).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from wallet_api.audit import record
from wallet_api.models import (
    Credential,
    Device,
    Enrolment,
    ForeignKeyHeld,
    Wallet,
    new_id,
    table_of,
)
from wallet_api.rules import lifecycle
from wallet_api.services import notices, people, pin_keys
from wallet_api.services.deps import Deps
from wallet_api.services.openid import grants
from wallet_api.services.status_lists import FROM, REVOKED, SUSPENDED

_ADD_WALLET: Final = insert(table_of(Wallet)).inline()
_ADD_DEVICE: Final = insert(table_of(Device)).inline()


@dataclass(frozen=True, slots=True)
class Witness:
    """Who opened a wallet, and where."""

    kiosk_id: str
    office_id: str
    office_code: str
    office_name: str
    operator_id: str


@dataclass(frozen=True, slots=True)
class ClosedWallet:
    """A wallet that was just closed, with whom to tell."""

    id: str
    reach: notices.Reach


def block_wallet(db: Session, deps: Deps, wallet_id: str, *, reason: str, actor: str) -> bool:
    """Block an active wallet, suspend its credentials and tell its holder.

    False when it is not active: blocking twice does nothing more.
    """
    now = deps.now()
    blocked = db.execute(
        update(Wallet)
        .where(Wallet.id == wallet_id, Wallet.state == lifecycle.ACTIVE)
        .values(state=lifecycle.BLOCKED, reason=reason, changed_at=now)
        .returning(Wallet.id)
        .execution_options(synchronize_session=False)
    ).first()
    if blocked is None:
        return False
    wallet = db.get_one(Wallet, wallet_id, populate_existing=True)
    record(db, "wallet.blocked", at=now, actor=actor, subject=wallet_id, reason=reason)
    _mark_credentials(db, deps, [wallet_id], SUSPENDED, reason="wallet blocked", actor=actor)
    notices.tell_blocked(db, deps, notices.reach_wallet(deps, wallet))
    return True


def block_by_nik(db: Session, deps: Deps, nik: str, *, reason: str, actor: str) -> bool:
    """Block the active wallet of a NIK; False when there is none, which nobody outside is told."""
    person = people.find(db, deps, nik)
    wallet_id = db.scalars(
        select(Wallet.id).where(
            Wallet.person_id == (person.id if person else ""), Wallet.state == lifecycle.ACTIVE
        )
    ).first()
    return block_wallet(db, deps, wallet_id or "", reason=reason, actor=actor)


def close_wallet(db: Session, deps: Deps, wallet_id: str, *, reason: str, actor: str) -> bool:
    """Close a wallet for good, end its device and revoke its credentials; False if it was."""
    return bool(_close(db, deps, Wallet.id == wallet_id, reason=reason, actor=actor))


def close_others(db: Session, deps: Deps, person_id: str, *, actor: str) -> list[ClosedWallet]:
    """Close every open wallet of the person, also blocked ones, before another is opened."""
    return _close(db, deps, Wallet.person_id == person_id, reason="replaced", actor=actor)


def _close(
    db: Session, deps: Deps, whose: object, *, reason: str, actor: str
) -> list[ClosedWallet]:
    now = deps.now()
    ids = db.scalars(
        update(Wallet)
        .where(whose, Wallet.state != lifecycle.CLOSED)  # type: ignore[arg-type]  # a clause
        .values(state=lifecycle.CLOSED, reason=reason, changed_at=now)
        .returning(Wallet.id)
        .execution_options(synchronize_session=False)
    ).all()
    if not ids:
        return []
    db.execute(
        update(Device)
        .where(Device.wallet_id.in_(ids), Device.active)
        .values(active=False, ended_at=now)
        .execution_options(synchronize_session=False)
    )
    db.execute(
        update(ForeignKeyHeld)
        .where(ForeignKeyHeld.wallet_id.in_(ids), ForeignKeyHeld.ended_at.is_(None))
        .values(ended_at=now)
        .execution_options(synchronize_session=False)
    )
    grants.end_grants_of(db, deps, ids, reason="wallet closed")
    _mark_credentials(db, deps, ids, REVOKED, reason="wallet closed", actor=actor)
    for wallet_id in ids:
        record(db, "wallet.closed", at=now, actor=actor, subject=wallet_id, reason=reason)
    rows = [db.get_one(Wallet, wallet_id, populate_existing=True) for wallet_id in ids]
    return [ClosedWallet(row.id, notices.reach_wallet(deps, row)) for row in rows]


def _mark_credentials(
    db: Session,
    deps: Deps,
    wallet_ids: Sequence[str],
    status: str,
    *,
    reason: str,
    actor: str,
) -> None:
    now = deps.now()
    changed = db.scalars(
        update(Credential)
        .where(Credential.wallet_id.in_(wallet_ids), Credential.status.in_(FROM[status]))
        .values(status=status, status_reason=reason, status_at=now)
        .returning(Credential.id)
        .execution_options(synchronize_session=False)
    ).all()
    for credential_id in changed:
        record(
            db,
            "credential.status_changed",
            at=now,
            actor=actor,
            subject=credential_id,
            status=status,
            reason=reason,
        )


def open_wallet(db: Session, deps: Deps, enrolment: Enrolment, witness: Witness) -> str:
    """Open the wallet of an enrolment on its phone and return its id.

    ``IntegrityError`` when the person got another one meanwhile. Only writes, fit for one trip.
    """
    wallet_id, now = new_id(), deps.now()
    contacts = notices.reach_enrolment(deps, enrolment)
    key = enrolment.person.dek
    pin = _move_pin_key(deps, enrolment, wallet_id)
    seal = partial(deps.vault.seal, key)
    wallet = {
        "id": wallet_id,
        "person_id": enrolment.person_id,
        "state": lifecycle.ACTIVE,
        "created_at": now,
        "changed_at": now,
        "language": enrolment.language,
        "email_sealed": seal(f"wallet|email|{wallet_id}", contacts.emails[0].encode()),
        "phone_sealed": seal(f"wallet|phone|{wallet_id}", contacts.phones[0].encode()),
        "pin_key_sealed": pin.sealed,
        "pin_key_mac": pin.mac,
        "pin_pepper": pin.pepper,
        "kiosk_id": witness.kiosk_id,
        "operator_id": witness.operator_id,
        "office_id": witness.office_id,
    }
    db.execute(_ADD_WALLET, wallet)
    db.execute(_ADD_DEVICE, _device_of(enrolment, wallet_id, deps))
    return wallet_id


def _move_pin_key(deps: Deps, enrolment: Enrolment, wallet_id: str) -> pin_keys.SealedPinKey:
    if not (enrolment.pin_key_sealed and enrolment.pin_key_mac and enrolment.pin_pepper):
        message = "an enrolment at the counter has a PIN key"
        raise ValueError(message)
    key = enrolment.person.dek
    held = pin_keys.SealedPinKey(
        enrolment.pin_key_sealed, enrolment.pin_key_mac, enrolment.pin_pepper
    )
    point = pin_keys.open_pin_key(deps, key, f"enrolment|{enrolment.id}", held)
    return pin_keys.seal_point(deps, key, f"wallet|{wallet_id}", point)


def _device_of(enrolment: Enrolment, wallet_id: str, deps: Deps) -> dict[str, object]:
    return {
        "id": new_id(),
        "person_id": enrolment.person_id,
        "wallet_id": wallet_id,
        "active": True,
        "jkt": enrolment.device_jkt,
        "public_key": enrolment.device_key,
        "platform": enrolment.platform,
        "os_version": enrolment.os_version,
        "app_version": enrolment.app_version,
        "device_model": enrolment.device_model,
        "created_at": deps.now(),
    }
