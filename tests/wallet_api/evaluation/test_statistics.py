"""Rates and intervals against cases that can be counted by hand, and against a known truth."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from wallet_api.evaluation.engines import cosines, nearness
from wallet_api.evaluation.genuine import Genuine, compare_fused, compare_photos
from wallet_api.evaluation.groups import Group
from wallet_api.evaluation.impostors import Impostors, Side, bin_edges, compare_strangers
from wallet_api.evaluation.intervals import draw_people, false_match_rates, person_rate
from wallet_api.evaluation.measurement import GroupResult

# Photos 0, 1: person 0; photo 2: person 1; photos 3, 4, 5: person 2.
PEOPLE = np.array([0, 0, 1, 2, 2, 2])
SCORES = np.array(
    [
        [1.0, 0.9, 0.6, 0.1, 0.1, 0.1],
        [0.9, 1.0, 0.2, 0.7, 0.1, 0.1],
        [0.6, 0.2, 1.0, 0.3, 0.3, 0.3],
        [0.1, 0.7, 0.3, 1.0, 0.8, 0.4],
        [0.1, 0.1, 0.3, 0.8, 1.0, 0.5],
        [0.1, 0.1, 0.3, 0.4, 0.5, 1.0],
    ],
    np.float32,
)


def by_number(probes: NDArray[np.float32], references: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the scores of the table: a template is the number of its photo."""
    return SCORES[np.ix_(probes[:, 0].astype(int), references[:, 0].astype(int))]


def side(people: NDArray[np.int64] = PEOPLE) -> Side:
    count = len(people)
    return Side(np.arange(count, dtype=np.float32)[:, None], people, np.arange(count))


def strangers(labels: list[int], floor: float = 0.0) -> Impostors:
    return compare_strangers(side(), side(), Group("g", np.array(labels)), by_number, floor=floor)


def test_every_pair_of_people_counts_alike() -> None:
    found = strangers([0, 0, 0])
    assert (found.people, found.person_pairs, found.photo_pairs) == (3, 3, 22)
    # At 0.5 or above: (0, 2) of the 2 of people 0 and 1, (1, 3) of the 6 of people 0 and 2.
    drawn = draw_people(3, repetitions=100, seed=1)
    rates = false_match_rates(found, (0.15, 0.5, 0.65), drawn)
    assert [round(rate.value, 6) for rate in rates] == [
        round((2 / 2 + 1 / 6 + 3 / 3) / 3, 6),
        round((1 / 2 + 1 / 6 + 0) / 3, 6),
        round((0 + 1 / 6 + 0) / 3, 6),
    ]
    assert [rate.seen for rate in rates] == [3, 2, 1]


def test_only_people_with_the_same_label_are_compared() -> None:
    found = strangers([0, 1, 0])
    assert (found.person_pairs, found.photo_pairs) == (1, 12)
    drawn = draw_people(3, repetitions=100, seed=1)
    assert false_match_rates(found, (0.5,), drawn)[0].value == pytest.approx(1 / 6)
    assert strangers([0, -1, 0]).people == 2


def test_the_curve_says_the_same_as_the_table() -> None:
    found = strangers([0, 0, 0])
    at = {threshold: found.curve[np.searchsorted(bin_edges(), threshold - 1e-9)]
          for threshold in (0.15, 0.5, 0.65, 0.75)}  # fmt: skip
    assert at[0.15] == pytest.approx((2 / 2 + 1 / 6 + 1) / 3)
    assert at[0.5] == pytest.approx((1 / 2 + 1 / 6) / 3)
    assert at[0.65] == pytest.approx(1 / 18)
    assert at[0.75] == 0
    assert found.threshold_for(1 / 18) == pytest.approx(0.6, abs=2e-4)


