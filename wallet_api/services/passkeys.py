"""Operators' passkeys: added with the password once more, used instead of password and code.

A passkey cannot be read out to somebody on the telephone and works on no page
but the console's. Who adds one has signed in shortly before and types the
password again: a console that was left alone takes no stranger's key (T14).
The signature counter moves in one conditional UPDATE; one that goes back is a
copy's, and is refused.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NoReturn

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from credentials.jwk import b64url_encode
from wallet_api.audit import record
from wallet_api.errors import InputInvalid, PasskeyRefused, PasskeysFull, SignInTooOld
from wallet_api.models import Operator, OperatorPasskey, Shift, new_id
from wallet_api.rules import passkeys as rules
from wallet_api.rules.errors import RuleError
from wallet_api.services import (
    operators,
    passkey_challenges,
    passkey_records,
    sign_in_attempts,
)
from wallet_api.services.counter_queue import Desk
from wallet_api.services.deps import Deps
from wallet_api.services.idempotency import Once, remember
from wallet_api.services.operators import SignedIn
from wallet_api.services.passkey_challenges import Bound

_DIALOG_MS = int(rules.DIALOG_LIFE.total_seconds() * 1000)


@dataclass(frozen=True, slots=True)
class _Held:
    id: str
    public_key: bytes
    operator_id: str
    name: str
    role: str
    office_id: str
    active: bool


def ask_to_sign_in(deps: Deps, kiosk_id: str, origin: str) -> dict[str, object]:
    """Return what a console's page asks the browser for: any passkey of this relying party."""
    bound = Bound(rules.SIGN_IN, kiosk_id, "", _check_origin(origin))
    return {
        "challenge": b64url_encode(passkey_challenges.make(deps, bound)),
        "rp_id": rules.RP_ID,
        "timeout_ms": _DIALOG_MS,
    }


def ask_to_add(deps: Deps, desk: Desk, *, origin: str, password: str) -> dict[str, object]:
    """Return what the page asks the browser to make, after the password was typed again.

    Raises ``PasswordWrong``, ``SignInTooOld``, ``PasskeysFull`` or ``TooManyRequests``.
    """
    operator_id = desk.shift.operator_id
    bound = Bound(rules.ADD, desk.kiosk_id, operator_id, _check_origin(origin))
    with deps.transaction() as db:
        opened_at = db.get_one(Shift, desk.shift.shift_id).opened_at
    if deps.now() - opened_at > rules.RECENT:
        raise SignInTooOld
    operators.confirm_password(deps, desk.kiosk_id, operator_id, password)
    with deps.transaction() as db:
        person = db.get_one(Operator, operator_id)
        held = list(db.scalars(passkey_records.of(operator_id)))
    if len(held) >= rules.MOST:
        raise PasskeysFull
    return {
        "challenge": b64url_encode(passkey_challenges.make(deps, bound)),
        "rp_id": rules.RP_ID,
        "rp_name": rules.RP_NAME,
        "timeout_ms": _DIALOG_MS,
        "user": {
            "id": rules.show_user_handle(operator_id),
            "name": person.username,
            "display_name": person.name,
        },
        "algorithms": [int(one) for one in rules.ALGORITHMS],
        "exclude": [b64url_encode(one.credential_id) for one in held],
    }


def add(
    deps: Deps, desk: Desk, made: rules.Attestation, *, name: str, once: Once | None = None
) -> dict[str, object]:
    """Keep a passkey that this operator made at this console; its id is unique (T14).

    Raises ``PasskeyRefused`` or ``PasskeysFull``.
    """
    operator_id, now = desk.shift.operator_id, deps.now()
    new = _read_new(deps, desk, made)
    row = OperatorPasskey(
        id=new_id(),
        operator_id=operator_id,
        credential_id=new.credential_id,
        public_key=new.public_key,
        sign_count=new.sign_count,
        name=name,
        created_at=now,
        last_used_at=None,
    )
    answer: dict[str, object] = {"passkey": passkey_records.show(row)}
    try:
        with deps.transaction() as db:
            db.get_one(Operator, operator_id, with_for_update=True)  # of two at once one waits
            if len(list(db.scalars(passkey_records.of(operator_id)))) >= rules.MOST:
                raise PasskeysFull
            db.add(row)
            record(
                db,
                "operator.passkey_added",
                at=now,
                actor=operator_id,
                subject=operator_id,
                passkey=row.id,
                kiosk=desk.kiosk_id,
            )
            remember(db, deps, once, 201, answer)
    except IntegrityError:
        _refuse_new(deps, desk, "known")
    return answer


