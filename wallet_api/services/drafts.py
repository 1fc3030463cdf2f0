"""What a person should hold: every document in every ordinary profile, before any signature.

A unit is one document in one profile; it becomes one credential, or a header
and parts where the document is too large for one QR.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from credentials.budget import fits, foreseen_size, split_document
from credentials.catalogue import Catalogue, DocumentType, Profile
from credentials.derived import with_derived
from credentials.errors import LintError


@dataclass(frozen=True, slots=True)
class Unit:
    """One document in one profile."""

    type: str
    document_key: str
    version: str
    profile: str


@dataclass(frozen=True, slots=True)
class Draft:
    """One credential to be: its wire identity, its unit, and its place among the parts."""

    unit: Unit
    profile: Profile
    identity: dict[int, object]
    part: int
    parts: int


def units_of(
    catalogue: Catalogue, answer: Mapping[str, Any], types: Collection[str] | None
) -> list[tuple[Unit, DocumentType, dict[str, Any]]]:
    """List what the registry has for the person, by the catalogue's order of profiles."""
    found = []
    known = {held.name: held for held in catalogue.types}
    for document in answer["documents"]:
        document_type = known.get(document["type"])
        if document_type is None or (types is not None and document["type"] not in types):
            continue
        for profile in document_type.profiles:
            if profile.part or profile.on_request:
                continue
            unit = Unit(document["type"], document["key"], document["version"], profile.name)
            found.append((unit, document_type, document["values"]))
    return found


def make_drafts(
    unit: Unit,
    document_type: DocumentType,
    values: Mapping[str, Any],
    *,
    portrait: bytes | None,
    on: date,
) -> list[Draft]:
    """Build and lint the credentials of a unit; ``[]`` where it needs a portrait and has none.

    A portrait that would burst the density budget is left out.
    Raises ``LintError`` for anything else that must not be issued.
    """
    profile = document_type.profile(unit.profile)
    complete = with_derived(document_type, values, on=on)
    pictures = document_type.pictures
    with_picture = complete | dict.fromkeys(pictures, portrait) if portrait else complete
    if pictures.intersection(document_type.missing(profile, with_picture)):
        return []
    whole = document_type.encode(profile, with_picture)
    if fits(foreseen_size(whole)):
        return [Draft(unit, profile, whole, 0, 0)]
    try:
        pieces = split_document(document_type, profile, with_picture)
    except LintError as error:
        if error.code != "QR_BUDGET" or not pictures.intersection(profile.optional):
            raise
        pieces = split_document(document_type, profile, complete)
    many = len(pieces) > 1
    return [
        Draft(
            unit,
            piece,
            document_type.encode(piece, held),
            number if many else 0,
            len(pieces) if many else 0,
        )
        for number, (piece, held) in enumerate(pieces)
    ]
