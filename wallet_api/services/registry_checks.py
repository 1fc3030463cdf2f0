"""Asking the civil registry, apart from every request (steps 2 to 3, crash point C2).

Runs from the outbox after the contact is proven: a stranger who types NIKs in
causes no look-up, and nobody can time the answer.
"""

from __future__ import annotations

from wallet_api.audit import record
from wallet_api.models import Enrolment
from wallet_api.ports.faces import FaceBusy, FaceUnavailable, NoUsablePhoto
from wallet_api.ports.registry import (
    RegistryAnswer,
    RegistryRefused,
    RegistryStatus,
    RegistryUnavailable,
)
from wallet_api.rules import lifecycle
from wallet_api.services import people, transitions
from wallet_api.services.deps import Deps
from wallet_api.services.enrolment_view import REGISTRY_PENDING
from wallet_api.services.outbox import TryAgain


def run(deps: Deps, payload: dict[str, object]) -> None:
    """Outbox handler: ask about one enrolment and move it on, or refuse it."""
    enrolment_id = str(payload["enrolment"])
    with deps.transaction() as db:
        enrolment = transitions.load(db, deps, enrolment_id)
        if enrolment.registry_status != REGISTRY_PENDING or enrolment.state in lifecycle.ENDED:
            return
        nik = people.nik_of(deps, enrolment.person)
    try:
        answer = deps.registry.look_up(nik)
    except RegistryUnavailable as error:
        raise TryAgain(error.reason, min(error.retry_after or 30, 30)) from None
    except RegistryRefused:
        _settle_refusal(deps, enrolment_id, "NOT_ASKED", None)
        return
    if answer.status is not RegistryStatus.FOUND:
        _settle_refusal(deps, enrolment_id, answer.status.value, answer.answer_hash)
        return
    _settle_found(deps, enrolment_id, answer, make_portrait(deps, answer.photo))


def make_portrait(deps: Deps, photo: bytes | None) -> bytes | None:
    """Make the small portrait; None where the photo has no usable face."""
    if photo is None:
        return None
    try:
        return deps.portraits.make(photo)
    except NoUsablePhoto:
        return None
    except (FaceBusy, FaceUnavailable) as error:
        raise TryAgain(error.code, 5) from None


def _settle_found(
    deps: Deps, enrolment_id: str, answer: RegistryAnswer, portrait: bytes | None
) -> None:
    now = deps.now()
    with deps.transaction() as db:
        enrolment = db.get_one(Enrolment, enrolment_id, with_for_update=True)
        if enrolment.state in lifecycle.ENDED:  # cancelled meanwhile: nothing of it is kept
            return
        person = enrolment.person
        people.store_answer(deps, person, answer, at=now)
        people.store_portrait(deps, person, portrait)
        enrolment.registry_status = answer.status.value
        if answer.photo is not None:
            place = f"enrolment|photo|{enrolment_id}"
            enrolment.photo_sealed = deps.vault.seal(person.dek, place, answer.photo)
        record(
            db,
            "enrolment.registry_answered",
            at=now,
            actor="registry",
            subject=enrolment_id,
            status=answer.status.value,
            answer_hash=answer.answer_hash,
        )


def _settle_refusal(deps: Deps, enrolment_id: str, status: str, answer_hash: str | None) -> None:
    with deps.transaction() as db:
        enrolment = db.get_one(Enrolment, enrolment_id, with_for_update=True)
        if enrolment.state in lifecycle.ENDED:
            return
        enrolment.registry_status = status
        record(
            db,
            "enrolment.registry_answered",
            at=deps.now(),
            actor="registry",
            subject=enrolment_id,
            status=status,
            answer_hash=answer_hash,
        )
        transitions.end(db, deps, enrolment, lifecycle.REFUSED, reason=f"registry {status}")
