"""The PIN at the counter, its deadline, and what falls back (C7, T16)."""

from __future__ import annotations

from functools import partial

import pytest
from sqlalchemy import select

from tests.wallet_api.counter_desk import Counter, Phone, enrol, new_signer, open_counter
from tests.wallet_api.racing import race
from tests.wallet_api.simulators import World
from wallet_api.errors import KioskBlocked, PinWrong, StepNotPossible
from wallet_api.models import AuditEvent
from wallet_api.services import activation, housekeeping, kiosks


@pytest.fixture
def counter(world: World) -> Counter:
    made = open_counter(world)
    made.sign_in(made.add_operator())
    return made


def test_the_pin_makes_a_claim_a_request_with_a_number_of_three_digits(
    world: World, counter: Counter
) -> None:
    phone = enrol(world)
    phone.claim(counter)
    number = phone.confirm()
    assert len(number) == 3
    assert number.isdigit()
    assert phone.state() == "AT_COUNTER"


def test_a_scan_alone_never_reaches_the_counter(world: World, counter: Counter) -> None:
    phone = enrol(world)
    phone.claim(counter)
    with pytest.raises(PinWrong):
        activation.confirm(world.deps, phone.enrolment_id, phone.pin_proof(signer=new_signer()))
    assert phone.state() == "CLAIMED"


@pytest.mark.parametrize(("late", "state"), [(119, "AT_COUNTER"), (120, "PIN_SET")])
def test_the_pin_is_wanted_within_120_seconds(
    world: World, counter: Counter, late: int, state: str
) -> None:
    phone = enrol(world)
    phone.claim(counter)
    world.clock.advance(seconds=late)
    if state == "AT_COUNTER":
        phone.confirm()
    else:
        with pytest.raises(StepNotPossible):
            phone.confirm()
    assert phone.state() == state


@pytest.mark.parametrize(("minutes", "state"), [(9.9, "AT_COUNTER"), (10, "PIN_SET")])
def test_nobody_waits_at_the_counter_for_more_than_ten_minutes(
    world: World, counter: Counter, minutes: float, state: str
) -> None:
    phone = enrol(world)
    phone.claim(counter)
    phone.confirm()
    world.clock.advance(minutes=minutes)
    assert phone.state() == state


def test_the_job_lets_what_is_over_fall_back_and_tells_the_audit(
    world: World, counter: Counter
) -> None:
    claimed, waiting = enrol(world), enrol(world, "3174054512900002")
    waiting.come_to(counter)
    claimed.claim(counter)
    world.clock.advance(minutes=10)
    assert housekeeping.expire(world.deps) == 2
    assert housekeeping.expire(world.deps) == 0
    with world.deps.transaction() as db:
        fell = db.scalars(
            select(AuditEvent.facts).where(AuditEvent.event == "enrolment.fell_back")
        ).all()
    assert sorted(fell) == ['{"from_state":"AT_COUNTER"}', '{"from_state":"CLAIMED"}']


def test_who_fell_back_comes_again_with_another_frame(world: World, counter: Counter) -> None:
    phone = enrol(world)
    phone.claim(counter)
    world.clock.advance(seconds=120)
    phone.come_to(counter)
    assert phone.state() == "AT_COUNTER"


def test_a_kiosk_blocked_after_the_scan_ends_it(world: World, counter: Counter) -> None:
    phone = enrol(world)
    phone.claim(counter)
    kiosks.block_kiosk(world.deps, counter.kiosk_id, reason="stolen")
    with pytest.raises(KioskBlocked):
        phone.confirm()


def test_nobody_confirms_before_a_scan(world: World) -> None:
    with pytest.raises(StepNotPossible):
        enrol(world).confirm()


def test_forty_confirmations_of_one_phone_draw_one_number(world: World, counter: Counter) -> None:
    phone = enrol(world)
    phone.claim(counter)
    came = race([partial(_number, phone)] * 40)
    numbers = {answer for answer in came if answer.isdigit()}
    assert numbers == {phone.row().number}
    assert set(came) - numbers <= {"STEP_NOT_POSSIBLE", "PIN_WAIT"}
    with world.deps.transaction() as db:
        moved = db.scalars(
            select(AuditEvent.id).where(AuditEvent.event == "enrolment.at_counter")
        ).all()
    assert len(moved) == 1


def _number(phone: Phone) -> str:
    return phone.confirm()
