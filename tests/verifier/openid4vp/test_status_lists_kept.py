"""A list is kept for a minute; it outlives a broken line while it holds, and never goes back."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from credentials.status_list import INVALID, SUSPENDED
from credentials.status_token import ListTimes
from tests.verifier.openid4vp.world import INDEX, World
from verifier.openid4vp.statuses import Found, StatusLists
from verifier.openid4vp.trust import Issuer, load_trust

NOW = int(time.time())


@pytest.fixture
def issuer(world: World, tmp_path: Path) -> Issuer:
    path = tmp_path / "trust.json"
    path.write_text(json.dumps(world.trust(tmp_path)))
    (one,) = load_trust(path).issuers
    return one


def made_at(world: World, at: int) -> None:
    world.list_times = ListTimes(at, at + 3600, 60)


def test_a_broken_line_leaves_what_was_had_until_it_expires(world: World, issuer: Issuer) -> None:
    made_at(world, NOW)
    clock = [NOW]
    lists = StatusLists(lambda: clock[0])
    assert lists.look_up(world.reference, issuer) == Found("good", NOW)
    world.broken = True
    clock[0] = NOW + 100
    assert lists.look_up(world.reference, issuer) == Found("good", NOW)  # with its age
    clock[0] = NOW + 3700
    assert lists.look_up(world.reference, issuer) == Found("unknown")
    world.broken = False
    made_at(world, NOW + 3690)
    clock[0] = NOW + 3710
    assert lists.look_up(world.reference, issuer) == Found("good", NOW + 3690)


def test_an_older_list_does_not_take_a_revocation_back(world: World, issuer: Issuer) -> None:
    made_at(world, NOW)
    world.statuses.set(INDEX, INVALID)
    clock = [NOW]
    lists = StatusLists(lambda: clock[0])
    assert lists.look_up(world.reference, issuer) == Found("revoked", NOW)
    world.statuses.set(INDEX, 0)
    made_at(world, NOW - 600)
    clock[0] = NOW + 100
    assert lists.look_up(world.reference, issuer) == Found("revoked", NOW)
    made_at(world, NOW + 100)
    clock[0] = NOW + 200
    assert lists.look_up(world.reference, issuer) == Found("good", NOW + 100)


def test_a_suspension_counts_after_a_minute_whatever_the_list_allows(
    world: World, issuer: Issuer
) -> None:
    world.list_times = ListTimes(NOW, NOW + 86400, 3600)
    clock = [NOW]
    lists = StatusLists(lambda: clock[0])
    assert lists.look_up(world.reference, issuer).status == "good"
    world.statuses.set(INDEX, SUSPENDED)
    clock[0] = NOW + 59
    assert lists.look_up(world.reference, issuer).status == "good"
    assert len(world.fetched) == 1
    clock[0] = NOW + 60
    assert lists.look_up(world.reference, issuer).status == "suspended"
