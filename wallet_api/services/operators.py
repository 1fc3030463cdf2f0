"""Operators and their sign-in: a password and a one-time code, checked without telling which.

An attempt is charged and committed before anything is checked (T16's rule for
officers), an unknown user name costs the same work as a known one, and every
failure has one answer. A code of the authenticator works once, in whichever
worker.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from hmac import compare_digest
from typing import Any, Literal

import pyotp
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import case, literal, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from wallet_api.audit import record
from wallet_api.db import UtcDateTime
from wallet_api.errors import (
    InputInvalid,
    NotFound,
    PasswordWrong,
    SignInRefused,
    WalletError,
)
from wallet_api.models import Operator, new_id
from wallet_api.rules import operators as rules
from wallet_api.rules.errors import RuleError
from wallet_api.services import kiosks, sign_in_attempts
from wallet_api.services.deps import Deps

ISSUER = "IKD"
HASHER = PasswordHasher()  # argon2id, RFC 9106 second recommendation: 64 MiB, t=3


@dataclass(frozen=True, slots=True)
class NewOperator:
    """What an administrator hands over, once."""

    id: str
    username: str
    password: str
    totp_secret: str
    totp_uri: str


@dataclass(frozen=True, slots=True)
class SignedIn:
    """An operator whose factors held: ``by`` password or passkey.

    ``use`` uses them up in the transaction that opens the shift, and says what is wrong, if
    anything; that is then refused as ``error``.
    """

    operator_id: str
    name: str
    role: str
    by: Literal["password", "passkey"]
    use: Callable[[Session], str | None]
    error: type[WalletError] = SignInRefused


@dataclass(frozen=True, slots=True)
class _Known:
    id: str
    name: str
    role: str
    office_id: str
    active: bool
    password_hash: str
    totp_secret: str
    totp_step: int
    charged: int | None


def add_operator(
    deps: Deps,
    *,
    office_code: str,
    username: str,
    name: str,
    role: str,
    password: str | None = None,
) -> NewOperator:
    """Add an operator; makes a password when none is given. Raises ``InputInvalid``."""
    chosen = password or secrets.token_urlsafe(15)
    try:
        user = rules.normalise_username(username)
        rules.check_role(role)
        rules.check_password(chosen)
    except RuleError as error:
        raise InputInvalid(errors=[{"field": error.field, "code": error.code}]) from None
    secret = pyotp.random_base32()
    row = _make_row(deps, user, HASHER.hash(chosen), secret)
    row.name, row.role = name, role
    _store(deps, row, office_code)
    uri = pyotp.TOTP(secret).provisioning_uri(name=user, issuer_name=ISSUER)
    return NewOperator(row.id, user, chosen, secret, uri)


def _make_row(deps: Deps, username: str, hashed: str, secret: str) -> Operator:
    operator_id, dek = new_id(), deps.vault.new_data_key()
    return Operator(
        id=operator_id,
        username=username,
        password_hash=hashed,
        dek=dek,
        totp_sealed=deps.vault.seal(dek, f"operator|totp|{operator_id}", secret.encode()),
        created_at=deps.now(),
    )


def _store(deps: Deps, row: Operator, office_code: str) -> None:
    try:
        with deps.transaction() as db:
            office = kiosks.find_office(db, office_code)
            row.office_id = office.id
            db.add(row)
            record(
                db,
                "operator.added",
                at=deps.now(),
                actor=kiosks.ADMIN,
                subject=row.id,
                office=office.code,
                role=row.role,
            )
    except IntegrityError:
        raise InputInvalid(errors=[{"field": "username", "code": "USERNAME_TAKEN"}]) from None


def end_operator(deps: Deps, username: str) -> None:
    """Take an operator's rights away: every open shift ends with them. Raises ``NotFound``."""
    with deps.transaction() as db:
        ended = db.execute(
            update(Operator)
            .where(Operator.username == username.strip().lower(), Operator.active)
            .values(active=False)
            .returning(Operator.id)
        ).scalar_one_or_none()
        if ended is None:
            raise NotFound
        record(db, "operator.ended", at=deps.now(), actor=kiosks.ADMIN, subject=ended)


