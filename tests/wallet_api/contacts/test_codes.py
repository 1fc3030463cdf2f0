"""Step 2: codes that are used once, tried five times, and sent no more often than allowed."""

from __future__ import annotations

from functools import partial

import pytest
from sqlalchemy import func, select

from tests.wallet_api.handset import NIK, Handset, read_codes, work_off
from tests.wallet_api.racing import race
from tests.wallet_api.simulators import World
from wallet_api.errors import CodeWrong
from wallet_api.models import AuditEvent, Enrolment, OutboxMessage
from wallet_api.services import contacts

on_sqlite = pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)


@pytest.fixture
def phone(world: World) -> Handset:
    made = Handset(world)
    made.start()
    return made


def wrong_code(world: World) -> str:
    work_off(world)
    return f"{(int(read_codes(world)['sms_code']) + 1) % 1_000_000:06d}"


def test_t06_of_40_parallel_wrong_guesses_five_are_looked_at(world: World, phone: Handset) -> None:
    guess = {"sms": wrong_code(world)}
    work = partial(contacts.verify, world.deps, phone.enrolment, guess, once=None)
    seen = race([work] * 40)
    assert seen["CODE_WRONG"] <= 5
    assert seen["CODE_SPENT"] + sum(n for name, n in seen.items() if name.startswith("BUSY")) >= 35
    with world.deps.transaction() as db:
        looked_at = db.scalar(
            select(func.count()).where(AuditEvent.event == "enrolment.code_wrong")
        )
    assert looked_at == seen["CODE_WRONG"]
    right = phone.post("contact", "contact", phone.codes())
    assert right.get_json()["code"] == "CODE_SPENT"


def test_t06_the_right_code_40_times_in_parallel_succeeds_once(
    world: World, phone: Handset
) -> None:
    codes = phone.codes()
    phone.post("contact", "contact", {"email_code": codes["email_code"]})
    work = partial(
        contacts.verify, world.deps, phone.enrolment, {"sms": codes["sms_code"]}, once=None
    )
    race([work] * 40)
    with world.deps.transaction() as db:
        verified = db.scalar(
            select(func.count()).where(
                AuditEvent.event == "enrolment.contact_verified", AuditEvent.facts.contains("sms")
            )
        )
        checks = db.scalar(select(func.count()).where(OutboxMessage.kind == "registry_check"))
        state = db.get_one(Enrolment, phone.enrolment).state
    assert (verified, checks, state) == (1, 1, "CONTACT_VERIFIED")


@on_sqlite
def test_t06_a_code_is_worth_nothing_on_another_phone(world: World, phone: Handset) -> None:
    codes = phone.codes()
    other = Handset(world)
    other.start(email="other@example.org", phone="081111111111")
    stolen = other.post("contact", "contact", {"sms_code": codes["sms_code"]})
    assert stolen.get_json()["code"] == "CODE_WRONG"
    other.enrolment = phone.enrolment
    foreign = other.post("contact", "contact", codes)
    assert foreign.get_json()["code"] == "STATEMENT_INVALID"


@on_sqlite
@pytest.mark.parametrize(("seconds", "code"), [(299, None), (300, "CODE_EXPIRED")])
def test_a_code_lives_for_five_minutes(
    world: World, phone: Handset, seconds: int, code: str | None
) -> None:
    codes = phone.codes()
    world.clock.advance(seconds=seconds)
    assert phone.post("contact", "contact", codes).get_json().get("code") == code


@on_sqlite
def test_a_code_is_used_once_and_both_channels_are_needed(world: World, phone: Handset) -> None:
    codes = phone.codes()
    first = phone.post("contact", "contact", {"email_code": codes["email_code"]}).get_json()
    assert (first["state"], first["contact"]["email_verified"]) == ("STARTED", True)
    again = phone.post("contact", "contact", {"email_code": "000000"})
    assert again.status_code == 200  # verified stays verified; the code is not looked at again
    both = phone.post("contact", "contact", {"sms_code": codes["sms_code"]}).get_json()
    assert both["state"] == "CONTACT_VERIFIED"
    late = phone.post("contact", "contact", codes).get_json()
    assert late["code"] == "STEP_NOT_POSSIBLE"


@on_sqlite
def test_a_new_code_ends_the_old_one_and_its_spent_tries(world: World, phone: Handset) -> None:
    old, wrong = phone.codes(), wrong_code(world)
    for _ in range(5):
        phone.post("contact", "contact", {"sms_code": wrong})
    world.clock.advance(seconds=61)
    sent = phone.post("contact/codes", "contact_codes", {"channels": ["sms"]})
    assert sent.status_code == 202
    new = phone.codes()
    assert new["sms_code"] != old["sms_code"]
    refused = phone.post("contact", "contact", {"sms_code": old["sms_code"]}).get_json()
    assert (refused["code"], refused["attempts_left"]) == ("CODE_WRONG", 4)
    assert phone.post("contact", "contact", {"sms_code": new["sms_code"]}).status_code == 200


@on_sqlite
def test_t07_codes_are_sent_1_a_minute_3_in_ten_5_an_hour_10_a_day(
    world: World, phone: Handset
) -> None:
    """The start has sent the first one; NOON begins a minute, ten minutes and an hour."""

    def send() -> int:
        return phone.post("contact/codes", "contact_codes", {"channels": ["sms"]}).status_code

    def sends(*, minutes: float) -> int:
        world.clock.advance(minutes=minutes)
        return send()

    assert send() == 429  # the same minute
    assert [sends(minutes=1.1) for _ in range(3)] == [202, 202, 429]  # three in ten minutes
    assert [sends(minutes=10) for _ in range(3)] == [202, 202, 429]  # five in the hour
    assert [sends(minutes=31) for _ in range(1)] == [202]  # the next hour
    assert [sends(minutes=11) for _ in range(2)] == [202, 202]
    assert sends(minutes=60) == 202
    assert sends(minutes=11) == 202  # the tenth of the day
    assert sends(minutes=60) == 429
    answer = phone.post("contact/codes", "contact_codes", {"channels": ["sms"]})
    assert int(answer.headers["Retry-After"]) > 3600


@on_sqlite
def test_t07_many_phones_that_name_one_number_send_it_no_more(world: World) -> None:
    for number in range(4):
        Handset(world).start(email=f"x{number}@example.org")
    work_off(world)
    sent = [held for held in world.messages() if held["channel"] == "sms"]
    assert len(sent) == 1


@on_sqlite
def test_t07_the_nation_wide_breaker_opens(world: World) -> None:
    small = world.with_settings(codes_per_minute=3)
    for number in range(5):
        answer = Handset(small).start(email=f"x{number}@example.org", phone=f"08123456000{number}")
        assert answer.status_code == 202  # told nobody: it would tell what others do
    work_off(world)
    assert len(world.messages()) == 6


@on_sqlite
def test_two_starts_of_one_phone_have_codes_of_their_own(world: World) -> None:
    phone = Handset(world)
    phone.start()
    first = phone.codes()
    phone.start(email="b@example.org", phone="081111111111")
    second = phone.codes()
    assert first != second
    assert phone.post("contact", "contact", second).status_code == 200


@on_sqlite
def test_a_wrong_code_says_how_many_tries_are_left(world: World, phone: Handset) -> None:
    wrong = wrong_code(world)
    with pytest.raises(CodeWrong) as caught:
        contacts.verify(world.deps, phone.enrolment, {"sms": wrong}, once=None)
    assert caught.value.facts == {"channel": "sms", "attempts_left": 4}
    assert NIK not in str(caught.value)
