"""Operators sign in with two factors, and guessing is slow."""

from __future__ import annotations

import statistics
import time
from dataclasses import replace
from functools import partial

import pytest
from sqlalchemy import select

from credentials.jwk import public_jwk
from tests.wallet_api.counter_desk import PASSWORD, Counter, new_signer, open_counter
from tests.wallet_api.racing import race
from tests.wallet_api.simulators import World
from wallet_api.errors import (
    InputInvalid,
    KioskBlocked,
    ShiftEnded,
    SignInRefused,
    TooManyRequests,
)
from wallet_api.models import AuditEvent, Operator, Shift
from wallet_api.rules import operators as rules
from wallet_api.services import kiosks, operators, shift_opening, shifts
from wallet_api.services.operators import NewOperator
from wallet_api.services.shift_opening import SignIn


@pytest.fixture
def counter(world: World) -> Counter:
    return open_counter(world)


@pytest.fixture
def budi(counter: Counter) -> NewOperator:
    return counter.add_operator("budi")


def open_shift(counter: Counter, factors: SignIn) -> dict[str, object]:
    key = public_jwk(new_signer().public_key)
    return shift_opening.open_shift(counter.world.deps, counter.kiosk_id, factors, key)


def reasons(world: World) -> list[str]:
    with world.deps.transaction() as db:
        query = select(AuditEvent.facts).where(AuditEvent.event == "shift.refused")
        return [facts.split('"reason":"')[1].split('"')[0] for facts in db.scalars(query)]


def test_both_factors_open_a_shift(world: World, counter: Counter, budi: NewOperator) -> None:
    desk = counter.sign_in(budi)
    assert (desk.shift.name, desk.shift.role) == ("Budi", "operator")
    with world.deps.transaction() as db:
        assert db.get_one(Operator, budi.id).failures == 0


def test_wrong_answers_look_the_same_and_the_audit_knows(
    world: World, counter: Counter, budi: NewOperator
) -> None:
    far = open_counter(world, "9171")
    stranger = far.add_operator("stranger")
    right = counter.factors(budi)
    attempts = [
        replace(right, username="nobody"),
        replace(right, password="wrong password"),
        replace(right, totp="000000"),
        counter.factors(stranger),
    ]
    told = []
    for attempt in attempts:
        with pytest.raises(SignInRefused) as refused:
            open_shift(counter, attempt)
        told.append((refused.value.code, refused.value.facts, refused.value.retry_after))
    assert told == [("SIGN_IN_REFUSED", {}, None)] * 4
    assert reasons(world) == ["unknown", "password", "code", "office"]


def test_a_code_works_once(world: World, counter: Counter, budi: NewOperator) -> None:
    factors = counter.factors(budi)
    open_shift(counter, factors)
    with pytest.raises(SignInRefused):
        open_shift(counter, factors)


@pytest.mark.parametrize("seconds", [-30, 30, -60, 60])
def test_a_clock_may_be_one_step_off(
    world: World, counter: Counter, budi: NewOperator, seconds: int
) -> None:
    factors = counter.factors(budi)
    world.clock.advance(seconds=seconds)
    if abs(seconds) == 30:
        open_shift(counter, factors)
    else:
        with pytest.raises(SignInRefused):
            open_shift(counter, factors)


def test_five_failures_pause_the_sign_in_for_fifteen_minutes(
    world: World, counter: Counter, budi: NewOperator
) -> None:
    for _ in range(rules.MOST_FAILURES):
        with pytest.raises(SignInRefused):
            open_shift(counter, replace(counter.factors(budi), password="wrong"))
    with pytest.raises(SignInRefused):
        open_shift(counter, counter.factors(budi))
    assert reasons(world)[-1] == "paused"
    world.clock.advance(minutes=15)
    open_shift(counter, counter.factors(budi))


def test_of_twenty_parallel_guesses_five_are_looked_at(
    world: World, counter: Counter, budi: NewOperator
) -> None:
    wrong = replace(counter.factors(budi), password="wrong")
    came = race([partial(open_shift, counter, wrong)] * 20)
    assert came == {"SIGN_IN_REFUSED": 20}
    evaluated = [reason for reason in reasons(world) if reason != "paused"]
    assert len(evaluated) == rules.MOST_FAILURES


def test_one_code_in_five_threads_opens_one_shift(
    world: World, counter: Counter, budi: NewOperator
) -> None:
    factors = counter.factors(budi)
    came = race([partial(_state, counter, factors)] * 5)
    assert came == {"opened": 1, "SIGN_IN_REFUSED": 4}
    with world.deps.transaction() as db:
        assert len(db.scalars(select(Shift)).all()) == 1