def _read_new(deps: Deps, desk: Desk, made: rules.Attestation) -> rules.NewPasskey:
    operator_id = desk.shift.operator_id
    try:
        known = rules.read_client_data(made.client_data)
        new = rules.verify_attestation(made, known)
    except RuleError as error:
        _refuse_new(deps, desk, error.code)
    bound = Bound(rules.ADD, desk.kiosk_id, operator_id, known.origin)
    wrong = passkey_challenges.use_up(deps, bound, known.challenge)
    if wrong is not None:
        _refuse_new(deps, desk, wrong)
    return new


def _refuse_new(deps: Deps, desk: Desk, reason: str) -> NoReturn:
    operator_id = desk.shift.operator_id
    with deps.transaction() as db:
        record(
            db,
            "operator.passkey_refused",
            at=deps.now(),
            actor=operator_id,
            subject=operator_id,
            reason=reason,
            kiosk=desk.kiosk_id,
        )
    raise PasskeyRefused


def check_sign_in(deps: Deps, *, kiosk_id: str, office_id: str, proof: rules.Assertion) -> SignedIn:
    """Check a passkey of somebody of this office, whoever it is.

    Raises ``PasskeyRefused`` for whatever is wrong, ``TooManyRequests`` when the kiosk guesses.
    """
    sign_in_attempts.charge_kiosk(deps, kiosk_id)
    try:
        known = rules.read_client_data(proof.client_data)
        held = _find(deps, rules.decode(proof.id))
        if held is None or proof.user_handle != rules.show_user_handle(held.operator_id):
            _refuse(deps, kiosk_id, "unknown", "unknown")
        count = rules.verify_assertion(proof, known, public_key=held.public_key)
    except RuleError as error:
        _refuse(deps, kiosk_id, "unknown", error.code)
    bound = Bound(rules.SIGN_IN, kiosk_id, "", known.origin)
    wrong = passkey_challenges.use_up(deps, bound, known.challenge)
    reasons = ((not held.active, "inactive"), (held.office_id != office_id, "office"))
    reason = wrong or next((text for is_so, text in reasons if is_so), None)
    if reason is not None:
        _refuse(deps, kiosk_id, held.operator_id, reason)

    def use(db: Session) -> str | None:
        return None if _count_on(db, deps, held.id, count) else "passkey counter went back"

    return SignedIn(held.operator_id, held.name, held.role, "passkey", use, PasskeyRefused)


def _find(deps: Deps, credential_id: bytes) -> _Held | None:
    with deps.reading() as db:
        row = db.execute(
            select(
                OperatorPasskey.id,
                OperatorPasskey.public_key,
                OperatorPasskey.operator_id,
                Operator.name,
                Operator.role,
                Operator.office_id,
                Operator.active,
            )
            .join(Operator, OperatorPasskey.operator_id == Operator.id)
            .where(OperatorPasskey.credential_id == credential_id)
        ).first()
    return None if row is None else _Held(*row)


def _count_on(db: Session, deps: Deps, passkey_id: str, count: int) -> bool:
    """Move the counter on in one statement (rule 3); 0 stands for having none (section 6.1.1)."""
    kept = OperatorPasskey.sign_count
    used = db.execute(
        update(OperatorPasskey)
        .where(
            OperatorPasskey.id == passkey_id,
            kept < count if count else kept == 0,
        )
        .values(sign_count=count, last_used_at=deps.now())
        .returning(OperatorPasskey.id)
        .execution_options(synchronize_session=False)
    ).first()
    return used is not None


def _refuse(deps: Deps, kiosk_id: str, subject: str, reason: str) -> NoReturn:
    sign_in_attempts.refuse(deps, kiosk_id, subject, f"passkey {reason}", error=PasskeyRefused)


def _check_origin(origin: str) -> str:
    try:
        rules.check_origin(origin)
    except RuleError as error:
        raise InputInvalid(errors=[{"field": error.field, "code": error.code}]) from None
    return origin


def list_own(deps: Deps, desk: Desk) -> dict[str, object]:
    """Return the operator's passkeys, and whether the office demands them."""
    operator_id = desk.shift.operator_id
    with deps.transaction() as db:
        demanded = db.get_one(Operator, operator_id).office.passkeys_demanded
        held = [passkey_records.show(row) for row in db.scalars(passkey_records.of(operator_id))]
    return {"passkeys": held, "demanded": demanded, "most": rules.MOST}
