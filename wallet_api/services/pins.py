"""PIN attempts that cannot be had for free.

The attempt is charged and committed first, by one conditional UPDATE; only
then is the PIN signature looked at. A success resets the count only if no
other attempt was charged meanwhile, so it cannot erase a charge (T16, C6).
PIN proofs and PIN public keys are never logged, and stored only sealed (T17).
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import case, literal, or_, update
from sqlalchemy.orm import Session

from credentials.errors import CredentialError
from credentials.signing import load_compressed
from credentials.statement import UnverifiedStatement, verify_statement
from wallet_api.audit import record
from wallet_api.db import UtcDateTime
from wallet_api.errors import EnrolmentEnded, PinWait, PinWrong, StepNotPossible, WalletBlocked
from wallet_api.models import Enrolment, Wallet
from wallet_api.rules import lifecycle, pin_policy
from wallet_api.services import tallies, transitions, wallets
from wallet_api.services.deps import Deps
from wallet_api.services.pin_keys import SealedPinKey, open_pin_key

IN_FLIGHT: Final = timedelta(seconds=10)
"""How long the last try is given to end; after that its worker is dead, and the try was wrong."""
_PAUSES: Final = pin_policy.WAIT_AFTER | {pin_policy.MOST_FAILURES: IN_FLIGHT}


def check_enrolment_pin(deps: Deps, enrolment_id: str, proof: UnverifiedStatement) -> None:
    """Check the PIN on the way to the counter; raises ``PinWrong`` or ``PinWait``."""
    with deps.transaction() as db:
        failures = _charge(db, deps, Enrolment, enrolment_id, lifecycle.CLAIMED)
        row = transitions.load(db, deps, enrolment_id)
        if failures is None and row.state != lifecycle.CLAIMED:
            raise StepNotPossible(state=row.state)
        if row.pin_key_sealed is None or row.pin_key_mac is None or row.pin_pepper is None:
            raise StepNotPossible(state=row.state)
        held = SealedPinKey(row.pin_key_sealed, row.pin_key_mac, row.pin_pepper)
        point = open_pin_key(deps, row.person.dek, f"enrolment|{row.id}", held)
        waits, kiosk_id = row.pin_wait_until, row.kiosk_id
        spent = pin_policy.blocks(row.pin_failures) and (waits is None or waits <= deps.now())
    if failures is None and not spent:
        raise PinWait(retry_after=_seconds_until(deps, waits))
    if failures is not None and _proves(proof, point):
        return _reset(deps, Enrolment, enrolment_id, failures)
    # A worker that died after the tenth charge left it to the next call to end the enrolment.
    failures = failures or pin_policy.MOST_FAILURES
    with deps.transaction() as db:
        record(
            db,
            "enrolment.pin_wrong",
            at=deps.now(),
            actor="device",
            subject=enrolment_id,
            failures=failures,
        )
        tallies.count(db, deps, kiosk_id, "pin_wrong")
        if pin_policy.blocks(failures):
            transitions.end(
                db, deps, transitions.load(db, deps, enrolment_id), lifecycle.REFUSED, reason="pin"
            )
    if pin_policy.blocks(failures):
        raise EnrolmentEnded(state=lifecycle.REFUSED)
    raise _wrong(failures)


def check_wallet_pin(deps: Deps, wallet_id: str, proof: UnverifiedStatement) -> None:
    """Check the PIN of an active wallet; the tenth failure blocks it."""
    with deps.transaction() as db:
        failures = _charge(db, deps, Wallet, wallet_id, lifecycle.ACTIVE)
        row = db.get_one(Wallet, wallet_id)
        if row.state != lifecycle.ACTIVE:
            raise WalletBlocked
        held = SealedPinKey(row.pin_key_sealed, row.pin_key_mac, row.pin_pepper)
        point = open_pin_key(deps, row.person.dek, f"wallet|{row.id}", held)
        waits = row.pin_wait_until
        spent = pin_policy.blocks(row.pin_failures) and (waits is None or waits <= deps.now())
    if failures is None and not spent:
        raise PinWait(retry_after=_seconds_until(deps, waits))
    if failures is not None and _proves(proof, point):
        return _reset(deps, Wallet, wallet_id, failures)
    failures = failures or pin_policy.MOST_FAILURES
    with deps.transaction() as db:
        record(
            db,
            "session.pin_wrong",
            at=deps.now(),
            actor="device",
            subject=wallet_id,
            failures=failures,
        )
        if pin_policy.blocks(failures):
            wallets.block_wallet(db, deps, wallet_id, reason="pin", actor="system")
    if pin_policy.blocks(failures):
        raise WalletBlocked
    raise _wrong(failures)


def _charge(
    db: Session, deps: Deps, table: type[Enrolment | Wallet], row_id: str, state: str
) -> int | None:
    """Count one attempt; None when the ladder asks to wait, or the row is not in ``state``."""
    now = deps.now()
    waits = case(
        *(
            (table.pin_failures + 1 == rung, literal(now + pause, UtcDateTime()))
            for rung, pause in _PAUSES.items()
        ),
        else_=None,
    )
    return db.execute(
        update(table)
        .where(
            table.id == row_id,
            table.state == state,
            table.pin_failures < pin_policy.MOST_FAILURES,
            or_(table.pin_wait_until.is_(None), table.pin_wait_until <= now),
        )
        .values(pin_failures=table.pin_failures + 1, pin_wait_until=waits)
        .returning(table.pin_failures)
        .execution_options(synchronize_session=False)
    ).scalar_one_or_none()


def _reset(deps: Deps, table: type[Enrolment | Wallet], row_id: str, charged: int) -> None:
    with deps.transaction() as db:
        db.execute(
            update(table)
            .where(table.id == row_id, table.pin_failures == charged)
            .values(pin_failures=0, pin_wait_until=None)
        )


def _proves(proof: UnverifiedStatement, point: bytes) -> bool:
    try:
        verify_statement(proof, load_compressed(point))
    except CredentialError:
        return False
    return True


def _seconds_until(deps: Deps, moment: datetime | None) -> int:
    return 1 if moment is None else max(1, int((moment - deps.now()).total_seconds()) + 1)


def _wrong(failures: int) -> PinWrong:
    pause = pin_policy.wait_after(failures)
    return PinWrong(
        attempts_left=pin_policy.attempts_left(failures),
        wait_seconds=int(pause.total_seconds()) if pause else 0,
    )
