"""Opening a shift: by password and code or by a passkey, with the certificate to draw frames."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NoReturn

from cryptography.hazmat.primitives.asymmetric import ec
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from credentials.errors import CredentialError
from credentials.jwk import b64url_encode, load_jwk
from wallet_api.audit import record
from wallet_api.errors import InputInvalid, PasskeyDemanded, WalletError
from wallet_api.models import KioskCertificate, Shift, new_id
from wallet_api.rules.passkeys import Assertion
from wallet_api.services import (
    kiosk_certificates,
    kiosks,
    operators,
    passkey_records,
    passkeys,
    shifts,
    sign_in_attempts,
)
from wallet_api.services.deps import Deps
from wallet_api.services.enrolment_view import iso
from wallet_api.services.idempotency import Once, remember
from wallet_api.services.kiosk_certificates import FrameCertificate
from wallet_api.services.operators import SignedIn


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
    """Sign an operator in by password and code, and certify the kiosk's frame key.

    Raises ``SignInRefused``, ``PasskeyDemanded`` (both factors were right, but no longer do),
    ``TooManyRequests``, ``KioskBlocked`` or ``InputInvalid``.
    """
    key, counter = _load_frame_key(frame_key), _load_counter(deps, kiosk_id)
    signed_in = operators.check_sign_in(
        deps,
        kiosk_id=kiosk_id,
        office_id=counter.office_id,
        username=sign_in.username,
        password=sign_in.password,
        totp=sign_in.totp,
    )
    return _open(deps, counter, signed_in, key, once=once)


def open_shift_by_passkey(
    deps: Deps,
    kiosk_id: str,
    proof: Assertion,
    frame_key: Mapping[str, object],
    *,
    once: Once | None = None,
) -> dict[str, object]:
    """Sign in whoever's passkey this is, and certify the kiosk's frame key.

    Raises ``PasskeyRefused``, ``TooManyRequests``, ``KioskBlocked`` or ``InputInvalid``.
    """
    key, counter = _load_frame_key(frame_key), _load_counter(deps, kiosk_id)
    signed_in = passkeys.check_sign_in(
        deps, kiosk_id=kiosk_id, office_id=counter.office_id, proof=proof
    )
    return _open(deps, counter, signed_in, key, once=once)


def _load_counter(deps: Deps, kiosk_id: str) -> _Counter:
    with deps.transaction() as db:
        office = kiosks.load_active(db, kiosk_id).office
        return _Counter(kiosk_id, office.id, office.code, office.name)


def _open(
    deps: Deps,
    counter: _Counter,
    signed_in: SignedIn,
    key: ec.EllipticCurvePublicKey,
    *,
    once: Once | None,
) -> dict[str, object]:
    now = deps.now()
    opened = _Opened(
        new_id(),
        secrets.token_urlsafe(32),
        now,
        now + timedelta(hours=deps.settings.shift_hours),
    )
    certificate = kiosk_certificates.certify(
        deps, key, kiosk_id=counter.kiosk_id, office_code=counter.code, until=opened.ends
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
            wrong, demanded = signed_in.use(db), _is_passkey_demanded(db, signed_in)
            if wrong is None and not demanded:
                shifts.end_shifts(db, deps, signed_in.operator_id)
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
    if wrong is not None:
        _refuse(deps, counter, signed_in, wrong, signed_in.error)
    if demanded:
        _refuse(deps, counter, signed_in, "passkey demanded", PasskeyDemanded)
    return answer


def _is_passkey_demanded(db: Session, signed_in: SignedIn) -> bool:
    return signed_in.by == "password" and passkey_records.is_demanded(db, signed_in.operator_id)


def _refuse(
    deps: Deps, counter: _Counter, signed_in: SignedIn, reason: str, error: type[WalletError]
) -> NoReturn:
    sign_in_attempts.refuse(deps, counter.kiosk_id, signed_in.operator_id, reason, error=error)


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
            token_hash=shifts.hash_token(deps, opened.token),
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
    who = {"operator": signed_in.operator_id, "kiosk": kiosk_id, "by": signed_in.by}
    record(
        db,
        "shift.opened",
        at=deps.now(),
        actor=signed_in.operator_id,
        subject=opened.id,
        **who,
    )
    db.flush()
