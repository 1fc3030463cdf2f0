"""What a wallet holds: the menu, delivery and what ends with it, and the changes of the registry.

A newer credential ends the older ones of its unit only when the phone says it
has arrived, so that there is always one that holds (crash point C20).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from wallet_api.audit import record
from wallet_api.models import Credential, Wallet
from wallet_api.services import people, status_lists, wallets
from wallet_api.services.deps import Deps
from wallet_api.services.enrolment_view import iso
from wallet_api.services.idempotency import Once, remember
from wallet_api.services.issued import DELIVERED, ENDED, QR, SIGNED

SUPERSEDED: Final = "superseded"
DELIVERY_LIFE: Final = timedelta(hours=24)
GROUPS: Final = {
    "kependudukan": {"id": "Kependudukan", "en": "Civil registry"},
    "lainnya": {"id": "Dokumen lainnya", "en": "Other documents"},
}


def menu(deps: Deps, wallet_id: str) -> dict[str, object]:
    """Group every document type, with those the registry has for this person marked."""
    with deps.transaction() as db:
        wallet = db.get_one(Wallet, wallet_id)
        answer = people.answer_of(deps, wallet.person)
        state = wallet.state
    available = {document["type"] for document in answer["documents"]}
    groups = []
    for group, label in GROUPS.items():
        documents = [
            {
                "type": held.name,
                "label": {"id": held.labels.id, "en": held.labels.en},
                "available": held.name in available,
                "profiles": [
                    {
                        "name": profile.name,
                        "number": profile.number,
                        "label": {"id": profile.labels.id, "en": profile.labels.en},
                    }
                    for profile in held.profiles
                ],
            }
            for held in deps.catalogue.types
            if held.group == group
        ]
        groups.append({"group": group, "label": label, "documents": documents})
    return {"wallet": wallet_id, "state": state, "server_time": iso(deps.now()), "groups": groups}


def list_held(deps: Deps, wallet_id: str) -> dict[str, object]:
    """List the credentials that have not ended."""
    with deps.transaction() as db:
        rows = db.scalars(
            select(Credential)
            .where(
                Credential.wallet_id == wallet_id,
                Credential.format == QR,
                Credential.stage.in_((SIGNED, DELIVERED)),
            )
            .order_by(Credential.issued_at, Credential.batch, Credential.position)
        ).all()
    return {
        "credentials": [
            {
                "id": row.id,
                "type": row.type,
                "profile": row.profile,
                "state": row.status if row.status != status_lists.GOOD else row.stage,
                "issued_at": iso(row.issued_at),
                "expires_at": iso(row.expires_at),
                "renew_at": iso(row.renew_at),
            }
            for row in rows
        ]
    }


def mark_delivered(
    deps: Deps, wallet_id: str, ids: Sequence[str], *, once: Once | None
) -> dict[str, object]:
    """The phone holds these now: end the older ones of the same units."""
    now = deps.now()
    with deps.transaction() as db:
        arrived = db.scalars(
            update(Credential)
            .where(
                Credential.id.in_(ids),
                Credential.wallet_id == wallet_id,
                Credential.format == QR,
                Credential.stage == SIGNED,
            )
            .values(stage=DELIVERED, delivered_at=now)
            .returning(Credential.id)
            .execution_options(synchronize_session=False)
        ).all()
        retired = _end_older(db, deps, wallet_id, arrived)
        for credential_id in arrived:
            record(
                db,
                "credential.delivered",
                at=now,
                actor="device",
                subject=credential_id,
                retired=len(retired),
            )
        answer: dict[str, object] = {"retired": retired}
        remember(db, deps, once, 200, answer)
    return answer


def _end_older(db: Session, deps: Deps, wallet_id: str, arrived: Sequence[str]) -> list[str]:
    if not arrived:
        return []
    fresh = db.scalars(
        select(Credential)
        .where(Credential.id.in_(arrived))
        .execution_options(populate_existing=True)
    ).all()
    units = {(row.type, row.document_key, row.unit_profile) for row in fresh}
    batches = {row.batch for row in fresh}
    held = db.scalars(
        select(Credential).where(
            Credential.wallet_id == wallet_id,
            Credential.format == QR,
            Credential.stage.in_((SIGNED, DELIVERED)),
            Credential.batch.not_in(batches),
            Credential.issued_at <= max(row.issued_at for row in fresh),
        )
    ).all()
    older = [row.id for row in held if (row.type, row.document_key, row.unit_profile) in units]
    _end(db, deps, older, actor="device")
    return older


def _end(db: Session, deps: Deps, ids: Sequence[str], *, actor: str) -> None:
    status_lists.change_status(
        db, deps, list(ids), status_lists.REVOKED, reason=SUPERSEDED, actor=actor
    )
    db.execute(update(Credential).where(Credential.id.in_(ids)).values(stage=ENDED))


def end_undelivered(deps: Deps) -> int:
    """End what no phone has confirmed within a day, so that two never hold for longer (C20)."""
    with deps.transaction() as db:
        late = db.scalars(
            select(Credential.id)
            .where(
                Credential.format == QR,  # a wallet of others need not confirm anything
                Credential.stage == SIGNED,
                Credential.status == status_lists.GOOD,
                Credential.issued_at < deps.now() - DELIVERY_LIFE - timedelta(hours=1),
            )
            .limit(1000)
        ).all()
        _end(db, deps, late, actor="system")
    return len(late)


def block(deps: Deps, wallet_id: str, reason: str, *, once: Once | None) -> dict[str, object]:
    """Block the wallet at its holder's wish."""
    with deps.transaction() as db:
        wallets.block_wallet(db, deps, wallet_id, reason=reason, actor="holder")
        answer: dict[str, object] = {"state": "BLOCKED"}
        remember(db, deps, once, 200, answer)
    return answer


def close(deps: Deps, wallet_id: str, *, once: Once | None) -> dict[str, object]:
    """Close the wallet and unbind the phone at its holder's wish."""
    with deps.transaction() as db:
        wallets.close_wallet(db, deps, wallet_id, reason="holder", actor="holder")
        answer: dict[str, object] = {"state": "CLOSED"}
        remember(db, deps, once, 200, answer)
    return answer
