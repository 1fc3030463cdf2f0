"""Following the registry: what changed there is issued anew, who died or left is closed.

Marks credentials as due; the phone fetches new ones unattended, and the old
ones hold until then. What the registry no longer has, such as a sold vehicle,
is revoked at once: there will be nothing newer.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from wallet_api.audit import record
from wallet_api.models import Credential, Parameter, Person, Wallet
from wallet_api.ports.registry import RegistryAnswer, RegistryStatus, RegistryUnavailable
from wallet_api.rules import lifecycle
from wallet_api.services import people, status_lists, wallets
from wallet_api.services.deps import Deps
from wallet_api.services.issued import DELIVERED, ENDED, SIGNED
from wallet_api.services.outbox import TryAgain
from wallet_api.services.registry_checks import make_portrait

CURSOR: Final = "registry cursor"
ACTOR: Final = "registry"


def follow_registry(deps: Deps) -> int:
    """Take up the registry's changes since the last run; return how many wallets they touched.

    The cursor moves after the work, so that a crash repeats it: every step is safe to repeat.
    Raises ``TryAgain`` when a portrait could not be made: the next run repeats.
    """
    with deps.transaction() as db:
        held = db.get(Parameter, CURSOR)
        cursor = held.value if held is not None else ""
    touched, unfinished = 0, None
    try:
        changed, cursor = deps.registry.changes_since(cursor)
        for nik in changed:
            try:
                touched += _follow(deps, nik)
            except TryAgain as again:  # no portrait now; nobody else's death waits for it
                unfinished = again
    except RegistryUnavailable:
        return 0
    if unfinished is not None:
        raise unfinished
    with deps.transaction() as db:
        db.merge(Parameter(name=CURSOR, value=cursor, changed_at=deps.now()))
    return touched


def _follow(deps: Deps, nik: str) -> bool:
    with deps.transaction() as db:
        person = people.find(db, deps, nik)
        wallet = _open_wallet(db, person)
        if person is None or wallet is None:
            return False
        known = person.answer_hash
    answer = deps.registry.look_up(nik)
    if answer.answer_hash == known:
        return False
    portrait = make_portrait(deps, answer.photo)
    with deps.transaction() as db:
        if answer.status is RegistryStatus.FOUND:
            _mark_due(db, deps, db.get_one(Person, person.id), wallet.id, answer, portrait=portrait)
        else:
            wallets.close_wallet(
                db, deps, wallet.id, reason=f"registry {answer.status.value}", actor=ACTOR
            )
        record(
            db,
            "wallet.registry_changed",
            at=deps.now(),
            actor=ACTOR,
            subject=wallet.id,
            status=answer.status.value,
            documents=len(answer.documents),
        )
    return True


def _open_wallet(db: Session, person: Person | None) -> Wallet | None:
    if person is None:
        return None
    return db.scalars(
        select(Wallet).where(Wallet.person_id == person.id, Wallet.state != lifecycle.CLOSED)
    ).one_or_none()


def _mark_due(
    db: Session,
    deps: Deps,
    person: Person,
    wallet_id: str,
    answer: RegistryAnswer,
    *,
    portrait: bytes | None,
) -> None:
    now = deps.now()
    people.store_answer(deps, person, answer, at=now)
    people.store_portrait(deps, person, portrait)
    versions = {(held.type, held.key): held.version for held in answer.documents}
    rows = db.scalars(
        select(Credential).where(
            Credential.wallet_id == wallet_id, Credential.stage.in_((SIGNED, DELIVERED))
        )
    ).all()
    gone = [row.id for row in rows if (row.type, row.document_key) not in versions]
    due = [
        row.id for row in rows if versions.get((row.type, row.document_key)) != row.document_version
    ]
    status_lists.change_status(
        db, deps, gone, status_lists.REVOKED, reason="document gone", actor=ACTOR
    )
    db.execute(update(Credential).where(Credential.id.in_(gone)).values(stage=ENDED))
    db.execute(
        update(Credential)
        .where(Credential.id.in_(due), Credential.renew_at > now)
        .values(renew_at=now)
    )
