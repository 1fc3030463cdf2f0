"""The benchmark of a country's revocations, on a small country: it measures what it says."""

from __future__ import annotations

import numpy as np

from benchmarks.country import ENTRIES, LISTS, entropy_bytes, first_day, next_day
from benchmarks.subjects.revocation import country
from credentials.status_list import LIST_SIZE


def test_the_next_day_has_exactly_the_new_ones_more() -> None:
    today = first_day(0.001, lists=3)
    tomorrow = next_day(today, new=500)
    assert tomorrow.count == today.count + 500
    for number, held in today.revoked.items():
        assert len(np.setdiff1d(held, tomorrow.revoked[number])) == 0


def test_the_entropy_is_that_of_the_binary_symbol() -> None:
    """At 1 % of 280 million: 2.83 MB, as n times H(0.01) says."""
    assert abs(entropy_bytes(2_800_000, ENTRIES) / 1e6 - 2.828) < 0.001
    assert LISTS * LIST_SIZE >= ENTRIES > (LISTS - 1) * LIST_SIZE


def test_a_small_country_keeps_the_limits_that_are_no_matter_of_size() -> None:
    figures = {one.name.partition(": ")[2]: one for one in country(0.02, lists=6, runs=1)}
    size = figures["revocations, ratio to entropy"]
    assert size.holds
    assert 1.0 < (size.ratio or 0) < 1.02
    assert figures["resident, loaded"].holds
    assert 0 < figures["resident, loaded"].median - figures["resident, before loading"].median < 12
    assert 0 < figures["look-up"].median < 50
    assert figures["whole bundle"].median > size.median
