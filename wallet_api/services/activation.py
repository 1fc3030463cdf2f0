"""Steps 5 to 7 on the phone's side: scan, confirm with the PIN, show the number.

A scan alone never activates: it only says at which counter the phone is. The
person's PIN makes it a request, an officer who sees person and phone decides.
"""

from __future__ import annotations

import secrets
from datetime import timedelta

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from credentials.statement import UnverifiedStatement
from wallet_api.audit import record
from wallet_api.errors import (
    FrameExpired,
    FrameUsed,
    KioskBlocked,
    StepNotPossible,
    WalletError,
)
from wallet_api.models import Enrolment
from wallet_api.rules import counter, lifecycle
from wallet_api.services import kiosk_frames, kiosks, pins, tallies, transitions
from wallet_api.services.deps import Deps
from wallet_api.services.enrolment_view import status_of
from wallet_api.services.idempotency import Once, remember
from wallet_api.services.kiosk_frames import ArrivedFrame

DEVICE = "device"


def claim(
    deps: Deps, enrolment_id: str, frame_text: str, *, once: Once | None = None
) -> dict[str, object]:
    """Take a scanned frame: PIN_SET → CLAIMED; returns the status.

    A newer frame replaces an unconfirmed claim. Raises ``FrameInvalid``, ``FrameExpired``,
    ``FrameUsed``, ``KioskBlocked`` or ``StepNotPossible``.
    """
    with deps.transaction() as db:
        transitions.load_in(db, deps, enrolment_id, lifecycle.PIN_SET, lifecycle.CLAIMED)
    try:
        arrived = kiosk_frames.read(deps, frame_text)
        return _store_claim(deps, enrolment_id, arrived, once)
    except WalletError as error:
        _record_refusal(deps, enrolment_id, error, frame_text)
        raise


def _store_claim(
    deps: Deps, enrolment_id: str, arrived: ArrivedFrame, once: Once | None
) -> dict[str, object]:
    frame = arrived.frame
    try:
        with deps.transaction() as db:
            enrolment = transitions.load_in(
                db, deps, enrolment_id, lifecycle.PIN_SET, lifecycle.CLAIMED
            )
            if kiosk_frames.find_user(db, frame) != enrolment_id:
                kiosk_frames.use(db, deps, frame, enrolment_id)
                _move_to_claimed(db, deps, enrolment, arrived)
            else:  # this phone's other request came first: see what it did
                db.refresh(enrolment)
            status = status_of(db, deps, enrolment)
            remember(db, deps, once, 200, status)
    except IntegrityError:
        if not _is_own(deps, enrolment_id, arrived):
            kiosk_frames.refuse_used(deps, frame)
        return _store_claim(deps, enrolment_id, arrived, once)
    return status


def _is_own(deps: Deps, enrolment_id: str, arrived: ArrivedFrame) -> bool:
    """Say whether it was this phone's own other request that used the frame."""
    with deps.transaction() as db:
        return kiosk_frames.find_user(db, arrived.frame) == enrolment_id


def _move_to_claimed(db: Session, deps: Deps, enrolment: Enrolment, arrived: ArrivedFrame) -> None:
    now, kiosk_id = deps.now(), arrived.frame.kiosk
    if enrolment.state == lifecycle.CLAIMED:
        transitions.move(
            db, enrolment.id, lifecycle.CLAIMED, lifecycle.PIN_SET, **transitions.FRESH_CLAIM
        )
    moved = transitions.move(
        db,
        enrolment.id,
        lifecycle.PIN_SET,
        lifecycle.CLAIMED,
        kiosk_id=kiosk_id,
        claimed_at=now,
        deadline_at=now + timedelta(seconds=deps.settings.confirm_seconds),
    )
    if not moved:
        raise StepNotPossible(state=enrolment.state)
    record(
        db,
        "enrolment.claimed",
        at=now,
        actor=DEVICE,
        subject=enrolment.id,
        kiosk=kiosk_id,
        office=arrived.office_code,
    )


def _record_refusal(deps: Deps, enrolment_id: str, error: WalletError, frame_text: str) -> None:
    with deps.transaction() as db:
        record(
            db,
            "enrolment.claim_refused",
            at=deps.now(),
            actor=DEVICE,
            subject=enrolment_id,
            reason=error.code,
        )
        if isinstance(error, FrameExpired | FrameUsed):  # a frame whose signature held
            tallies.count(db, deps, kiosk_frames.find_kiosk(db, frame_text), error.code.lower())


def confirm(
    deps: Deps, enrolment_id: str, pin_proof: UnverifiedStatement, *, once: Once | None = None
) -> dict[str, object]:
    """Confirm a claim with the PIN: CLAIMED → AT_COUNTER with its number; returns the status.

    Raises ``PinWrong``, ``PinWait``, ``StepNotPossible`` (also when the two minutes are over),
    ``EnrolmentEnded`` or ``KioskBlocked``.
    """
    with deps.transaction() as db:
        transitions.load_in(db, deps, enrolment_id, lifecycle.CLAIMED)
    pins.check_enrolment_pin(deps, enrolment_id, pin_proof)
    number = counter.show_number(secrets.randbelow(counter.NUMBERS))
    with deps.transaction() as db:
        enrolment = transitions.load_in(
            db, deps, enrolment_id, lifecycle.CLAIMED, lifecycle.AT_COUNTER
        )
        _move_to_counter(db, deps, enrolment, number)
        status = status_of(db, deps, enrolment)
        remember(db, deps, once, 200, status)
    return status


def _move_to_counter(db: Session, deps: Deps, enrolment: Enrolment, number: str) -> None:
    """Move once; of confirmations racing each other, the later ones find the number drawn."""
    if enrolment.state == lifecycle.AT_COUNTER or enrolment.kiosk_id is None:
        return
    now, kiosk_id = deps.now(), enrolment.kiosk_id
    kiosk = kiosks.load_active(db, kiosk_id)
    if not kiosk_frames.is_staffed(db, deps, kiosk_id):
        raise KioskBlocked
    moved = transitions.move(
        db,
        enrolment.id,
        lifecycle.CLAIMED,
        lifecycle.AT_COUNTER,
        number=number,
        numbers_left=counter.NUMBER_TRIES,
        deadline_at=now + timedelta(minutes=deps.settings.counter_minutes),
    )
    if moved:
        record(
            db,
            "enrolment.at_counter",
            at=now,
            actor=DEVICE,
            subject=enrolment.id,
            kiosk=kiosk_id,
            office=kiosk.office.code,
        )
