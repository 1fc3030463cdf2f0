"""What an activation changes, all in the transaction of the officer's confirmation (C8, C9, C19).

The person's other enrolments end, every other wallet closes with its device
and credentials, this wallet opens, and everybody who could be the owner is told.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import bindparam, exists, select, update
from sqlalchemy.orm import Session

from wallet_api.audit import record_each, record_together
from wallet_api.errors import ActivationEnded
from wallet_api.models import Enrolment, Wallet, table_of
from wallet_api.ports.registry import Contacts
from wallet_api.rules import lifecycle
from wallet_api.services import face_frames, notices, transitions, wallets
from wallet_api.services.deps import Deps
from wallet_api.services.notices import Reach
from wallet_api.services.wallets import ClosedWallet, Witness

FORGOTTEN: dict[str, object] = {
    "number": None,
    "deadline_at": None,
    **transitions.NO_PICTURES,
    "pin_key_sealed": None,
    "pin_key_mac": None,
    "pin_pepper": None,
}
"""What an enrolment needs no more once its wallet is open."""


def activate(db: Session, deps: Deps, row: Enrolment, witness: Witness, *, known: Contacts) -> str:
    """Open the wallet of a confirmed enrolment; returns ACTIVATED.

    ``known`` are the registry's contacts of the person. ``IntegrityError`` or
    ``ActivationEnded`` when another activation was first.
    """
    closed = _end_others(db, deps, row, actor=witness.operator_id)
    with deps.one_trip(db):
        wallet_id = wallets.open_wallet(db, deps, row, witness)
        _tell(db, deps, row, witness, wallet_id=wallet_id, closed=closed, known=known)
        _record(db, deps, row, witness, wallet_id)
    if not transitions.push(
        db, row.id, row.state, lifecycle.ACTIVATED, wallet_id=wallet_id, **FORGOTTEN
    ):
        raise ActivationEnded
    return lifecycle.ACTIVATED


def _record(db: Session, deps: Deps, row: Enrolment, witness: Witness, wallet_id: str) -> None:
    place = {
        "kiosk": witness.kiosk_id,
        "office": witness.office_code,
        "operator": witness.operator_id,
    }
    first = row.first_officer_id
    happened: list[tuple[str, str, dict[str, object]]] = [
        ("enrolment.activated", row.id, {"wallet": wallet_id, "first_officer": first, **place}),
        ("wallet.opened", wallet_id, {"enrolment": row.id, **place}),
    ]
    record_together(db, happened, at=deps.now(), actor=witness.operator_id)


def _end_others(db: Session, deps: Deps, row: Enrolment, *, actor: str) -> list[ClosedWallet]:
    """End rivals and close wallets, if one look finds any: most people have neither.

    The caller holds the person's row, so no other activation opens a wallet between.
    """
    has = db.execute(_OTHERS, {"person": row.person_id, "own": row.id}).one()
    if has.rivals:
        _cancel_rivals(db, deps, row, actor=actor)
    return wallets.close_others(db, deps, row.person_id, actor=actor) if has.wallets else []


_enrolment, _wallet = table_of(Enrolment).c, table_of(Wallet).c
_OTHERS: Final = select(
    exists()
    .where(
        _enrolment.person_id == bindparam("person"),
        _enrolment.id != bindparam("own"),
        _enrolment.state.in_(lifecycle.OPEN),
    )
    .label("rivals"),
    exists()
    .where(_wallet.person_id == bindparam("person"), _wallet.state != lifecycle.CLOSED)
    .label("wallets"),
)


def _cancel_rivals(db: Session, deps: Deps, row: Enrolment, *, actor: str) -> None:
    """End the person's other enrolments in one statement, whatever they are doing (T02)."""
    ended = db.scalars(
        update(Enrolment)
        .where(
            Enrolment.person_id == row.person_id,
            Enrolment.id != row.id,
            Enrolment.state.in_(lifecycle.OPEN),
        )
        .values(
            state=lifecycle.CANCELLED,
            ended_reason="another activation",
            deadline_at=None,
            **transitions.NO_PICTURES,
        )
        .returning(Enrolment.id)
        .execution_options(synchronize_session=False)
    ).all()
    face_frames.abandon_all(db, ended)
    facts = [(rival, {"reason": "another activation"}) for rival in ended]
    record_each(db, "enrolment.ended", at=deps.now(), actor=actor, facts=facts)


def _tell(
    db: Session,
    deps: Deps,
    row: Enrolment,
    witness: Witness,
    *,
    wallet_id: str,
    closed: list[ClosedWallet],
    known: Contacts,
) -> None:
    link = notices.make_link(db, deps, wallet_id)
    told = notices.reach_enrolment(deps, row)
    messages = [("wallet_activated", told)]
    others = [("wallet_replaced", old.reach) for old in closed]
    others.append(("wallet_activated", Reach(known.emails, known.phones, row.language)))
    for template, reach in others:
        fresh = reach.without(told)
        messages.append((template, fresh))
        told = told.plus(fresh)
    office, device = witness.office_name, row.device_model
    notices.tell_activated(db, deps, messages, office=office, device=device, link=link)