def check_sign_in(
    deps: Deps, *, kiosk_id: str, office_id: str, username: str, password: str, totp: str
) -> SignedIn:
    """Check both factors of somebody of this office.

    Raises ``SignInRefused`` for whatever is wrong, ``TooManyRequests`` when the kiosk guesses.
    """
    known = _charge(deps, kiosk_id, username)
    right_password = _is_password(known, password)  # slow: outside every transaction
    step = _find_step(known, totp, deps.now()) if known else None
    reason = _refusal(known, office_id, right_password=right_password, step=step)
    if reason is not None or known is None or step is None or known.charged is None:
        sign_in_attempts.refuse(
            deps, kiosk_id, known.id if known else "unknown", reason or "unknown"
        )
    charged = known.charged

    def use(db: Session) -> str | None:
        return None if _use_step(db, known.id, charged, step) else "code used"

    return SignedIn(known.id, known.name, known.role, "password", use)


def confirm_password(deps: Deps, kiosk_id: str, operator_id: str, password: str) -> None:
    """Check the password of somebody who is signed in, charged as a sign-in is.

    Raises ``PasswordWrong`` or ``TooManyRequests``.
    """
    with deps.transaction() as db:
        username = db.get_one(Operator, operator_id).username
    known = _charge(deps, kiosk_id, username)
    right = _is_password(known, password)
    if known is None or known.charged is None or not right:
        reason = "password" if known is None or known.charged is not None else "paused"
        sign_in_attempts.refuse(deps, kiosk_id, operator_id, reason, error=PasswordWrong)
    with deps.transaction() as db:
        _forget_failures(db, known.id, known.charged)


def _charge(deps: Deps, kiosk_id: str, username: str) -> _Known | None:
    now, user = deps.now(), username.strip().lower()
    sign_in_attempts.charge_kiosk(deps, kiosk_id)
    with deps.transaction() as db:
        charged = db.execute(_charging(user, now)).scalar_one_or_none()
        row = db.scalars(select(Operator).where(Operator.username == user)).first()
        if row is None:
            return None
        place = f"operator|totp|{row.id}"
        secret = deps.vault.open(row.dek, place, row.totp_sealed).decode()
        return _Known(
            row.id,
            row.name,
            row.role,
            row.office_id,
            row.active,
            row.password_hash,
            secret,
            row.totp_step,
            charged,
        )


def _charging(username: str, now: datetime) -> Any:
    """Count the attempt unless a pause runs; every fifth failure starts one."""
    pauses = (Operator.failures + 1) % rules.MOST_FAILURES == 0
    until = literal(now + rules.PAUSE, UtcDateTime())
    return (
        update(Operator)
        .where(
            Operator.username == username,
            or_(Operator.wait_until.is_(None), Operator.wait_until <= now),
        )
        .values(failures=Operator.failures + 1, wait_until=case((pauses, until), else_=None))
        .returning(Operator.failures)
        .execution_options(synchronize_session=False)
    )


def _refusal(
    known: _Known | None, office_id: str, *, right_password: bool, step: int | None
) -> str | None:
    checks = (
        (known is None, "unknown"),
        (known is not None and known.charged is None, "paused"),
        (not right_password, "password"),
        (step is None, "code"),
        (known is not None and not known.active, "inactive"),
        (known is not None and known.office_id != office_id, "office"),
    )
    return next((reason for wrong, reason in checks if wrong), None)


def _is_password(known: _Known | None, password: str) -> bool:
    """Verify, also for nobody: an unknown user name must take as long."""
    try:
        HASHER.verify(known.password_hash if known else _nobodys_hash(), password)
    except (VerificationError, InvalidHashError):
        return False
    return known is not None


@cache
def _nobodys_hash() -> str:
    return HASHER.hash(secrets.token_urlsafe(16))


def _find_step(known: _Known, code: str, now: datetime) -> int | None:
    """Return the time step whose code this is, if it is later than the last one used."""
    totp = pyotp.TOTP(known.totp_secret)
    for step in rules.totp_steps(now.timestamp()):
        right = compare_digest(totp.generate_otp(step).encode(), code.encode())
        if right and step > known.totp_step:
            return step
    return None


def _use_step(db: Session, operator_id: str, charged: int, step: int) -> bool:
    """Use the code up and forget the failures, unless another attempt was charged meanwhile."""
    used = db.execute(
        update(Operator)
        .where(Operator.id == operator_id, Operator.active, Operator.totp_step < step)
        .values(totp_step=step)
        .returning(Operator.id)
        .execution_options(synchronize_session=False)
    ).first()
    if used is None:
        return False
    _forget_failures(db, operator_id, charged)
    return True


def _forget_failures(db: Session, operator_id: str, charged: int) -> None:
    db.execute(
        update(Operator)
        .where(Operator.id == operator_id, Operator.failures == charged)
        .values(failures=0, wait_until=None)
        .execution_options(synchronize_session=False)
    )
