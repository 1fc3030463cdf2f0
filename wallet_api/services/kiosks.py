"""Kiosks: planned by an administrator, enrolled once with their own key, blocked for good."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import datetime

from cryptography.hazmat.primitives import serialization
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from credentials.errors import CredentialError
from credentials.jwk import load_jwk, public_jwk, thumbprint
from credentials.signing import compress
from wallet_api.audit import record
from wallet_api.errors import InputInvalid, KioskBlocked, KioskTokenInvalid, NotFound
from wallet_api.models import Kiosk, Office, new_id
from wallet_api.rules import kiosks as rules
from wallet_api.services.deps import Deps
from wallet_api.services.enrolment_view import iso
from wallet_api.services.idempotency import Once, remember

ADMIN = "admin"
SYSTEM = "system"


def add_office(deps: Deps, *, code: str, name: str, head: str = "") -> str:
    """Add an office and return its id; raises ``InputInvalid`` CODE_TAKEN."""
    office_id, now = new_id(), deps.now()
    try:
        with deps.transaction() as db:
            db.add(Office(id=office_id, code=code, name=name, head=head, created_at=now))
            record(db, "office.added", at=now, actor=ADMIN, subject=office_id)
    except IntegrityError:
        raise InputInvalid(errors=[{"field": "code", "code": "CODE_TAKEN"}]) from None
    return office_id


def find_office(db: Session, code: str) -> Office:
    """Return the office with that code; raises ``InputInvalid`` OFFICE_UNKNOWN."""
    office = db.scalars(select(Office).where(Office.code == code)).first()
    if office is None:
        raise InputInvalid(errors=[{"field": "office", "code": "OFFICE_UNKNOWN"}])
    return office


def add_kiosk(deps: Deps, *, office_code: str, name: str) -> tuple[str, str]:
    """Plan a kiosk; return its id and the one-time token of its first start (24 hours)."""
    kiosk_id, token, now = new_id(), secrets.token_urlsafe(32), deps.now()
    with deps.transaction() as db:
        office = find_office(db, office_code)
        db.add(
            Kiosk(
                id=kiosk_id,
                office_id=office.id,
                name=name,
                state=rules.PENDING,
                token_hash=_hash(deps, token),
                token_expires_at=now + rules.TOKEN_LIFE,
                created_at=now,
            )
        )
        record(db, "kiosk.added", at=now, actor=ADMIN, subject=kiosk_id, office=office.code)
    return kiosk_id, token


def enrol_kiosk(
    deps: Deps,
    *,
    token: str,
    identity_key: Mapping[str, object],
    name: str,
    once: Once | None = None,
) -> dict[str, object]:
    """Bind a planned kiosk to its identity key, once; raises ``KioskTokenInvalid``."""
    try:
        key = load_jwk(identity_key)
    except CredentialError:
        raise InputInvalid(errors=[{"field": "identity_key", "code": "KEY_INVALID"}]) from None
    values: dict[str, object] = {
        "identity_key": compress(key),
        "identity_jkt": thumbprint(key),
        "name": name,
    }
    try:
        with deps.transaction() as db:
            kiosk = _use_token(db, deps, token, values)
            answer = _welcome(deps, kiosk)
            remember(db, deps, once, 201, answer)
    except IntegrityError:
        raise InputInvalid(errors=[{"field": "identity_key", "code": "KEY_TAKEN"}]) from None
    return answer


def _use_token(db: Session, deps: Deps, token: str, values: dict[str, object]) -> Kiosk:
    now = deps.now()
    kiosk_id = db.execute(
        update(Kiosk)
        .where(
            Kiosk.token_hash == _hash(deps, token),
            Kiosk.state == rules.PENDING,
            Kiosk.token_expires_at > now,
        )
        .values(state=rules.ACTIVE, token_hash=None, token_expires_at=None, **values)
        .returning(Kiosk.id)
    ).scalar_one_or_none()
    if kiosk_id is None:
        raise KioskTokenInvalid
    kiosk = db.get_one(Kiosk, kiosk_id)
    record(db, "kiosk.enrolled", at=now, actor=kiosk_id, subject=kiosk_id, office=kiosk.office.code)
    return kiosk


def _welcome(deps: Deps, kiosk: Kiosk) -> dict[str, object]:
    _, root = deps.keys.kiosk_ca
    return {
        "kiosk": kiosk.id,
        "office": {"code": kiosk.office.code, "name": kiosk.office.name},
        "time_key": public_jwk(deps.keys.time_key.public_key()),
        "kiosk_ca": root.public_bytes(serialization.Encoding.PEM).decode(),
        "server_time": iso(deps.now()),
    }


def identity_key(deps: Deps, kiosk_id: str) -> bytes:
    """Return the kiosk's identity key (compressed point); raises ``KioskBlocked``."""
    with deps.reading() as db:
        kiosk = load_active(db, kiosk_id)
        if kiosk.identity_key is None:
            raise KioskBlocked
        return kiosk.identity_key


def load_active(db: Session, kiosk_id: str, *, lock: bool = False) -> Kiosk:
    """Load a kiosk that is ACTIVE; raises ``KioskBlocked``, also when there is none.

    ``lock`` keeps it from being blocked until the caller's transaction ends.
    """
    query = select(Kiosk).where(Kiosk.id == kiosk_id)
    if lock:
        query = query.with_for_update(read=True).execution_options(populate_existing=True)
    kiosk = db.scalars(query).first()
    if kiosk is None or kiosk.state != rules.ACTIVE:
        raise KioskBlocked
    return kiosk


def block_kiosk(deps: Deps, kiosk_id: str, *, reason: str, actor: str = ADMIN) -> None:
    """Block a kiosk for good; raises ``NotFound`` when there is none or it is blocked already."""
    with deps.transaction() as db:
        if not block(db, kiosk_id, reason=reason, actor=actor, at=deps.now()):
            raise NotFound


def block(db: Session, kiosk_id: str, *, reason: str, actor: str, at: datetime) -> bool:
    """Block a kiosk in the caller's transaction; False when that was done before."""
    blocked = db.execute(
        update(Kiosk)
        .where(Kiosk.id == kiosk_id, Kiosk.state != rules.BLOCKED)
        .values(state=rules.BLOCKED, reason=reason, token_hash=None)
        .returning(Kiosk.id)
    ).first()
    if blocked is not None:
        record(db, "kiosk.blocked", at=at, actor=actor, subject=kiosk_id, reason=reason)
    return blocked is not None


def _hash(deps: Deps, token: str) -> bytes:
    return deps.vault.mac("kiosk token", token.encode())
