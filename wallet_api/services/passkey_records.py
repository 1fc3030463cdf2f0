"""The passkeys on record: an operator's own list, what an administrator sees and takes away."""

from __future__ import annotations

from sqlalchemy import Select, delete, func, select
from sqlalchemy.orm import Session

from wallet_api.audit import record
from wallet_api.errors import NotFound
from wallet_api.models import Office, Operator, OperatorPasskey
from wallet_api.services import kiosks, shifts
from wallet_api.services.deps import Deps
from wallet_api.services.enrolment_view import iso


def of(operator_id: str) -> Select[OperatorPasskey]:
    """Return the query for an operator's passkeys, the oldest first."""
    return (
        select(OperatorPasskey)
        .where(OperatorPasskey.operator_id == operator_id)
        .order_by(OperatorPasskey.created_at, OperatorPasskey.id)
    )


def show(row: OperatorPasskey) -> dict[str, object]:
    """Return a passkey as lists show it: nothing that a ceremony needs."""
    return {
        "id": row.id,
        "name": row.name,
        "created_at": iso(row.created_at),
        "last_used_at": None if row.last_used_at is None else iso(row.last_used_at),
    }


def is_demanded(db: Session, operator_id: str) -> bool:
    """Say whether a password no longer opens a shift: the office demands a passkey, there is one.

    Before the first one there is no other way in to add it.
    """
    found = db.scalar(
        select(func.count())
        .select_from(OperatorPasskey)
        .join(Operator, OperatorPasskey.operator_id == Operator.id)
        .join(Office, Operator.office_id == Office.id)
        .where(Operator.id == operator_id, Office.passkeys_demanded)
    )
    return bool(found)


def list_of(deps: Deps, username: str) -> list[dict[str, object]]:
    """Return the passkeys of a user name, for an administrator; raises ``NotFound``."""
    with deps.transaction() as db:
        return [show(row) for row in db.scalars(of(_load(db, username).id))]


def remove(deps: Deps, username: str, passkey_id: str) -> None:
    """Take a passkey away; and end the operator's shift; raises ``NotFound``."""
    with deps.transaction() as db:
        operator_id = _load(db, username).id
        removed = db.execute(
            delete(OperatorPasskey)
            .where(OperatorPasskey.id == passkey_id, OperatorPasskey.operator_id == operator_id)
            .returning(OperatorPasskey.id)
        ).first()
        if removed is None:
            raise NotFound
        shifts.end_shifts(db, deps, operator_id)
        record(
            db,
            "operator.passkey_removed",
            at=deps.now(),
            actor=kiosks.ADMIN,
            subject=operator_id,
            passkey=passkey_id,
        )


def demand(deps: Deps, office_code: str, *, demanded: bool) -> None:
    """Let an office demand passkeys, or demand them no more; raises ``InputInvalid``."""
    with deps.transaction() as db:
        office = kiosks.find_office(db, office_code)
        office.passkeys_demanded = demanded
        record(
            db,
            "office.passkeys_demanded",
            at=deps.now(),
            actor=kiosks.ADMIN,
            subject=office.id,
            demanded=demanded,
        )


def _load(db: Session, username: str) -> Operator:
    found = db.scalars(
        select(Operator).where(Operator.username == username.strip().lower())
    ).first()
    if found is None:
        raise NotFound
    return found
