"""The challenge's rules: turns and places, times, waits."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wallet_api.rules import face_capture as rules
from wallet_api.rules import face_reasons

NOON = datetime(2026, 11, 23, 5, 0, tzinfo=UTC)
SECONDS = st.floats(0, 100).map(lambda held: timedelta(seconds=held))


@given(drawn=st.lists(st.binary(min_size=1, max_size=32), min_size=5, max_size=5))
def test_five_prompts_fill_nine_places_once_front_and_turned_in_turn(drawn: list[bytes]) -> None:
    places: dict[int, str] = {}
    for number, bits in enumerate(drawn):
        wanted = rules.frames_of(number, rules.turn_of(number, bits))
        assert not places.keys() & wanted.keys()
        places |= wanted
    assert sorted(places) == list(range(rules.FRAMES))
    assert {places[position] for position in range(0, 9, 2)} == {"front"}
    assert {places[position] for position in range(1, 9, 2)} <= {"left", "right"}


def test_the_turn_is_the_lowest_bit_of_what_was_drawn() -> None:
    assert [rules.turn_of(1, bytes([bits])) for bits in (0, 1, 254, 255)] == [
        "right",
        "left",
        "right",
        "left",
    ]
    assert rules.turn_of(0, b"\x01") == "front"


@given(waited=SECONDS, since=SECONDS)
def test_an_answer_is_in_time_or_early_or_late(waited: timedelta, since: timedelta) -> None:
    opened, prompted = NOON, NOON + since
    fault = rules.fault_of_arrival(prompted + waited, prompted, opened + rules.LIFE)
    late = waited > rules.PROMPT_LIFE or since + waited > rules.LIFE
    early = waited < rules.FASTEST
    assert fault == (rules.LATE if late else rules.EARLY if early else None)


@pytest.mark.parametrize(
    ("state", "seconds", "expected"),
    [
        (rules.OPEN, 12, None),
        (rules.OPEN, 12.1, rules.LATE),
        (rules.COMMITTED, 600, None),
        (rules.COMMITTED, 600.1, rules.FRAMES_LATE),
        (rules.USED, 10_000, None),
        (rules.FAILED, 10_000, None),
        (rules.ABANDONED, 10_000, None),
    ],
)
def test_time_alone_ends_what_is_under_way(
    state: str, seconds: float, expected: str | None
) -> None:
    ends = rules.prompt_ends_at(NOON, NOON + rules.LIFE)
    by = NOON + rules.UPLOAD_LIFE
    now = NOON + timedelta(seconds=seconds)
    assert rules.fault_of_delay(state, now, prompt_ends=ends, frames_by=by) == expected


def test_each_wait_is_five_times_the_last() -> None:
    minute = timedelta(minutes=1)
    waits = [rules.wait_after(number, minute) // minute for number in range(4)]
    assert waits == [1, 1, 5, 25]
    assert rules.wait_after(3, timedelta(0)) == timedelta(0)


def test_every_failure_and_every_prompt_has_a_sentence() -> None:
    codes = {*rules.FAILURES, *rules.MESSAGE_OF.values()}
    assert codes <= set(face_reasons.REASONS)
