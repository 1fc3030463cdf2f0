"""Who is on which photo: the index of an evaluation."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from wallet_api.evaluation.refusal import EvaluationRefused
from wallet_api.evaluation.table import read_table

_SEXES = {"m": "M", "male": "M", "man": "M", "f": "F", "female": "F", "woman": "F", "w": "F"}
_UNKNOWN = {"", "?", "-", "unknown", "none", "na", "n/a"}


@dataclass(frozen=True, slots=True)
class Photo:
    """One line of the index. ``sex`` is "M", "F" or ""; ``group`` lower case or ""."""

    file: str
    person: str
    sex: str
    group: str


@dataclass(frozen=True, slots=True)
class Index:
    """The photos, sorted by person and file, and what was odd about the table."""

    photos: tuple[Photo, ...]
    notes: tuple[str, ...]

    @property
    def people(self) -> tuple[str, ...]:
        """Names of the people, sorted."""
        return tuple(sorted({photo.person for photo in self.photos}))


def read_index(path: Path, *, limit: int | None = None) -> Index:
    """Read columns file, person and, where they are there, sex and group.

    ``limit`` keeps the first so many people in alphabetical order, whole. Raises EvaluationRefused.
    """
    notes: list[str] = []
    photos: list[Photo] = []
    odd: Counter[str] = Counter()
    for row in read_table(path, required=("file", "person"), optional=("sex", "group")):
        told = row.values["sex"].lower()
        sex = _SEXES.get(told, "")
        if not sex and told not in _UNKNOWN:
            odd[told] += 1
        group = row.values["group"].lower()
        photos.append(
            Photo(
                file=str(PurePosixPath(row.values["file"].replace("\\", "/"))),
                person=row.values["person"],
                sex=sex,
                group="" if group in _UNKNOWN else group,
            )
        )
    notes += [f"sex “{told}” on {n} lines is not M or F: unknown" for told, n in odd.items()]
    photos, contradictions = _agreed(photos)
    kept = set(sorted({photo.person for photo in photos})[:limit])
    photos = sorted(
        (photo for photo in photos if photo.person in kept), key=lambda p: (p.person, p.file)
    )
    if len(kept) < 2:
        raise EvaluationRefused(
            f"{path.name}: photos of one person only; pairs of different people are needed"
        )
    return Index(photos=tuple(photos), notes=(*notes, *contradictions))


def _agreed(photos: list[Photo]) -> tuple[list[Photo], list[str]]:
    """Give a person one sex and one group: a value told once counts for all, two are unknown."""
    told: dict[str, dict[str, set[str]]] = {}
    for photo in photos:
        person = told.setdefault(photo.person, {"sex": set(), "group": set()})
        person["sex"].add(photo.sex)
        person["group"].add(photo.group)
    notes = []
    agreed: dict[str, dict[str, str]] = {}
    for name, person in told.items():
        agreed[name] = {}
        for what, values in person.items():
            named = values - {""}
            agreed[name][what] = named.pop() if len(named) == 1 else ""
            if named:
                notes.append(f"{name} has more than one {what}: unknown")
    return [
        replace(photo, sex=agreed[photo.person]["sex"], group=agreed[photo.person]["group"])
        for photo in photos
    ], notes
