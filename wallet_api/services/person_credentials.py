"""Revoking, suspending and resuming by an administrator: one credential, or a person's all."""

from __future__ import annotations

from sqlalchemy import select

from wallet_api.errors import InputInvalid
from wallet_api.models import Credential, Wallet
from wallet_api.rules.errors import RuleError
from wallet_api.rules.nik import normalise_nik
from wallet_api.services import kiosks, people, status_lists
from wallet_api.services.deps import Deps


def change_one(deps: Deps, credential_id: str, status: str, *, reason: str) -> list[str]:
    """Change one credential; returns the ids that changed: none when the status forbids it."""
    return status_lists.change_by_command(
        deps, [credential_id], status, reason=reason, actor=kiosks.ADMIN
    )


def change_all(deps: Deps, nik: str, status: str, *, reason: str) -> list[str]:
    """Change every credential of a NIK; returns the ids that changed."""
    try:
        digits = normalise_nik(nik)
    except RuleError as error:
        raise InputInvalid(errors=[{"field": error.field, "code": error.code}]) from None
    with deps.transaction() as db:
        person = people.find(db, deps, digits)
        ids = list(
            db.scalars(
                select(Credential.id)
                .join(Wallet, Credential.wallet_id == Wallet.id)
                .where(Wallet.person_id == (person.id if person else ""))
            )
        )
    return status_lists.change_by_command(deps, ids, status, reason=reason, actor=kiosks.ADMIN)
