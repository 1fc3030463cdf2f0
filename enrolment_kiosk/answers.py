"""Reading the members of the API's JSON answers.

A member that is missing or of another type means that something else than our API answered.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from enrolment_kiosk.config import Office
from enrolment_kiosk.errors import ApiUnreachable


def read_part(document: Mapping[str, object], name: str) -> dict[str, object]:
    """Return an object; ApiUnreachable for anything else."""
    value = document.get(name)
    if not isinstance(value, dict):
        raise ApiUnreachable
    return value


def read_text(document: Mapping[str, object], name: str) -> str:
    """Return a text; ApiUnreachable for anything else."""
    value = document.get(name)
    if not isinstance(value, str):
        raise ApiUnreachable
    return value


def read_texts(document: Mapping[str, object], name: str) -> tuple[str, ...]:
    """Return a list of texts; ApiUnreachable for anything else."""
    value = document.get(name)
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise ApiUnreachable
    return tuple(value)


def read_number(document: Mapping[str, object], name: str) -> int:
    """Return a whole number; ApiUnreachable for anything else."""
    value = document.get(name)
    if not isinstance(value, int):
        raise ApiUnreachable
    return value


def read_time(document: Mapping[str, object], name: str) -> datetime:
    """Return a time in UTC; ApiUnreachable for anything else, a time without a zone too."""
    try:
        value = datetime.fromisoformat(read_text(document, name))
    except ValueError:
        raise ApiUnreachable from None
    if value.tzinfo is None:
        raise ApiUnreachable
    return value.astimezone(UTC)


def find_time(document: Mapping[str, object], name: str) -> datetime | None:
    """Return a time, or None where the member is null or absent."""
    return None if document.get(name) is None else read_time(document, name)


def read_office(document: Mapping[str, object]) -> Office:
    """Return the office an answer names."""
    office = read_part(document, "office")
    return Office(read_text(office, "code"), read_text(office, "name"))
