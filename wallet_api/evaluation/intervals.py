"""How sure a rate is: people are drawn anew, and a zero is never told as a zero.

Two comparisons of the same person are not independent, so people are resampled, not pairs: each
repetition draws as many people as there are, with replacement, on both sides at once (two-way
identity bootstrap). The interval is the 2.5 % and 97.5 % percentile. A bootstrap of nothing is
nothing: where no stranger passed, the upper bound is the rule of three (95 %) over the number of
independent comparisons, which is the number of pairs of people divided by how much wider than
independent pairs would allow the bootstrap was at the nearest threshold where strangers passed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from wallet_api.evaluation.impostors import Floats, Impostors

CONFIDENCE: Final = 95
ENOUGH: Final = 10
"""Pairs of people who have to have passed before their spread says anything."""
_CHUNK: Final = 4_000_000


@dataclass(frozen=True, slots=True)
class Rate:
    """A rate with its interval. ``seen``: people or pairs of people it was ever seen in.

    Where ``seen`` is 0, ``low`` is 0 and ``high`` an upper bound; ``basis`` says which.
    """

    value: float
    low: float
    high: float
    seen: int
    basis: str


def draw_people(people: int, *, repetitions: int, seed: int) -> Floats:
    """Return (repetitions, people): how often each person was drawn in each repetition."""
    chance = np.random.default_rng(seed)
    rows = chance.integers(0, people, (repetitions, people))
    rows += np.arange(repetitions)[:, None] * people
    drawn = np.bincount(rows.ravel(), minlength=repetitions * people)
    return drawn.reshape(repetitions, people).astype(np.float64)


def person_rate(shares: Floats, drawn: Floats) -> Rate:
    """Return the mean of one share for each person, with its bootstrap interval.

    ``shares``: (people,); ``drawn`` as from ``draw_people`` for the same people.
    """
    value, seen = float(shares.mean()), int((shares > 0).sum())
    if not seen:
        return Rate(0.0, 0.0, min(1.0, 3.0 / len(shares)), 0, f"3/{len(shares)} people")
    if shares.min() == 1.0:  # nothing else was seen: the same rule, from the other side
        low = max(0.0, 1.0 - 3.0 / len(shares))
        return Rate(1.0, low, 1.0, seen, f"1 - 3/{len(shares)} people")
    values = drawn @ shares / drawn.sum(axis=1)
    low, high = _percentiles(values)
    return Rate(value, low, high, seen, "bootstrap")


def false_match_rates(
    impostors: Impostors, thresholds: tuple[float, ...], drawn: Floats
) -> list[Rate]:
    """Return the false match rate at each threshold, those without any bounded from above."""
    members = (impostors.probes > 0) | (impostors.references > 0)
    weights = np.zeros((len(drawn), len(members)))
    weights[:, members] = drawn
    below = impostors.weighted_pairs(weights)
    pairs = impostors.person_pairs
    rates: list[Rate] = []
    spread: list[float] = []
    for threshold in thresholds:
        probe, reference, share = impostors.cells(threshold)
        seen = len(np.unique(np.sort(np.stack([probe, reference]), axis=0), axis=1).T)
        value = float(share.sum()) / impostors.ordered_pairs
        above = _weighted(weights, probe, reference, share)
        values = (above / np.maximum(below, 1.0))[below > 0]
        low, high = _percentiles(values)
        rates.append(Rate(value, low, high, seen, "bootstrap"))
        spread.append(_design_effect(values, value, share, pairs) if seen >= ENOUGH else 0.0)
    bound = _bound(_nearest_effect(thresholds, spread), pairs, int(members.sum()))
    return [rate if rate.seen else _lowered(bound, rates[:place], thresholds)
            for place, rate in enumerate(rates)]  # fmt: skip


def _weighted(
    weights: Floats, probe: NDArray[np.int64], reference: NDArray[np.int64], share: Floats
) -> Floats:
    """Return, for each row of weights, the sum of w[probe] * w[reference] * share."""
    total = np.zeros(len(weights))
    step = max(1, _CHUNK // max(len(probe), 1))
    for start in range(0, len(weights), step):
        rows = weights[start : start + step]
        total[start : start + step] = (rows[:, probe] * rows[:, reference]) @ share
    return total


def _design_effect(values: Floats, value: float, share: Floats, pairs: int) -> float:
    """Return the variance over that of as many independent pairs of people, at least 1."""
    independent = (float((share**2).sum()) / 2 / pairs - value**2) / pairs
    return max(1.0, float(values.var()) / max(independent, 1e-30))


def _nearest_effect(thresholds: tuple[float, ...], spread: list[float]) -> float:
    known = [(threshold, effect) for threshold, effect in zip(thresholds, spread, strict=True)
             if effect]  # fmt: skip
    return max(known)[1] if known else 0.0


def _bound(effect: float, pairs: int, people: int) -> Rate:
    if effect:
        high = 3.0 * effect / pairs
        basis = f"3 × design effect {effect:.1f} / {pairs} pairs of people"
    else:
        high = 3.0 / max(people // 2, 1)
        basis = f"3/{people // 2} pairs that share nobody"
    return Rate(0.0, 0.0, min(1.0, high), 0, basis)


def _lowered(bound: Rate, lower: list[Rate], thresholds: tuple[float, ...]) -> Rate:
    """Return the bound, or what a lower threshold shows where that is less.

    A higher threshold never accepts more, so the upper end of a lower one, where it is seen in
    enough pairs to be trusted, holds here as well.
    """
    known = [
        (rate.high, threshold)
        for rate, threshold in zip(lower, thresholds, strict=False)
        if rate.seen >= ENOUGH and rate.high < bound.high
    ]
    if not known:
        return bound
    high, threshold = min(known)
    return Rate(0.0, 0.0, high, 0, f"upper end at {threshold:g}, which accepts more")


def _percentiles(values: Floats) -> tuple[float, float]:
    if not len(values):
        return 0.0, 1.0
    tail = (100 - CONFIDENCE) / 2
    low, high = np.percentile(values, [tail, 100 - tail])
    return float(low), float(high)
