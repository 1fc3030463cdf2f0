"""Builds the embedded registry of sample people, and lets things happen to them.

A registry whose people never move, marry or die cannot show that credentials follow. Every
change here is written as the real registry would: the record, all family cards that show it, and
a line in the list of changes for everybody concerned.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, create_engine, insert, select, update

from samples.people.documents import Values
from samples.people.families import load_families
from samples.people.photos import registry_photo
from wallet_api.adapters.registry.tables import CHANGES, DOCUMENTS, METADATA, PERSONS, PHOTOS
from wallet_api.ports.registry import RegistryStatus

HERE = Path(__file__).parent
FAMILY_CARD = "family_card"


def load_records() -> list[Values]:
    """Return everybody: the cast first, then the families."""
    cast = json.loads((HERE / "personas.json").read_text(encoding="utf-8"))
    return [*cast, *load_families()]


def load_residents() -> list[Values]:
    """Return the residents of the demo: id, nik, name, email, phone, birth_date, face, special."""
    residents: list[Values] = json.loads((HERE / "residents.json").read_text(encoding="utf-8"))
    return residents


def build_registry(path: Path) -> None:
    """Write the registry's SQLite file anew, the same every time; takes about two seconds."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(path.name + ".new")
    fresh.unlink(missing_ok=True)
    fill_registry(f"sqlite:///{fresh}")
    fresh.replace(path)


def fill_registry(url: str) -> None:
    """Make the registry's tables in an empty database and put everybody in."""
    engine = create_engine(url)
    METADATA.create_all(engine)
    records = load_records()
    with engine.begin() as db:
        db.execute(insert(PERSONS), [_person(record) for record in records])
        db.execute(insert(DOCUMENTS), [row for record in records for row in _documents(record)])
        db.execute(insert(PHOTOS), [_photo(record) for record in records if record["photo"]])
    engine.dispose()


def change_person(path: Path, nik: str, **values: object) -> None:
    """Change values of a person's identity card, and their line in the family's card.

    Everybody on that family card is noted as changed. Raises `LookupError` for an unknown NIK.
    """
    with _opened(path) as db:
        person = _load_person(db, nik) | values
        db.execute(update(PERSONS).where(PERSONS.c.nik == nik).values(person=_text(person)))
        shown = select(DOCUMENTS).where(DOCUMENTS.c.type == FAMILY_CARD)
        changed = {nik}
        for row in db.execute(shown.where(DOCUMENTS.c.body.contains(nik))).all():
            card = json.loads(row.body)
            _change_line(card, nik, values)
            _store(db, row.nik, FAMILY_CARD, row.key, card)
            changed.add(row.nik)
        _note(db, changed)


def change_status(path: Path, nik: str, status: RegistryStatus) -> None:
    """Let a person die, be found double, become inactive, or be enrolled after all."""
    with _opened(path) as db:
        _load_person(db, nik)
        db.execute(update(PERSONS).where(PERSONS.c.nik == nik).values(status=status.value))
        _note(db, {nik})


def change_document(path: Path, nik: str, document_type: str, key: str, **values: object) -> None:
    """Change values of one other document. Raises `LookupError` when there is none."""
    with _opened(path) as db:
        found = select(DOCUMENTS.c.body).where(
            DOCUMENTS.c.nik == nik, DOCUMENTS.c.type == document_type, DOCUMENTS.c.key == key
        )
        body = db.execute(found).scalar_one_or_none()
        if body is None:
            raise LookupError(f"no {document_type} with this key")
        _store(db, nik, document_type, key, json.loads(body) | values)
        _note(db, {nik})


@contextmanager
def _opened(path: Path) -> Iterator[Connection]:
    engine = create_engine(f"sqlite:///{path}")
    try:
        with engine.begin() as db:
            yield db
    finally:
        engine.dispose()


def _person(record: Values) -> Values:
    return {
        "nik": record["nik"],
        "status": record["status"],
        "person": _text(record["person"]),
        "contacts": _text(record["contacts"]),
    }


def _documents(record: Values) -> list[Values]:
    return [
        {
            "nik": record["nik"],
            "type": document["type"],
            "key": document["key"],
            "body": _text(document["values"]),
        }
        for document in record["documents"]
    ]


def _photo(record: Values) -> Values:
    sex = record["person"]["sex"]
    image = registry_photo(record["photo"], nik=record["nik"], sex=sex)
    return {"nik": record["nik"], "image": image}


def _load_person(db: Connection, nik: str) -> Values:
    text = db.execute(select(PERSONS.c.person).where(PERSONS.c.nik == nik)).scalar_one_or_none()
    if text is None:
        raise LookupError("no such person in the sample registry")
    person: Values = json.loads(text)
    return person


def _change_line(card: Values, nik: str, values: Values) -> None:
    """Change the person's line; the head's name stands once more at the top."""
    for line in card["members"]:
        if line["nik"] == nik:
            line.update({name: value for name, value in values.items() if name in line})
            if line["relationship"] == "KEPALA KELUARGA":
                card["head_name"] = line["name"]


def _store(db: Connection, nik: str, document_type: str, key: str, values: Values) -> None:
    chosen = (DOCUMENTS.c.nik == nik, DOCUMENTS.c.type == document_type, DOCUMENTS.c.key == key)
    db.execute(update(DOCUMENTS).where(*chosen).values(body=_text(values)))


def _note(db: Connection, niks: set[str]) -> None:
    db.execute(insert(CHANGES), [{"nik": nik} for nik in sorted(niks)])


def _text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
