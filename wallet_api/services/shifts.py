"""Shifts: one operator at one kiosk, from sign-in to sign-out, with the certificate to draw frames.

An operator has one open shift; signing in elsewhere ends the earlier one. Of
the shift's token only a keyed hash is kept.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from cryptography.hazmat.primitives.asymmetric import ec
from sqlalchemy import BindParameter, ColumnElement, and_, bindparam, join, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from credentials.errors import CredentialError
from credentials.jwk import b64url_encode, load_jwk
from wallet_api.audit import record
from wallet_api.db import UtcDateTime
from wallet_api.errors import InputInvalid, KioskBlocked, ShiftEnded
from wallet_api.models import Kiosk, KioskCertificate, Operator, Shift, new_id
from wallet_api.rules.kiosks import ACTIVE
from wallet_api.services import kiosk_certificates, kiosks, operators
from wallet_api.services.deps import Deps
from wallet_api.services.enrolment_view import iso
from wallet_api.services.idempotency import Once, remember
from wallet_api.services.kiosk_certificates import FrameCertificate
from wallet_api.services.operators import SignedIn


@dataclass(frozen=True, slots=True)
class ShiftFacts:
    """An open shift: who works where."""

    shift_id: str
    operator_id: str
    office_id: str
    role: str
    name: str


@dataclass(frozen=True, slots=True)
class DeskFacts:
    """A kiosk's identity key (compressed point), and the open shift of the token shown there."""

    identity_key: bytes
    shift: ShiftFacts | None


@dataclass(frozen=True, slots=True)
class SignIn:
    """What an operator types in."""

    username: str
    password: str
    totp: str


@dataclass(frozen=True, slots=True)
class _Opened:
    id: str
    token: str
    starts: datetime
    ends: datetime


@dataclass(frozen=True, slots=True)
class _Counter:
    kiosk_id: str
    office_id: str
    code: str
    name: str


def open_shift(
    deps: Deps,
    kiosk_id: str,
    sign_in: SignIn,
    frame_key: Mapping[str, object],
    *,
    once: Once | None = None,
) -> dict[str, object]:
    """Sign an operator in and certify the kiosk's frame key.

    Raises ``SignInRefused``, ``TooManyRequests``, ``KioskBlocked`` or ``InputInvalid``.
    """
    key = _load_frame_key(frame_key)
    with deps.transaction() as db:
        office = kiosks.load_active(db, kiosk_id).office
        counter = _Counter(kiosk_id, office.id, office.code, office.name)
    signed_in = operators.check_sign_in(
        deps,
        kiosk_id=kiosk_id,
        office_id=counter.office_id,
        username=sign_in.username,
        password=sign_in.password,
        totp=sign_in.totp,
    )
    now = deps.now()
    opened = _Opened(
        new_id(),
        secrets.token_urlsafe(32),
        now,
        now + timedelta(hours=deps.settings.shift_hours),
    )
    certificate = kiosk_certificates.certify(
        deps, key, kiosk_id=kiosk_id, office_code=counter.code, until=opened.ends
    )
    return _store(deps, counter, signed_in, opened, certificate=certificate, once=once)


def _load_frame_key(jwk: Mapping[str, object]) -> ec.EllipticCurvePublicKey:
    try:
        return load_jwk(jwk)
    except CredentialError:
        raise InputInvalid(errors=[{"field": "frame_key", "code": "KEY_INVALID"}]) from None


def _store(
    deps: Deps,
    counter: _Counter,
    signed_in: SignedIn,
    opened: _Opened,
    *,
    certificate: FrameCertificate,
    once: Once | None,
) -> dict[str, object]:
    answer = _answer(deps, counter, signed_in, opened, certificate)
    try:
        with deps.transaction() as db:
            used = operators.use_step(db, signed_in)
            if used:
                _end_shifts(db, deps, signed_in.operator_id)
                _add_rows(
                    db,
                    deps,
                    counter.kiosk_id,
                    signed_in,
                    opened=opened,
                    certificate=certificate,
                )
                remember(db, deps, once, 201, answer)
    except IntegrityError:  # a key id of four bytes, or the key itself, is taken: make another
        raise InputInvalid(errors=[{"field": "frame_key", "code": "KEY_TAKEN"}]) from None
    if not used:
        operators.refuse(deps, counter.kiosk_id, signed_in.operator_id, "code used")
    return answer


def _answer(
    deps: Deps,
    counter: _Counter,
    signed_in: SignedIn,
    opened: _Opened,
    certificate: FrameCertificate,
) -> dict[str, object]:
    return {
        "shift": opened.id,
        "token": opened.token,
        "operator": {"name": signed_in.name, "role": signed_in.role},
        "expires_at": iso(opened.ends),
        "office": {"code": counter.code, "name": counter.name},
        "certificate": {
            "kid": b64url_encode(certificate.kid),
            "pem": certificate.pem,
            "not_after": iso(certificate.not_after),
        },
        "server_time": iso(deps.now()),
    }


