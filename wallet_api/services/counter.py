"""Step 7: the officer confirms or refuses the person at the counter.

The number is checked first, and a wrong one is charged in its own transaction.
Then the registry is asked anew, outside any transaction. Then one transaction
checks everything again (kiosk, certificate, shift, limits, number, deadline)
and either opens the wallet or hands over to a second officer.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from wallet_api.audit import record, record_together
from wallet_api.errors import (
    ActivationEnded,
    NumberWrong,
    PersonNotEligible,
    SameOfficer,
    WalletError,
)
from wallet_api.models import Enrolment
from wallet_api.ports.registry import RegistryAnswer, RegistryStatus
from wallet_api.rules import counter, face_review, lifecycle
from wallet_api.services import (
    activation_settling,
    counter_limits,
    people,
    shifts,
    tallies,
    transitions,
)
from wallet_api.services.counter_queue import Desk, load_waiting
from wallet_api.services.deps import Deps
from wallet_api.services.enrolment_view import iso
from wallet_api.services.idempotency import Once, remember

Draw = Callable[[], float]


def draw_percent() -> float:
    """Draw from [0, 100) by the system's randomness: nobody can foresee a second officer."""
    return secrets.randbelow(1_000_000) / 10_000


@dataclass(frozen=True, slots=True)
class Confirmation:
    """What the officer says: the number on the phone, and whose face it is where asked, and why."""

    number: str | None
    face_decision: str | None
    face_reason: str | None = None


def confirm(
    deps: Deps,
    desk: Desk,
    enrolment_id: str,
    said: Confirmation,
    *,
    once: Once | None = None,
    draw: Draw = draw_percent,
) -> dict[str, object]:
    """Confirm a waiting person; returns ``state`` ACTIVATED or SECOND_OFFICER.

    Raises ``NumberWrong``, ``ActivationEnded``, ``FaceDecisionNeeded``, ``SameOfficer``,
    ``OperatorLimit``, ``ShiftEnded``, ``KioskBlocked``, ``KioskCertificateExpired``,
    ``PersonNotEligible``, ``EnrolmentNotFound`` or ``RegistryDown``.
    """
    nik = _check_number(deps, desk, enrolment_id, said)
    answer, answered_at = deps.registry.look_up(nik), deps.now()
    if answer.status is not RegistryStatus.FOUND:
        _end_refused(deps, enrolment_id, answer, answered_at)
        raise PersonNotEligible
    try:
        with deps.transaction() as db:
            row = load_waiting(db, deps, desk, enrolment_id, lock=True)
            state = _decide(db, deps, desk, row, said, answer=answer, drawn=draw())
            result: dict[str, object] = {"state": state, "server_time": iso(deps.now())}
            with deps.one_trip(db):
                _record_answer(db, enrolment_id, answer, answered_at)
                remember(db, deps, once, 200, result)
    except (IntegrityError, WalletError) as error:
        with deps.transaction() as db:  # undone with the rest, but the registry was asked
            _record_answer(db, enrolment_id, answer, answered_at)
        if isinstance(error, WalletError) or not _is_another_activation(error):
            raise
        raise ActivationEnded from None
    return result


def _is_another_activation(error: IntegrityError) -> bool:
    """Say whether the person got a wallet or an active device meanwhile (C8)."""
    return any(name in str(error.orig) for name in _ONE_A_PERSON)


# PostgreSQL names the index that was hurt, SQLite its column.
_ONE_A_PERSON: Final = (
    "uq_wallet_open_person",
    "uq_device_active_person",
    "wallet.person_id",
    "device.person_id",
)


def _check_number(deps: Deps, desk: Desk, enrolment_id: str, said: Confirmation) -> str:
    """Charge a wrong number and commit that, then refuse (rule 2); return the person's NIK."""
    with deps.transaction() as db:
        row = load_waiting(db, deps, desk, enrolment_id)
        _check_officers(desk, row, said)
        left = None
        if row.state == lifecycle.AT_COUNTER:
            left = counter_limits.charge_number(db, deps, desk, row, said.number)
        nik = people.nik_of(deps, row.person)
    if left == 0:
        raise ActivationEnded
    if left is not None:
        raise NumberWrong(numbers_left=left)
    return nik


def _check_officers(desk: Desk, row: Enrolment, said: Confirmation) -> bool:
    if row.first_officer_id == desk.shift.operator_id:
        raise SameOfficer
    return face_review.check_face_decided(
        row.face_outcome, decision=said.face_decision, why=said.face_reason
    )


