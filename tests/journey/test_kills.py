"""Whatever is killed, the resident goes on where they were, and nothing is done twice.

`make chaos` takes CHAOS_JOURNEYS residents through random kills, one after the other.
"""

from __future__ import annotations

import os
import random
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from samples.counter_operator import ConsoleRefusal
from samples.phone.errors import PhoneError
from tests.journey import bank
from tests.journey.crashing_postgres import crashing_postgres
from tests.journey.office import running_office
from tests.journey.resident import Resident, wait_until
from tests.journey.steps import Journey

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.journey.office import Office

PROGRAMS = ("API", "worker", "kiosk")
PEOPLE = ("budi", "sari", "slamet", "longest", "maruf", "leap", "merauke", "expat")
# Longer than the locks that a killed program leaves behind.
PATIENCE_SECONDS = 100.0
NOT_YET = (PhoneError, ConsoleRefusal, TimeoutError, OSError)
JOURNEYS = int(os.environ.get("CHAOS_JOURNEYS", "1"))
SEED = int(os.environ.get("CHAOS_SEED", "1"))


def kinds_sent(office: Office, to: str) -> list[str]:
    return [message["kind"] for message in office.messages(to=to)]


def check_trusted(journey: Journey) -> None:
    bank.wait_for_status(journey.office, journey.resident, "good")
    assert bank.check(journey.office, journey.resident.show_card())["code"] == "VALID"


def again_until_done(step: Callable[[], None]) -> None:
    """Take a step as a patient person does: again, until it is done."""
    until = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            step()
        except NOT_YET:
            if time.monotonic() > until:
                raise
            time.sleep(0.5)
        else:
            return


def kill_during(journey: Journey, step: Callable[[], None], program: str, after: float) -> None:
    """Kill a program some time after a step began, start it again, and see the step done."""
    with ThreadPoolExecutor(1) as pool:
        going = pool.submit(step)
        time.sleep(after)
        journey.office.kill_and_start(program)
        try:
            going.result()
        except NOT_YET:
            again_until_done(step)
    if program == "kiosk":
        journey.officer = None


def test_each_program_is_killed_between_the_steps(office: Office) -> None:
    journey = Journey(office, Resident(office, "slamet"))
    for number, step in enumerate(journey.steps()):
        again_until_done(step)
        killed = PROGRAMS[number % len(PROGRAMS)]
        office.kill_and_start(killed)
        if killed == "kiosk":
            journey.officer = None
    journey.check_nothing_was_done_twice()
    wait_until(lambda: "wallet_activated_sms" in kinds_sent(office, journey.resident.number))
    assert kinds_sent(office, journey.resident.email) == ["email_code", "wallet_activated"]
    assert kinds_sent(office, journey.resident.number) == ["sms_code", "wallet_activated_sms"]
    check_trusted(journey)


def test_the_api_is_killed_while_it_answers(office: Office) -> None:
    journey = Journey(office, Resident(office, "merauke"))
    during = {journey.pin: 0.05, journey.confirm: 0.05, journey.officer_confirms: 0.1}
    for step in journey.steps():
        if step in during:
            kill_during(journey, step, "API", during[step])
        else:
            again_until_done(step)
    journey.check_nothing_was_done_twice()
    check_trusted(journey)


def test_what_was_answered_survives_a_crash_of_postgresql(tmp_path: Path) -> None:
    with crashing_postgres() as postgres:
        url = postgres.server.create_database("journey")
        with running_office(tmp_path / "office", database_url=url) as office:
            journey = Journey(office, Resident(office, "leap"))
            for step in journey.steps():
                again_until_done(step)
                answered = journey.resident.status()
                postgres.crash()
                if step == journey.face:  # a step taken meanwhile is refused, and taken later
                    with pytest.raises(PhoneError) as refused:
                        journey.pin()
                    assert refused.value.code == "SERVICE_BUSY"
                postgres.start()
                kept = journey.resident.status()
                assert kept["state"] == answered["state"]
                assert kept["activation"] == answered["activation"]
            journey.check_nothing_was_done_twice()
            check_trusted(journey)


@pytest.mark.parametrize("turn", range(JOURNEYS))
def test_anything_is_killed_at_any_moment(office: Office, turn: int) -> None:
    chance = random.Random(f"{SEED} {turn}")
    journey = Journey(office, Resident(office, PEOPLE[turn % len(PEOPLE)]))
    for step in journey.steps():
        kill_during(journey, step, chance.choice(PROGRAMS), chance.uniform(0.0, 1.0))
    journey.check_nothing_was_done_twice()
    check_trusted(journey)
