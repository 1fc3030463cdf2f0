"""Different people compared: how often a stranger would pass, every pair of people counting alike.

A person with many photos makes many pairs of photos and would drown the others. So the rate of a
pair of people is the mean over their pairs of photos, and the rate of a group the mean over its
pairs of people. Pairs are ordered (probe, reference): where both sides are made alike, this gives
the same mean as unordered pairs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from wallet_api.evaluation.groups import Group

Floats = NDArray[np.float64]
Vectors = NDArray[np.float32]
People = NDArray[np.int64]
Scoring = Callable[[Vectors, Vectors], Vectors]

BINS: Final = 20_000
"""Bins of the score axis from -1 to 1, for curves and for finding thresholds."""
_BLOCK: Final = 2_000_000
_SHOWN: Final = 10


@dataclass(frozen=True, slots=True)
class Side:
    """Templates of one side of all comparisons; ``people[k]`` is who template k shows.

    ``photos[k]`` is the index of its photo (of the registry photo it is held against, for a
    template fused from a person's other photos).
    """

    vectors: Vectors
    people: People
    photos: People

    def of(self, members: NDArray[np.bool_]) -> Side:
        """Return the templates of these people."""
        kept = members[self.people]
        return Side(self.vectors[kept], self.people[kept], self.photos[kept])


@dataclass(frozen=True, slots=True)
class Impostors:
    """All comparisons of different people in one group.

    ``tail_*``: those that reached the lowest threshold asked about. ``curve[b]``: the mean share
    of scores at or above bin b. ``probes``/``references``: templates a person has on each side.
    """

    group: Group
    probes: People
    references: People
    photo_pairs: int
    tail_probe: People
    tail_reference: People
    tail_score: Vectors
    curve: Floats
    highest: tuple[tuple[float, int, int], ...]

    @property
    def people(self) -> int:
        """How many people appear on either side."""
        return int(((self.probes > 0) | (self.references > 0))[self.group.members].sum())

    @property
    def ordered_pairs(self) -> float:
        """How many ordered pairs of people were compared."""
        return float(self.weighted_pairs(np.ones((1, len(self.probes))))[0])

    @property
    def person_pairs(self) -> int:
        """How many unordered pairs of people were compared."""
        both = np.where((self.probes > 0) & (self.references > 0), 1.0, 0.0)[None]
        return round(self.ordered_pairs - float(self._paired(both, both)[0]) / 2)

    def weighted_pairs(self, weights: Floats) -> Floats:
        """Return, for each row of person weights, the sum over ordered pairs of both weights."""
        return self._paired(weights * (self.probes > 0), weights * (self.references > 0))

    def _paired(self, probes: Floats, references: Floats) -> Floats:
        total = np.zeros(len(probes))
        for label in np.unique(self.group.labels[self.group.members]):
            inside = self.group.labels == label
            total += probes[:, inside].sum(axis=1) * references[:, inside].sum(axis=1)
            total -= (probes[:, inside] * references[:, inside]).sum(axis=1)
        return total

    def cells(self, threshold: float) -> tuple[People, People, Floats]:
        """Return (probe person, reference person, share of photo pairs accepted), where any."""
        passed = self.tail_score >= threshold
        count = len(self.probes)
        keys = self.tail_probe[passed] * count + self.tail_reference[passed]
        pairs, matches = np.unique(keys, return_counts=True)
        probe, reference = pairs // count, pairs % count
        return probe, reference, matches / (self.probes[probe] * self.references[reference])

    def threshold_for(self, rate: float) -> float:
        """Return the lowest threshold (to 1e-4) whose false match rate is at most ``rate``."""
        low_enough = np.flatnonzero(self.curve <= rate)
        return float(bin_edges()[low_enough[0]])


def bin_edges() -> Floats:
    """Return the lower edges of the bins, and 1 as the last."""
    return np.linspace(-1.0, 1.0, BINS + 1)


def binned(scores: NDArray[np.floating], weights: Floats) -> Floats:
    """Return the weight in each bin; scores outside -1..1 fall into the outermost."""
    place = np.floor((scores.astype(np.float64) + 1.0) * (BINS / 2) + 1e-4).astype(np.int64)
    place = np.clip(place, 0, BINS - 1)
    return np.bincount(place, weights=weights, minlength=BINS).astype(np.float64)


def compare_strangers(
    probes: Side, references: Side, group: Group, scoring: Scoring, *, floor: float
) -> Impostors:
    """Compare everybody of ``group`` with everybody else who has the same label."""
    count = len(group.labels)
    left, right = probes.of(group.members), references.of(group.members)
    of_probe = np.bincount(left.people, minlength=count)
    of_reference = np.bincount(right.people, minlength=count)
    totals, pairs = np.zeros(BINS), 0
    tails: list[_Tail] = []
    for rows, columns in _blocks(left, right, group):
        scores = scoring(rows.vectors, columns.vectors)
        strangers = rows.people[:, None] != columns.people[None]
        pairs += int(strangers.sum())
        weights = 1.0 / (of_probe[rows.people][:, None] * of_reference[columns.people][None])
        totals += binned(scores[strangers], weights[strangers])
        i, j = np.nonzero(strangers & (scores >= floor))
        tails.append(
            _Tail(
                rows.people[i], columns.people[j], scores[i, j], rows.photos[i], columns.photos[j]
            )
        )
    tail = _joined(tails)
    above = np.append(np.cumsum(totals[::-1])[::-1], 0.0)
    made = Impostors(
        group=group,
        probes=of_probe,
        references=of_reference,
        photo_pairs=pairs,
        tail_probe=tail.probe,
        tail_reference=tail.reference,
        tail_score=tail.score,
        curve=above,
        highest=_highest(tail),
    )
    above /= max(made.ordered_pairs, 1.0)
    return made


@dataclass(frozen=True, slots=True)
class _Tail:
    """Comparisons that reached the floor: people, scores, photos."""

    probe: People
    reference: People
    score: Vectors
    probe_photo: People
    reference_photo: People


def _blocks(left: Side, right: Side, group: Group) -> Iterator[tuple[Side, Side]]:
    """Yield parts of both sides that share a label, small enough to be held at once."""
    for label in np.unique(group.labels[group.members]):
        here = group.labels == label
        rows, columns = left.of(here), right.of(here)
        step = max(1, _BLOCK // max(len(columns.people), 1))
        for start in range(0, len(rows.people), step):
            part = slice(start, start + step)
            yield Side(rows.vectors[part], rows.people[part], rows.photos[part]), columns


def _joined(tails: list[_Tail]) -> _Tail:
    return _Tail(
        probe=np.concatenate([tail.probe for tail in tails]),
        reference=np.concatenate([tail.reference for tail in tails]),
        score=np.concatenate([tail.score for tail in tails]),
        probe_photo=np.concatenate([tail.probe_photo for tail in tails]),
        reference_photo=np.concatenate([tail.reference_photo for tail in tails]),
    )


def _highest(tail: _Tail) -> tuple[tuple[float, int, int], ...]:
    """Return the most alike strangers as (score, probe photo, reference photo), each pair once."""
    found: dict[tuple[int, int], float] = {}
    for k in np.argsort(-tail.score, kind="stable"):
        first, second = sorted((int(tail.probe_photo[k]), int(tail.reference_photo[k])))
        found.setdefault((first, second), float(tail.score[k]))
        if len(found) == _SHOWN:
            break
    return tuple((score, first, second) for (first, second), score in found.items())
