"""The same person compared: how often the right one would be sent on, every person counting alike.

A person's rate is the mean over all their comparisons, a group's the mean over its people.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from wallet_api.evaluation.impostors import (
    Floats,
    People,
    Scoring,
    Side,
    Vectors,
    bin_edges,
    binned,
)


@dataclass(frozen=True, slots=True)
class Genuine:
    """Scores of people with themselves: who, how alike, and between which photos."""

    people: People
    scores: Vectors
    probes: People
    references: People

    def of(self, members: NDArray[np.bool_]) -> Genuine:
        """Return the comparisons of these people."""
        kept = members[self.people]
        return Genuine(
            self.people[kept], self.scores[kept], self.probes[kept], self.references[kept]
        )

    @property
    def persons(self) -> People:
        """The people there are comparisons of, sorted."""
        return np.unique(self.people)

    def shares(self, low: float, high: float) -> Floats:
        """Return, for each of ``persons``, the share of scores in low <= score < high."""
        _, place = np.unique(self.people, return_inverse=True)
        inside = (self.scores >= low) & (self.scores < high)
        return np.bincount(place, weights=inside) / np.maximum(np.bincount(place), 1)

    def curve(self) -> Floats:
        """Return the mean share of scores below each edge of ``bin_edges()``."""
        _, place, count = np.unique(self.people, return_inverse=True, return_counts=True)
        weights = 1.0 / (count[place] * max(len(count), 1))
        return np.append(0.0, np.cumsum(binned(self.scores, weights)))

    def lowest(self, count: int) -> list[tuple[float, int, int]]:
        """Return the least alike comparisons as (score, probe photo, reference photo)."""
        order = np.argsort(self.scores, kind="stable")[:count]
        return [
            (float(self.scores[k]), int(self.probes[k]), int(self.references[k])) for k in order
        ]

    def miss_rate_at(self, threshold: float) -> float:
        """Return the person-balanced share of scores below ``threshold``."""
        return float(self.curve()[np.searchsorted(bin_edges(), threshold - 1e-9)])


def compare_photos(probes: Side, references: Side, scoring: Scoring, *, mirrored: bool) -> Genuine:
    """Compare each person's photos with one another; ``mirrored``: both sides are made alike.

    Both sides list the same photos. Where they are not made alike, (a, b) and (b, a) differ and
    both count.
    """
    found: list[tuple[People, Vectors, People, People]] = []
    for person in np.unique(probes.people):
        left = np.flatnonzero(probes.people == person)
        right = np.flatnonzero(references.people == person)
        scores = scoring(probes.vectors[left], references.vectors[right])
        first, second = probes.photos[left], references.photos[right]
        apart = first[:, None] < second[None] if mirrored else first[:, None] != second[None]
        i, j = np.nonzero(apart)
        found.append((np.full(len(i), person), scores[i, j], first[i], second[j]))
    return _joined(found)


def compare_fused(probes: Side, references: Side, scoring: Scoring) -> Genuine:
    """Compare each fused probe with the one registry photo that it was made to be held against."""
    place = {int(photo): k for k, photo in enumerate(references.photos)}
    found = []
    for k, photo in enumerate(probes.photos):
        held = place[int(photo)]
        score = scoring(probes.vectors[k : k + 1], references.vectors[held : held + 1])[0]
        found.append(
            (probes.people[k : k + 1], score, probes.photos[k : k + 1], probes.photos[k : k + 1])
        )
    return _joined(found)


def _joined(found: list[tuple[People, Vectors, People, People]]) -> Genuine:
    if not found:
        nobody = np.zeros(0, np.int64)
        return Genuine(nobody, np.zeros(0, np.float32), nobody, nobody)
    people, scores, probes, references = (np.concatenate(p) for p in zip(*found, strict=True))
    return Genuine(people, scores, probes, references)