def _state(counter: Counter, factors: SignIn) -> str:
    open_shift(counter, factors)
    return "opened"


def test_a_kiosk_that_guesses_user_names_is_slowed(world: World, counter: Counter) -> None:
    for at in range(rules.SIGN_INS_A_KIOSK):
        operators._charge(world.deps, counter.kiosk_id, f"name{at}")
    with pytest.raises(TooManyRequests):
        operators._charge(world.deps, counter.kiosk_id, "one more")


def test_an_unknown_user_name_takes_as_long_as_a_known_one(
    world: World, counter: Counter, budi: NewOperator
) -> None:
    roomy = world.deps
    known, unknown = [], []
    operators._nobodys_hash()
    for _ in range(7):
        for times, username in ((known, "budi"), (unknown, "nobody")):
            start = time.process_time()
            with pytest.raises(SignInRefused):
                operators.check_sign_in(
                    roomy,
                    kiosk_id=counter.kiosk_id,
                    office_id="",
                    username=username,
                    password=PASSWORD,
                    totp="000000",
                )
            times.append(time.process_time() - start)
    assert 0.5 < statistics.median(unknown) / statistics.median(known) < 2


def test_signing_in_elsewhere_ends_the_earlier_shift(
    world: World, counter: Counter, budi: NewOperator
) -> None:
    first = counter.sign_in(budi)
    second = open_counter(world, add_office=False)
    second.sign_in(budi)
    with world.deps.transaction() as db, pytest.raises(ShiftEnded):
        shifts.check_open(db, world.deps, counter.kiosk_id, first.shift.shift_id)


def test_a_token_works_at_its_kiosk_only(world: World, counter: Counter, budi: NewOperator) -> None:
    answer = open_shift(counter, counter.factors(budi))
    other = open_counter(world, add_office=False)
    with pytest.raises(ShiftEnded):
        other.find_shift(str(answer["token"]))
    assert counter.find_shift(str(answer["token"])).operator_id == budi.id


@pytest.mark.parametrize("hours", [11.9, 12])
def test_a_shift_lasts_twelve_hours(
    world: World, counter: Counter, budi: NewOperator, hours: float
) -> None:
    token = str(open_shift(counter, counter.factors(budi))["token"])
    world.clock.advance(hours=hours)
    if hours < 12:
        counter.find_shift(token)
    else:
        with pytest.raises(ShiftEnded):
            counter.find_shift(token)


def test_an_operator_who_left_works_no_more(
    world: World, counter: Counter, budi: NewOperator
) -> None:
    token = str(open_shift(counter, counter.factors(budi))["token"])
    operators.end_operator(world.deps, "budi")
    with pytest.raises(ShiftEnded):
        counter.find_shift(token)
    with pytest.raises(SignInRefused):
        open_shift(counter, counter.factors(budi))


def test_a_blocked_kiosk_signs_nobody_in(world: World, counter: Counter, budi: NewOperator) -> None:
    kiosks.block_kiosk(world.deps, counter.kiosk_id, reason="stolen")
    with pytest.raises(KioskBlocked):
        open_shift(counter, counter.factors(budi))


def test_the_database_holds_neither_password_nor_secret(
    world: World, counter: Counter, budi: NewOperator
) -> None:
    token = str(open_shift(counter, counter.factors(budi))["token"])
    with world.deps.transaction() as db:
        row = db.get_one(Operator, budi.id)
        shift = db.scalars(select(Shift)).one()
    assert row.password_hash.startswith("$argon2id$")
    assert budi.totp_secret.encode() not in row.totp_sealed
    assert token.encode() not in shift.token_hash


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"username": "x"}, "USERNAME_FORM"),
        ({"username": "Budi Santoso"}, "USERNAME_FORM"),
        ({"password": "short"}, "PASSWORD_LENGTH"),
        ({"role": "king"}, "ROLE_UNKNOWN"),
        ({"office_code": "0000"}, "OFFICE_UNKNOWN"),
        ({"username": "budi"}, "USERNAME_TAKEN"),
    ],
)
def test_an_operator_is_added_with_good_values_only(
    world: World, counter: Counter, budi: NewOperator, change: dict[str, str], code: str
) -> None:
    values = {"office_code": "3173", "username": "citra", "name": "Citra", "role": "operator"}
    values |= {"password": PASSWORD} | change
    with pytest.raises(InputInvalid) as refused:
        operators.add_operator(world.deps, **values)
    faults = refused.value.facts["errors"]
    assert isinstance(faults, list)
    assert [fault["code"] for fault in faults] == [code]
