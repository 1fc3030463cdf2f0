"""Blocking a person's wallet by NIK: for officers and administrators, never undone by them (T35).

The answer is the same whether the NIK has a wallet, an enrolment or nothing;
the audit knows.
"""

from __future__ import annotations

from datetime import timedelta

from wallet_api.audit import record
from wallet_api.errors import InputInvalid
from wallet_api.rules import operators as rules
from wallet_api.rules.errors import RuleError
from wallet_api.rules.nik import normalise_nik
from wallet_api.services import kiosks, limits, shifts, wallets
from wallet_api.services.counter_queue import Desk
from wallet_api.services.deps import Deps
from wallet_api.services.idempotency import Once, remember

HOUR = timedelta(hours=1)


def block_at_counter(
    deps: Deps, desk: Desk, nik: str, reason: str, *, once: Once | None = None
) -> dict[str, object]:
    """Block at an operator's word; raises ``InputInvalid`` or ``TooManyRequests`` only."""
    digits, operator = _read(nik), desk.shift.operator_id
    with deps.transaction() as db:
        limits.charge(db, deps, f"block|{operator}", HOUR, rules.BLOCKS_AN_HOUR)
    answer: dict[str, object] = {"accepted": True}
    with deps.transaction() as db:
        kiosks.load_active(db, desk.kiosk_id)
        shifts.check_open(db, deps, desk.kiosk_id, desk.shift.shift_id)
        found = wallets.block_by_nik(db, deps, digits, reason=reason, actor=operator)
        record(
            db,
            "person.block_asked",
            at=deps.now(),
            actor=operator,
            subject=desk.shift.shift_id,
            operator=operator,
            kiosk=desk.kiosk_id,
            reason=reason,
            found=found,
        )
        remember(db, deps, once, 202, answer)
    return answer


def block_by_admin(deps: Deps, nik: str, reason: str) -> bool:
    """Block from the command line; says whether there was an active wallet."""
    digits = _read(nik)
    with deps.transaction() as db:
        found = wallets.block_by_nik(db, deps, digits, reason=reason, actor=kiosks.ADMIN)
        record(
            db,
            "person.block_asked",
            at=deps.now(),
            actor=kiosks.ADMIN,
            subject=kiosks.ADMIN,
            reason=reason,
            found=found,
        )
    return found


def _read(nik: str) -> str:
    try:
        return normalise_nik(nik)
    except RuleError as error:
        raise InputInvalid(errors=[{"field": error.field, "code": error.code}]) from None