def _add_rows(
    db: Session,
    deps: Deps,
    kiosk_id: str,
    signed_in: SignedIn,
    *,
    opened: _Opened,
    certificate: FrameCertificate,
) -> None:
    kiosks.load_active(db, kiosk_id, lock=True)
    db.add(
        Shift(
            id=opened.id,
            kiosk_id=kiosk_id,
            operator_id=signed_in.operator_id,
            token_hash=_hash(deps, opened.token),
            opened_at=opened.starts,
            expires_at=opened.ends,
        )
    )
    db.add(
        KioskCertificate(
            id=new_id(),
            kiosk_id=kiosk_id,
            kid=certificate.kid,
            public_key=certificate.public_key,
            pem=certificate.pem,
            not_before=certificate.not_before,
            not_after=certificate.not_after,
        )
    )
    who = {"operator": signed_in.operator_id, "kiosk": kiosk_id}
    _record(db, deps, "shift.opened", opened.id, **who)
    db.flush()


def _end_shifts(db: Session, deps: Deps, operator_id: str) -> None:
    now = deps.now()
    ended = db.execute(
        update(Shift)
        .where(Shift.operator_id == operator_id, Shift.closed_at.is_(None))
        .values(closed_at=now)
        .returning(Shift.id, Shift.kiosk_id, Shift.expires_at)
        .execution_options(synchronize_session=False)
    ).all()
    for shift_id, kiosk_id, expires_at in ended:
        if expires_at > now:
            _record(db, deps, "shift.closed", shift_id, operator=operator_id, kiosk=kiosk_id)


def close_shift(deps: Deps, shift: ShiftFacts, *, once: Once | None = None) -> dict[str, object]:
    """Sign an operator out; a second time changes nothing."""
    with deps.transaction() as db:
        _end_shifts(db, deps, shift.operator_id)
        remember(db, deps, once, 200, {})
    return {}


def find_shift(deps: Deps, kiosk_id: str, token: str) -> ShiftFacts:
    """Return the open shift of a token at this kiosk; raises ``ShiftEnded``, ``KioskBlocked``."""
    shift = look_at_desk(deps, kiosk_id, token).shift
    if shift is None:
        raise ShiftEnded
    return shift


def look_at_desk(deps: Deps, kiosk_id: str, token: str) -> DeskFacts:
    """Return who works at a kiosk, in one statement; raises ``KioskBlocked``."""
    with deps.reading() as db:
        found = db.execute(
            _DESK, {"kiosk": kiosk_id, "token_hash": _hash(deps, token), "now": deps.now()}
        ).first()
    if found is None or found.identity_key is None:
        raise KioskBlocked
    facts = ShiftFacts(found.id, found.operator_id, found.office_id, found.role, found.name)
    return DeskFacts(found.identity_key, facts if found.id else None)


def check_open(db: Session, deps: Deps, kiosk_id: str, shift_id: str) -> None:
    """Demand again, in the caller's transaction, that the shift is open; ``ShiftEnded``."""
    found = db.execute(
        select(Shift.id)
        .join(Operator, Shift.operator_id == Operator.id)
        .where(Shift.id == shift_id, *open_at(kiosk_id, deps.now()))
        .with_for_update(read=True, of=Shift)
    ).first()
    if found is None:
        raise ShiftEnded


def open_at(
    kiosk_id: str | BindParameter[str], now: datetime | BindParameter[datetime]
) -> tuple[ColumnElement[bool], ...]:
    """Return what holds of a shift, joined with its operator, that is open at this kiosk."""
    return (
        Shift.kiosk_id == kiosk_id,
        Shift.closed_at.is_(None),
        Shift.expires_at > now,
        Operator.active.is_(True),
    )


_DESK: Final = (
    select(
        Kiosk.identity_key,
        Shift.id,
        Shift.operator_id,
        Operator.office_id,
        Operator.role,
        Operator.name,
    )
    .select_from(Kiosk)
    .outerjoin(
        join(Shift, Operator, Shift.operator_id == Operator.id),
        and_(
            Shift.token_hash == bindparam("token_hash"),
            *open_at(bindparam("kiosk"), bindparam("now", type_=UtcDateTime())),
        ),
    )
    .where(Kiosk.id == bindparam("kiosk"), Kiosk.state == ACTIVE)
)


def _record(
    db: Session, deps: Deps, event: str, shift_id: str, *, operator: str, kiosk: str
) -> None:
    record(
        db,
        event,
        at=deps.now(),
        actor=operator,
        subject=shift_id,
        operator=operator,
        kiosk=kiosk,
    )


def _hash(deps: Deps, token: str) -> bytes:
    return deps.vault.mac("shift token", token.encode())