def test_blocks_do_not_change_the_result(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = strangers([0, 0, 0])
    monkeypatch.setattr("wallet_api.evaluation.impostors._BLOCK", 7)
    parted = strangers([0, 0, 0])
    assert parted.photo_pairs == whole.photo_pairs
    assert np.allclose(parted.curve, whole.curve)
    assert parted.highest == whole.highest


def test_the_most_alike_strangers_are_named_once() -> None:
    assert [(round(score, 2), a, b) for score, a, b in strangers([0, 0, 0]).highest[:2]] == [
        (0.7, 1, 3),
        (0.6, 0, 2),
    ]


def test_every_person_counts_alike_in_genuine_rates() -> None:
    same = compare_photos(side(), side(), by_number, mirrored=True)
    assert same.persons.tolist() == [0, 2]  # person 1 has one photo
    assert len(same.people) == 1 + 3
    # Person 0: 0.9; person 2: 0.8, 0.4, 0.5.
    assert same.shares(-9.0, 0.6).tolist() == [0.0, pytest.approx(2 / 3)]
    assert same.miss_rate_at(0.6) == pytest.approx(1 / 3)
    assert [(round(s, 2), a, b) for s, a, b in same.lowest(2)] == [(0.4, 3, 5), (0.5, 4, 5)]


def test_both_directions_count_where_only_the_probe_is_changed() -> None:
    assert len(compare_photos(side(), side(), by_number, mirrored=False).people) == 2 * (1 + 3)


def test_three_outcomes_add_up() -> None:
    same = compare_photos(side(), side(), by_number, mirrored=True)
    parts = [same.shares(*limits) for limits in ((-9.0, 0.45), (0.45, 0.7), (0.7, 9.0))]
    assert sum(parts).tolist() == [1.0, 1.0]
    assert parts[2].tolist() == [1.0, pytest.approx(1 / 3)]


def test_a_fused_probe_meets_only_its_own_registry_photo() -> None:
    probes = Side(np.array([[4.0], [3.0]], np.float32), np.array([2, 2]), np.array([3, 5]))
    same = compare_fused(probes, side(), by_number)
    assert same.scores.tolist() == [pytest.approx(0.8), pytest.approx(0.4)]
    assert same.references.tolist() == [3, 5]


def test_fused_probes_of_few_are_held_against_everybody() -> None:
    """Ordered pairs: only person 2 has a fused probe, the others are registry photos."""
    probes = Side(np.array([[3.0], [4.0]], np.float32), np.array([2, 2]), np.array([4, 3]))
    found = compare_strangers(probes, side(), Group("all", np.zeros(3, int)), by_number, floor=0.0)
    assert (found.ordered_pairs, found.person_pairs, found.people) == (2, 2, 3)
    rate = false_match_rates(found, (0.5,), draw_people(3, repetitions=100, seed=1))[0]
    assert rate.value == pytest.approx((1 / 4 + 0) / 2)  # photo 3 meets photo 1; four pairs


def test_no_stranger_seen_is_an_upper_bound_and_never_zero() -> None:
    drawn = draw_people(3, repetitions=100, seed=1)
    rate = false_match_rates(strangers([0, 0, 0]), (0.5, 0.95), drawn)[1]
    assert rate.seen == 0
    assert (rate.high, rate.basis) == (1.0, "3/1 pairs that share nobody")


def test_no_refusal_seen_is_the_rule_of_three_over_people() -> None:
    rate = person_rate(np.zeros(150), draw_people(150, repetitions=100, seed=1))
    assert (rate.value, rate.high, rate.basis) == (0.0, 0.02, "3/150 people")


def made_world(people: int, photos: int, seed: int) -> tuple[Side, Group]:
    chance = np.random.default_rng(seed)
    vectors = chance.normal(size=(people * photos, 6)).astype(np.float32)
    owners = np.repeat(np.arange(people), photos)
    return Side(vectors, owners, np.arange(len(owners))), Group("all", np.zeros(people, int))


def test_intervals_of_strangers_cover_the_truth() -> None:
    """Random directions in six dimensions: the share of cosines above 0.6 is known."""
    big, everybody = made_world(1500, 1, seed=999)
    truth = compare_strangers(big, big, everybody, cosines, floor=0.6)
    wanted = truth.curve[np.searchsorted(bin_edges(), 0.6 - 1e-9)]
    covered = 0
    for seed in range(60):
        world, group = made_world(30, 2, seed)
        found = compare_strangers(world, world, group, cosines, floor=0.6)
        drawn = draw_people(30, repetitions=300, seed=seed)
        rate = false_match_rates(found, (0.6,), drawn)[0]
        covered += rate.low <= wanted <= rate.high
    assert covered >= 52  # 95 % of 60 is 57; fewer than 52 has a chance of 1 in 300


def test_intervals_of_genuine_rates_cover_the_truth() -> None:
    chance = np.random.default_rng(5)
    covered = 0
    for seed in range(100):
        shares = chance.binomial(4, chance.beta(2, 6, size=80)) / 4
        rate = person_rate(shares, draw_people(80, repetitions=300, seed=seed))
        covered += rate.low <= 0.25 <= rate.high
    assert covered >= 87


def test_a_bound_uses_how_dependent_pairs_were_where_some_passed() -> None:
    world, group = made_world(60, 2, seed=3)
    found = compare_strangers(world, world, group, cosines, floor=0.5)
    low, high = false_match_rates(found, (0.5, 0.999), draw_people(60, repetitions=300, seed=1))
    assert low.seen >= 10
    assert high.seen == 0
    pairs = found.person_pairs
    assert 3 / pairs <= high.high < 3 / 30
    assert "design effect" in high.basis


def test_a_bound_is_never_above_what_a_lower_threshold_shows() -> None:
    world, group = made_world(60, 2, seed=3)
    found = compare_strangers(world, world, group, cosines, floor=0.5)
    thresholds = (0.5, 0.7, 0.9, 0.99, 0.999)
    rates = false_match_rates(found, thresholds, draw_people(60, repetitions=300, seed=1))
    trusted = [rate.high for rate in rates if rate.seen >= 10]
    assert all(rate.high <= min(trusted) for rate in rates if not rate.seen)


def test_drawing_people_is_repeatable_and_keeps_their_number() -> None:
    drawn = draw_people(7, repetitions=50, seed=4)
    assert (drawn == draw_people(7, repetitions=50, seed=4)).all()
    assert (drawn.sum(axis=1) == 7).all()
    assert (drawn != draw_people(7, repetitions=50, seed=5)).any()


def test_too_few_pairs_resolve_no_small_rate() -> None:
    world, group = made_world(60, 2, seed=3)  # 1,770 pairs
    found = compare_strangers(world, world, group, cosines, floor=0.5)
    nobody = np.zeros(0, np.int64)
    none = Genuine(nobody, np.zeros(0, np.float32), nobody, nobody)
    result = GroupResult(group, found, [], none, [], ())
    assert result.threshold_for(1e-3) is None
    at = result.threshold_for(1e-2)
    assert at is not None
    assert found.curve[np.searchsorted(bin_edges(), at - 1e-9)] <= 1e-2


def test_the_two_measures_of_likeness() -> None:
    left = np.array([[2.0, 0.0], [0.0, 3.0]], np.float32)
    right = np.array([[1.0, 0.0]], np.float32)
    assert cosines(left, right).ravel().tolist() == [1.0, 0.0]
    assert nearness(left, right).ravel() == pytest.approx([0.0, 1 - 10**0.5])
