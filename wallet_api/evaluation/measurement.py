"""Everything that is measured of one engine, in the order of the report."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from wallet_api.evaluation.engines import EngineUnderTest
from wallet_api.evaluation.fusing import fused_probes
from wallet_api.evaluation.genuine import Genuine, compare_fused, compare_photos
from wallet_api.evaluation.groups import Group, make_groups
from wallet_api.evaluation.impostors import Impostors, Side, compare_strangers
from wallet_api.evaluation.index import Index
from wallet_api.evaluation.intervals import Rate, draw_people, false_match_rates, person_rate
from wallet_api.evaluation.looking import Looked, side_of

TARGETS: Final = (1e-2, 1e-3, 1e-4, 1e-5)
_RESOLVED_BY: Final = 5
"""How many pairs of people have to be expected to pass before a rate is called resolvable."""
_DEEPER: Final = (0.15, 0.2, 0.25)
"""Thresholds below the table's, looked at in small groups to learn how dependent pairs are."""
_SMALL: Final = 5_000_000


@dataclass(frozen=True, slots=True)
class Trial:
    """One way of holding probes against registry photos."""

    key: str
    condition: str
    title: str
    probes: Side
    references: Side
    genuine: Genuine

    @property
    def fused(self) -> bool:
        """Whether the probes are fused from several photos."""
        return self.key.startswith("fused")


@dataclass(frozen=True, slots=True)
class GroupResult:
    """What one trial showed for one group.

    ``false_match``/``false_non_match`` stand in the order of ``thresholds`` of the engine, empty
    where there was nothing to compare; ``outcomes``: accepted, review, refused.
    """

    group: Group
    strangers: Impostors
    false_match: list[Rate]
    genuine: Genuine
    false_non_match: list[Rate]
    outcomes: tuple[Rate, ...]

    def threshold_for(self, rate: float) -> float | None:
        """Return the threshold of a false match rate, None where the data cannot resolve it."""
        if self.strangers.person_pairs * rate < _RESOLVED_BY:
            return None
        return self.strangers.threshold_for(rate)


@dataclass(frozen=True, slots=True)
class TrialResult:
    """One trial with its groups. ``groups`` may be empty: nobody has enough photos."""

    trial: Trial
    groups: tuple[GroupResult, ...]


@dataclass(frozen=True, slots=True)
class Measurement:
    """All results of one engine."""

    engine: EngineUnderTest
    index: Index
    looked: Looked
    notes: tuple[str, ...]
    trials: tuple[TrialResult, ...]


def measure(
    engine: EngineUnderTest,
    index: Index,
    looked: Looked,
    *,
    fused: int,
    seed: int,
    repetitions: int,
    step: Callable[[], None],
) -> Measurement:
    """Run every trial for every group. ``step`` is called after each trial."""
    names = {name: number for number, name in enumerate(index.people)}
    people = np.array([names[photo.person] for photo in index.photos], np.int64)
    groups, notes = make_groups(index)
    engine.check_scoring(side_of(looked.plain, people).vectors)
    results = []
    for trial in make_trials(engine, looked, people, fused=fused):
        results.append(
            TrialResult(
                trial,
                tuple(
                    result
                    for group in groups
                    if (result := _one_group(engine, trial, group, seed, repetitions)) is not None
                ),
            )
        )
        step()
    return Measurement(engine, index, looked, (*index.notes, *notes), tuple(results))


def make_trials(
    engine: EngineUnderTest, looked: Looked, people: NDArray[np.int64], *, fused: int
) -> list[Trial]:
    """Return the trials: one photo and fused; as they are, veiled, veiled on the probe only."""
    plain = side_of(looked.plain, people)
    veiled = side_of(looked.veiled, people)
    with_both = np.isin(plain.photos, veiled.photos)
    unveiled = Side(plain.vectors[with_both], plain.people[with_both], plain.photos[with_both])
    made = []
    for key, title, probes, references in (
        ("plain", "photos as they are", plain, plain),
        ("veiled", "simulated headscarf on both", veiled, veiled),
        ("veiled_probe", "simulated headscarf on the probe only", veiled, unveiled),
    ):
        same = compare_photos(probes, references, engine.scoring, mirrored=key != "veiled_probe")
        made.append(Trial(f"single_{key}", title, f"one photo, {title}", probes, references, same))
        joined = fused_probes(probes, engine.policy, at_least=fused)
        same = compare_fused(joined, references, engine.scoring)
        words = f"{fused} or more photos fused, {title}"
        made.append(Trial(f"fused_{key}", title, words, joined, references, same))
    return sorted(made, key=lambda trial: trial.fused)


def _one_group(
    engine: EngineUnderTest, trial: Trial, group: Group, seed: int, repetitions: int
) -> GroupResult | None:
    if not group.members[trial.probes.people].any():
        return None
    strangers = compare_strangers(
        trial.probes, trial.references, group, engine.scoring, floor=min(engine.thresholds)
    )
    drawn = draw_people(strangers.people, repetitions=repetitions, seed=seed)
    rates = false_match_rates(strangers, engine.thresholds, drawn) if strangers.person_pairs else []
    genuine = trial.genuine.of(group.members)
    misses: list[Rate] = []
    outcomes: tuple[Rate, ...] = ()
    if len(genuine.people):
        anew = draw_people(len(genuine.persons), repetitions=repetitions, seed=seed)
        misses = [person_rate(genuine.shares(-9.0, t), anew) for t in engine.thresholds]
        match, review = engine.policy.match, engine.policy.review
        outcomes = tuple(
            person_rate(genuine.shares(low, high), anew)
            for low, high in ((match, 9.0), (review, match), (-9.0, review))
        )
    return GroupResult(group, strangers, rates, genuine, misses, outcomes)
