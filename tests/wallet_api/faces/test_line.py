"""The line before the workers: first come, first served."""

from __future__ import annotations

import random
import threading
import time

import pytest

from wallet_api.adapters.faces.line import Line, LineClosed, LineFull


def wait_for(line: Line[str], *, waiting: int) -> None:
    while line.standing()[0] != waiting:
        time.sleep(0.001)


def test_whoever_waits_longest_is_next_and_nobody_overtakes() -> None:
    line = Line(["place"], room=5)
    served: list[int] = []

    def come(number: int) -> None:
        place = line.enter(seconds=5)
        served.append(number)
        line.leave(place)

    place = line.enter(seconds=1)
    threads = []
    for number in range(5):
        threads.append(threading.Thread(target=come, args=(number,)))
        threads[-1].start()
        wait_for(line, waiting=number + 1)
    with pytest.raises(LineFull):
        line.enter(seconds=5)
    line.leave(place)
    for thread in threads:
        thread.join()
    assert served == [0, 1, 2, 3, 4]
    assert line.standing() == (0, 0)


def test_a_wait_ends_in_time_and_leaves_no_trace() -> None:
    line = Line(["place"], room=1)
    place = line.enter(seconds=1)
    began = time.monotonic()
    with pytest.raises(LineFull):
        line.enter(seconds=0.1)
    assert 0.05 < time.monotonic() - began < 1
    assert line.standing() == (0, 1)
    line.leave(place)
    assert line.enter(seconds=0) == "place"


def test_a_place_that_is_not_rested_is_the_last_choice() -> None:
    line = Line(["a", "b"], room=0)
    a, b = line.enter(seconds=0), line.enter(seconds=0)
    line.leave(a)
    line.leave(b, rested=False)
    assert line.enter(seconds=0) == a


def test_closing_returns_the_idle_and_ends_the_waits() -> None:
    line = Line(["a", "b"], room=1)
    held = line.enter(seconds=0)
    assert line.close() == [({"a", "b"} - {held}).pop()]
    assert line.close() == []
    with pytest.raises(LineClosed):
        line.enter(seconds=1)
    assert line.leave(held) is False
    assert line.standing() == (0, 0)


def test_those_who_wait_when_it_closes_are_told_at_once() -> None:
    line = Line(["a"], room=1)
    line.enter(seconds=0)
    ends: list[float] = []

    def come() -> None:
        began = time.monotonic()
        with pytest.raises(LineClosed):
            line.enter(seconds=5)
        ends.append(time.monotonic() - began)

    thread = threading.Thread(target=come)
    thread.start()
    wait_for(line, waiting=1)
    line.close()
    thread.join()
    assert ends[0] < 1


def test_under_any_load_no_place_is_given_twice_or_lost_and_the_last_word_is_true() -> None:
    heard: list[tuple[int, int]] = []
    line = Line(range(3), room=10, told=lambda waiting, busy: heard.append((waiting, busy)))
    held: set[int] = set()
    twice: list[int] = []

    def come(seed: int) -> None:
        chance = random.Random(seed)
        for _ in range(100):
            try:
                place = line.enter(seconds=chance.choice([0, 0.001, 1]))
            except LineFull:
                continue
            if place in held:
                twice.append(place)
            held.add(place)
            time.sleep(chance.choice([0, 0.0005]))
            held.discard(place)
            line.leave(place)

    threads = [threading.Thread(target=come, args=(seed,)) for seed in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert twice == []
    assert sorted(line.take_idle()) == [0, 1, 2]
    assert heard[-2] == (0, 0)
    assert max(waiting for waiting, _ in heard) <= 10
    assert max(busy for _, busy in heard) == 3
