"""Who waits at the counter, as the API tells it: masked, and without any score of a face.

These values live in memory only as long as somebody looks at them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from enrolment_kiosk.answers import (
    find_time,
    read_number,
    read_part,
    read_text,
    read_texts,
    read_time,
)
from enrolment_kiosk.errors import ApiUnreachable


@dataclass(frozen=True, slots=True)
class Pictures:
    """Which pictures there are: the registry's, the phone's, and when the phone took its own."""

    registry: bool
    selfie: bool
    taken_at: datetime | None


@dataclass(frozen=True, slots=True)
class Waiting:
    """One resident at the counter.

    `face_reasons` are codes that say why the machine left the face to officers; `face_no_match`:
    it said no, so that two of them decide. `approved_by_you`: a colleague has to be the second.
    """

    id: str
    state: str
    name_masked: str
    nik_masked: str
    device_model: str
    platform: str
    since: datetime
    deadline_at: datetime | None
    face: str
    face_reasons: tuple[str, ...]
    face_no_match: bool
    pictures: Pictures
    second_officer: bool
    approved_by_you: bool
    numbers_left: int


@dataclass(frozen=True, slots=True)
class Queue:
    """Who waits, and today's counts of this counter."""

    waiting: tuple[Waiting, ...]
    confirmed: int
    refused: int


@dataclass(frozen=True, slots=True)
class Failure:
    """How often one thing went wrong today: at this counter, and in the whole office."""

    reason: str
    counter: int
    office: int


@dataclass(frozen=True, slots=True)
class Day:
    """What went wrong on the office's day (YYYY-MM-DD, in its zone), the most frequent first."""

    day: str
    zone: str
    failures: tuple[Failure, ...]


def read_day(document: Mapping[str, object]) -> Day:
    """Return the day of an answer; ApiUnreachable when it is none."""
    rows = document.get("failures")
    if not isinstance(rows, list):
        raise ApiUnreachable
    failures = tuple(
        Failure(read_text(row, "reason"), read_number(row, "counter"), read_number(row, "office"))
        for row in rows
        if isinstance(row, dict)
    )
    return Day(read_text(document, "day"), read_text(document, "zone"), failures)


def read_queue(document: Mapping[str, object]) -> Queue:
    """Return the queue of an answer; ApiUnreachable when it is none."""
    rows, today = document.get("waiting"), read_part(document, "today")
    if not isinstance(rows, list):
        raise ApiUnreachable
    waiting = tuple(_read_waiting(row) for row in rows if isinstance(row, dict))
    return Queue(waiting, read_number(today, "confirmed"), read_number(today, "refused"))


def _read_waiting(row: dict[str, object]) -> Waiting:
    pictures = read_part(row, "pictures")
    return Waiting(
        id=read_text(row, "id"),
        state=read_text(row, "state"),
        name_masked=read_text(row, "name_masked"),
        nik_masked=read_text(row, "nik_masked"),
        device_model=read_text(row, "device_model"),
        platform=read_text(row, "platform"),
        since=read_time(row, "since"),
        deadline_at=find_time(row, "deadline_at"),
        face=read_text(row, "face"),
        face_reasons=read_texts(row, "face_reasons"),
        face_no_match=row.get("face_no_match") is True,
        pictures=Pictures(
            registry=pictures.get("registry") is True,
            selfie=pictures.get("selfie") is True,
            taken_at=find_time(pictures, "taken_at"),
        ),
        second_officer=row.get("second_officer") is True,
        approved_by_you=row.get("approved_by_you") is True,
        numbers_left=read_number(row, "numbers_left"),
    )
