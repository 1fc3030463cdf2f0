"""Whatever is killed, the resident goes on where they were, and nothing is done twice.

The first journey under way is killed at chosen moments, where something is being written or sent.
`make chaos` takes further residents through random kills, CHAOS_JOURNEYS in all.
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
# Step, program and seconds after the step began.
CHOSEN = {
    "contact": ("worker", 0.3),
    "pin": ("API", 0.05),
    "scan": ("kiosk", 0.1),
    "confirm": ("API", 0.05),
    "officer_confirms": ("API", 0.1),
    "receive": ("worker", 0.2),
}


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


@pytest.mark.long
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


def choose_kills(journey: Journey, turn: int) -> dict[str, tuple[str, float]]:
    if turn == 0:
        return CHOSEN
    chance = random.Random(f"{SEED} {turn}")
    names = [step.__name__ for step in journey.steps()]
    return {name: (chance.choice(PROGRAMS), chance.uniform(0.0, 1.0)) for name in names}


@pytest.mark.parametrize("turn", range(JOURNEYS))
def test_programs_are_killed_while_they_work(office: Office, turn: int) -> None:
    journey = Journey(office, Resident(office, PEOPLE[turn % len(PEOPLE)]))
    kills = choose_kills(journey, turn)
    for step in journey.steps():
        if step.__name__ in kills:
            kill_during(journey, step, *kills[step.__name__])
        else:
            again_until_done(step)
    journey.check_nothing_was_done_twice()
    check_trusted(journey)
