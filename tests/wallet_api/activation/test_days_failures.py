"""What the counter's screen tells of the day: every failure once, by reason, and of nobody."""

from __future__ import annotations

from dataclasses import replace

import pytest

from credentials.jwk import public_jwk
from tests.wallet_api.counter_desk import (
    Counter,
    Phone,
    confirm,
    enrol,
    new_signer,
    open_counter,
)
from tests.wallet_api.simulators import World
from wallet_api.errors import FrameExpired, FrameUsed, NumberWrong, PinWrong, SignInRefused
from wallet_api.models import CounterTally
from wallet_api.rules import office_time
from wallet_api.services import (
    activation,
    counter,
    counter_day,
    enrolments,
    housekeeping,
    shift_opening,
    tallies,
)
from wallet_api.services.counter_queue import Desk


@pytest.fixture
def at_counter(world: World) -> Counter:
    return open_counter(world)


def told(world: World, desk: Desk) -> dict[str, tuple[int, int]]:
    day = counter_day.show_day(world.deps, desk)
    failures = day["failures"]
    assert isinstance(failures, list)
    return {one["reason"]: (one["counter"], one["office"]) for one in failures}


def test_each_way_to_fail_is_counted_where_it_happened(world: World, at_counter: Counter) -> None:
    deps, desk = world.deps, at_counter.sign_in(at_counter.add_operator())
    first = enrol(world)
    old = at_counter.frame_text()
    world.clock.advance(seconds=21)
    with pytest.raises(FrameExpired):
        activation.claim(deps, first.enrolment_id, old)
    used = at_counter.frame_text()
    activation.claim(deps, first.enrolment_id, used)
    other = enrol(world, "3174054512900002", contact="other")
    with pytest.raises(FrameUsed):
        activation.claim(deps, other.enrolment_id, used)
    wrong = first.pin_proof(signer=other.pin)
    with pytest.raises(PinWrong):
        activation.confirm(deps, first.enrolment_id, wrong)
    number = first.confirm()
    with pytest.raises(NumberWrong):
        confirm(world, desk, first, f"{(int(number) + 1) % 1000:03d}")
    counter.refuse(deps, desk, first.enrolment_id, "documents_missing")
    _let_time_run_out(world, at_counter, other)
    other.claim(at_counter)
    other.confirm()
    enrolments.cancel(deps, other.enrolment_id, once=None)
    with pytest.raises(SignInRefused):
        shift_opening.open_shift(
            deps, at_counter.kiosk_id, replace(_factors(at_counter), password="no"), _key()
        )
    counts = dict.fromkeys(
        ("frame_expired", "frame_used", "pin_wrong", "number_wrong", "documents_missing"), (1, 1)
    )
    counts |= dict.fromkeys(("pin_not_entered", "time_over", "cancelled", "sign_in"), (1, 1))
    assert told(world, desk) == counts


def _let_time_run_out(world: World, at_counter: Counter, phone: Phone) -> None:
    """Once after the scan, once at the counter."""
    world.clock.advance(seconds=10)  # the next frame
    phone.claim(at_counter)
    world.clock.advance(minutes=3)
    assert phone.state() == "PIN_SET"
    phone.claim(at_counter)
    phone.confirm()
    world.clock.advance(minutes=11)
    assert phone.state() == "PIN_SET"


def _factors(at_counter: Counter) -> shift_opening.SignIn:
    return at_counter.factors(at_counter.add_operator("citra"))


def _key() -> dict[str, str]:
    return public_jwk(new_signer().public_key)


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
def test_the_day_is_the_offices_own_and_a_colleagues_counter_counts_for_the_office(
    world: World,
) -> None:
    here = open_counter(world, "9171")  # Jayapura: two hours ahead of Jakarta
    desk = here.sign_in(here.add_operator())
    beside = open_counter(world, "9171", add_office=False)
    with world.deps.transaction() as db:
        for kiosk, times in ((here.kiosk_id, 2), (beside.kiosk_id, 3)):
            for _ in range(times):
                tallies.count(db, world.deps, kiosk, "number_wrong")
        tallies.count(db, world.deps, None, "number_wrong")
    assert told(world, desk) == {"number_wrong": (2, 5)}
    day = counter_day.show_day(world.deps, desk)
    assert (day["day"], day["zone"]) == ("2026-11-23", "WIT")
    world.clock.advance(hours=10, minutes=1)  # 00:01 in Jayapura, 22:01 in Jakarta
    day = counter_day.show_day(world.deps, desk)
    assert (day["day"], day["failures"]) == ("2026-11-24", [])
    world.clock.advance(days=9)
    housekeeping.clean_up(world.deps)
    with world.deps.transaction() as db:
        assert db.query(CounterTally).count() == 0
        with pytest.raises(ValueError, match="catalogue"):
            tallies.count(db, world.deps, here.kiosk_id, "bad mood")


@pytest.mark.parametrize(
    ("office", "zone"),
    [
        *(("3171", "WIB"), ("1101", "WIB"), ("6171", "WIB"), ("6203", "WIB")),
        *(("5171", "WITA"), ("6371", "WITA"), ("6571", "WITA"), ("7371", "WITA"), ("7601", "WITA")),
        *(("8171", "WIT"), ("8271", "WIT"), ("9171", "WIT"), ("9701", "WIT"), ("pusat", "WIB")),
    ],
)
def test_a_province_has_its_zone(office: str, zone: str) -> None:
    assert office_time.zone_of(office).tzname(None) == zone
