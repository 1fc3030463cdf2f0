"""Attempts to sign in at a kiosk, by password or passkey: counted, and refused in one way."""

from __future__ import annotations

from typing import NoReturn

from wallet_api.audit import record
from wallet_api.errors import SignInRefused, TooManyRequests, WalletError
from wallet_api.rules import operators as rules
from wallet_api.services import limits, tallies
from wallet_api.services.deps import Deps


def charge_kiosk(deps: Deps, kiosk_id: str) -> None:
    """Count an attempt to sign in at this kiosk, by whoever; raises ``TooManyRequests``."""
    with deps.transaction() as db:
        tries = limits.count(db, deps, f"sign-in|{kiosk_id}", rules.SIGN_IN_WINDOW)
    if tries > rules.SIGN_INS_A_KIOSK:
        raise TooManyRequests(retry_after=int(rules.SIGN_IN_WINDOW.total_seconds()))


def refuse(
    deps: Deps,
    kiosk_id: str,
    subject: str,
    reason: str,
    *,
    error: type[WalletError] = SignInRefused,
) -> NoReturn:
    """Record why, then tell nothing of it."""
    with deps.transaction() as db:
        tallies.count(db, deps, kiosk_id, "sign_in")
        record(
            db,
            "shift.refused",
            at=deps.now(),
            actor=kiosk_id,
            subject=subject,
            reason=reason,
            kiosk=kiosk_id,
        )
    raise error
