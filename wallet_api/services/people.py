"""Persons as rows: found by the keyed hash of their NIK, sealed under their own data key."""

from __future__ import annotations

import base64
import json
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from wallet_api.models import Person, new_id
from wallet_api.ports.registry import RegistryAnswer
from wallet_api.services.deps import Deps


def find_or_add(db: Session, deps: Deps, nik: str) -> Person:
    """Return the row of a NIK; it exists from the first time anybody typed the NIK in.

    The same work is done for a known and an unknown NIK (threat T01).
    """
    index, row_id, dek = deps.vault.blind_index("nik", nik), new_id(), deps.vault.new_data_key()
    insert: Any = sqlite.insert if db.get_bind().dialect.name == "sqlite" else postgresql.insert
    db.execute(
        insert(Person)
        .values(
            id=row_id,
            nik_index=index,
            nik_sealed=deps.vault.seal(dek, f"person|nik|{row_id}", nik.encode()),
            dek=dek,
            created_at=deps.now(),
        )
        .on_conflict_do_nothing(index_elements=["nik_index"])
    )
    return db.scalars(select(Person).where(Person.nik_index == index)).one()


def find(db: Session, deps: Deps, nik: str) -> Person | None:
    """Return the row of a NIK if anybody ever typed it in."""
    index = deps.vault.blind_index("nik", nik)
    return db.scalars(select(Person).where(Person.nik_index == index)).one_or_none()


def nik_of(deps: Deps, person: Person) -> str:
    """Open the NIK."""
    return deps.vault.open(person.dek, f"person|nik|{person.id}", person.nik_sealed).decode()


def store_answer(deps: Deps, person: Person, answer: RegistryAnswer, *, at: datetime) -> None:
    """Keep the registry's answer, sealed, in the caller's transaction (the photo apart)."""
    value = {
        "status": answer.status.value,
        "person": answer.person,
        "documents": [
            {"type": held.type, "key": held.key, "values": held.values, "version": held.version}
            for held in answer.documents
        ],
        "emails": answer.contacts.emails,
        "phones": answer.contacts.phones,
    }
    text = json.dumps(value, default=_plain).encode()
    person.answer_sealed = deps.vault.seal(person.dek, f"person|answer|{person.id}", text)
    person.answer_hash, person.answered_at = answer.answer_hash, at


def answer_of(deps: Deps, person: Person) -> dict[str, Any]:
    """Open the kept answer: status, person, documents, emails, phones; raises ``LookupError``.

    ``person`` is the row, or its columns.
    """
    if person.answer_sealed is None:
        message = "the registry has not been asked about this person"
        raise LookupError(message)
    sealed = deps.vault.open(person.dek, f"person|answer|{person.id}", person.answer_sealed)
    value: dict[str, Any] = json.loads(sealed)
    return value


def store_portrait(deps: Deps, person: Person, portrait: bytes | None) -> None:
    """Keep the small portrait that goes into credentials."""
    place = f"person|portrait|{person.id}"
    person.portrait_sealed = deps.vault.seal(person.dek, place, portrait) if portrait else None


def portrait_of(deps: Deps, person: Person) -> bytes | None:
    """Open the small portrait; ``person`` is the row, or its columns."""
    if person.portrait_sealed is None:
        return None
    return deps.vault.open(person.dek, f"person|portrait|{person.id}", person.portrait_sealed)


def _plain(value: object) -> object:
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, tuple):
        return list(value)
    try:
        return dict(value)  # type: ignore[call-overload]  # mappings that are no dict
    except TypeError:
        message = f"{type(value).__name__} in a registry answer"
        raise TypeError(message) from None
