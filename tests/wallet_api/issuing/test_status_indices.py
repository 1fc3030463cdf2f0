"""Status indices: scattered, never handed out twice (T25, C10)."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest
from sqlalchemy import select

from credentials.status_list import LIST_SIZE
from tests.wallet_api.racing import race
from tests.wallet_api.simulators import World
from wallet_api.models import StatusList
from wallet_api.services import status_lists

on_sqlite = pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)


@on_sqlite
def test_t25_a_whole_list_is_a_permutation_without_visible_order(world: World) -> None:
    """2^20 allocations, no duplicate; neighbours in time are no neighbours in the list."""
    words = np.array(
        [
            [status_lists.keyed_word(world.deps, 3, turn, half) for half in range(1024)]
            for turn in range(status_lists.ROUNDS)
        ]
    )
    seen = status_lists.permute(np.arange(LIST_SIZE), lambda turn, half: words[turn][half])
    spots = [0, 1, 1023, 1024, LIST_SIZE - 1]
    assert [status_lists.scatter(world.deps, 3, at) for at in spots] == list(seen[spots])
    assert np.array_equal(np.sort(seen), np.arange(LIST_SIZE))
    assert abs(np.corrcoef(seen[:-1], seen[1:])[0, 1]) < 0.01
    assert abs(np.corrcoef(np.arange(LIST_SIZE), seen)[0, 1]) < 0.01
    rises = np.count_nonzero(np.diff(seen) > 0) / LIST_SIZE
    assert 0.48 < rises < 0.52


@on_sqlite
def test_t25_every_list_is_scattered_in_its_own_way(world: World) -> None:
    first, second = (
        [status_lists.scatter(world.deps, number, at) for at in range(200)] for number in (0, 1)
    )
    assert len(set(first)) == len(set(second)) == 200
    assert first != second


def test_t25_eight_workers_beside_each_other_never_get_the_same_slot(world: World) -> None:
    """Also at the very start, when all of them open the first list."""
    taken: list[status_lists.Slot] = []

    def allocate() -> str:
        for _ in range(5):
            with world.deps.transaction() as db:
                taken.extend(status_lists.allocate(db, world.deps, 25))
        return "done"

    assert race([partial(allocate)] * 8) == {"done": 8}
    assert len(taken) == 8 * 5 * 25
    assert len(set(taken)) == len(taken)


@on_sqlite
def test_a_full_list_is_followed_by_the_next(world: World) -> None:
    with world.deps.transaction() as db:
        db.add(StatusList(number=0, issued=LIST_SIZE - 10, created_at=world.clock.now()))
    with world.deps.transaction() as db:
        slots = status_lists.allocate(db, world.deps, 10)
        assert {slot.number for slot in slots} == {0}
        more = status_lists.allocate(db, world.deps, 7)
        assert {slot.number for slot in more} == {1}
    with world.deps.transaction() as db:
        rows = db.scalars(select(StatusList).order_by(StatusList.number)).all()
        assert [(row.issued, row.closed) for row in rows] == [(LIST_SIZE, True), (7, False)]


@on_sqlite
def test_a_rolled_back_allocation_leaves_nothing(world: World) -> None:
    def fail() -> None:
        with world.deps.transaction() as db:
            status_lists.allocate(db, world.deps, 3)
            raise LookupError

    with pytest.raises(LookupError):
        fail()
    with world.deps.transaction() as db:
        assert db.scalars(select(StatusList)).all() == []
