"""Which people are compared with which: a label for each person, pairs share a label."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from wallet_api.evaluation.index import Index

_MOST_GROUPS = 12


@dataclass(frozen=True, slots=True)
class Group:
    """``labels[p]`` of person p; two people are a pair where both have the same one, not -1."""

    name: str
    labels: NDArray[np.int64]

    @property
    def members(self) -> NDArray[np.bool_]:
        """Who belongs to the group, as a mask over people."""
        return np.asarray(self.labels >= 0)


def make_groups(index: Index) -> tuple[list[Group], list[str]]:
    """Return the groups with at least two comparable people, and notes on those left out."""
    by_name = {photo.person: photo for photo in index.photos}
    people = [by_name[name] for name in index.people]
    sex = np.array(["MF".find(person.sex) if person.sex else -1 for person in people])
    kinds = np.array([person.group for person in people])
    counted = [(int((kinds == kind).sum()), str(kind)) for kind in set(kinds.tolist()) - {""}]
    counted.sort(key=lambda one: (-one[0], one[1]))
    found = [
        Group("all", np.zeros(len(people), np.int64)),
        Group("same sex", sex),
        Group("women", np.where(sex == 1, 0, -1)),
        Group("men", np.where(sex == 0, 0, -1)),
    ]
    for _, kind in counted[:_MOST_GROUPS]:
        of_kind = kinds == kind
        found += [
            Group(f"{kind}, same sex", np.where(of_kind, sex, -1)),
            Group(f"{kind} women", np.where(of_kind & (sex == 1), 0, -1)),
            Group(f"{kind} men", np.where(of_kind & (sex == 0), 0, -1)),
        ]
    notes = [
        f"group “{kind}” ({count} people) is not reported apart: only the largest {_MOST_GROUPS}"
        for count, kind in counted[_MOST_GROUPS:]
    ]
    usable = [group for group in found if _has_pair(group)]
    notes += [f"no two people to compare in: {g.name}" for g in found if not _has_pair(g)]
    if not any(kinds != ""):
        notes.append("the index names no groups")
    return usable, notes


def _has_pair(group: Group) -> bool:
    labels = group.labels[group.members]
    return bool(len(labels)) and int(np.bincount(labels).max()) >= 2