def _record_answer(
    db: Session, enrolment_id: str, answer: RegistryAnswer, answered_at: datetime
) -> None:
    """Write down what the registry says now."""
    facts = {"status": answer.status.value, "answer_hash": answer.answer_hash}
    happened = [("enrolment.registry_answered", enrolment_id, facts)]
    record_together(db, happened, at=answered_at, actor="registry")


def _end_refused(
    deps: Deps, enrolment_id: str, answer: RegistryAnswer, answered_at: datetime
) -> None:
    """End the enrolment of somebody who may not hold a wallet."""
    with deps.transaction() as db:
        _record_answer(db, enrolment_id, answer, answered_at)
        row = db.get_one(Enrolment, enrolment_id)
        if row.state in lifecycle.OPEN:
            reason = f"registry {answer.status.value}"
            transitions.end(db, deps, row, lifecycle.REFUSED, reason=reason)
            tallies.count(db, deps, row.kiosk_id, "not_eligible")


def _decide(
    db: Session,
    deps: Deps,
    desk: Desk,
    row: Enrolment,
    said: Confirmation,
    *,
    answer: RegistryAnswer,
    drawn: float,
) -> str:
    first = row.state == lifecycle.AT_COUNTER
    if first and not counter.is_number(row.number, said.number or ""):
        raise ActivationEnded  # it fell back and came again meanwhile: another number, another look
    if _check_officers(desk, row, said):
        _record_face(db, deps, desk, row, said.face_reason)
    witness = counter_limits.check_desk(db, deps, desk)
    counter_limits.charge_operator(db, deps, desk.shift.operator_id)
    if first:
        reason = counter.second_officer_reason(
            no_match=row.face_no_match,
            drawn=drawn,
            percent=deps.settings.second_officer_percent,
        )
        if reason is not None:
            return _hand_over(db, deps, desk, row, reason)
    return activation_settling.activate(db, deps, row, witness, known=answer.contacts)


def _record_face(db: Session, deps: Deps, desk: Desk, row: Enrolment, reason: str | None) -> None:
    operator = desk.shift.operator_id
    db.execute(
        update(Enrolment)
        .where(Enrolment.id == row.id)
        .values(face_decided_by=operator, face_decision_reason=reason)
        .execution_options(synchronize_session=False)
    )
    record(
        db,
        "enrolment.face_decided_by_officer",
        at=deps.now(),
        actor=operator,
        subject=row.id,
        kiosk=desk.kiosk_id,
        operator=operator,
        reason=reason,
    )


def _hand_over(db: Session, deps: Deps, desk: Desk, row: Enrolment, reason: str) -> str:
    now, operator = deps.now(), desk.shift.operator_id
    moved = transitions.move(
        db,
        row.id,
        lifecycle.AT_COUNTER,
        lifecycle.SECOND_OFFICER,
        first_officer_id=operator,
        deadline_at=now + timedelta(minutes=deps.settings.counter_minutes),
    )
    if not moved:
        raise ActivationEnded
    record(
        db,
        "enrolment.second_officer",
        at=now,
        actor=operator,
        subject=row.id,
        kiosk=desk.kiosk_id,
        operator=operator,
        reason=reason,
    )
    return lifecycle.SECOND_OFFICER


def refuse(
    deps: Deps, desk: Desk, enrolment_id: str, reason: str, *, once: Once | None = None
) -> dict[str, object]:
    """Refuse a waiting person for good: they start anew. ``reason`` is for the audit."""
    with deps.transaction() as db:
        row = load_waiting(db, deps, desk, enrolment_id)
        shifts.check_open(db, deps, desk.kiosk_id, desk.shift.shift_id)
        operator = desk.shift.operator_id
        if not transitions.end(
            db, deps, row, lifecycle.REFUSED, reason=f"officer {reason}", actor=operator
        ):
            raise ActivationEnded
        record(
            db,
            "enrolment.refused",
            at=deps.now(),
            actor=operator,
            subject=row.id,
            kiosk=desk.kiosk_id,
            operator=operator,
            reason=reason,
        )
        tallies.count(db, deps, desk.kiosk_id, reason)
        answer: dict[str, object] = {"state": lifecycle.REFUSED}
        remember(db, deps, once, 200, answer)
    return answer
