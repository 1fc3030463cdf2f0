"""The prepared captures over real HTTP with the real matcher: the good one passes, no other does.

What the service says of each is read by a phone set to Indonesian and by one set to English.
"""

from __future__ import annotations

import time
import tomllib
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import wallet_api.web
from samples.faces.attempt import attempt
from samples.faces.captures import find_resident, take_pictures
from samples.faces.prepared import HERO, SESSIONS, find_session, write_session
from samples.phone import capture, enrolment
from samples.phone.errors import Problem
from tests.journey.office import running_office
from tests.journey.resident import Resident
from wallet_api.rules.face_reasons import REASONS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.journey.office import Office

LANGUAGES = ("id", "en")
CHARGED = ("swapped", "other_person")
SEEN = [one.name for one in SESSIONS if one.behaviour == "honest" and one.name != "good"]
DISHONEST = [one.name for one in SESSIONS if one.behaviour != "honest"]
PROBLEMS = tomllib.loads(
    Path(wallet_api.web.__file__).with_name("problems.toml").read_text("utf-8")
)
LONG_SECONDS = 60


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """An office where one person may try all day, and waits a second after a refusal."""
    changes = {"face_wait_seconds": "1", "face_captures_per_hour": "100"}
    folder = tmp_path_factory.mktemp("faces")
    with running_office(folder, face_attempts_per_nik_day="1000", **changes) as opened:
        yield opened


@pytest.fixture(scope="module")
def two_phones(office: Office) -> tuple[Resident, ...]:
    """Two phones of the same resident before the face step, one in each language."""
    residents = tuple(Resident(office, HERO, language) for language in LANGUAGES)
    in_parallel(begin, residents)
    return residents


def begin(resident: Resident) -> None:
    resident.start()
    assert resident.type_codes()["next"]["step"] == "face"


def in_parallel(work: Callable[[Resident], Any], residents: tuple[Resident, ...]) -> list[Any]:
    with ThreadPoolExecutor(len(residents)) as pool:
        return list(pool.map(work, residents))


def try_session(resident: Resident, name: str) -> dict[str, Any]:
    folder = resident.home.folder / f"camera-{name}"
    write_session(name, folder, take=resident.home.folder.name)

    def wait(seconds: float) -> None:
        if seconds < LONG_SECONDS:
            time.sleep(seconds)
        else:
            late = f"enrolment_id = '{resident.phone.state.enrolment}' AND state = 'COMMITTED'"
            resident.office.execute(f"UPDATE face_capture SET frames_by = opened_at WHERE {late}")

    return attempt(resident.phone, folder, wait=wait)


def check_words(resident: Resident, expected: str) -> None:
    """Read what is told of the attempt in each language, at last in the phone's own."""
    for language in sorted(LANGUAGES, key=resident.language.__eq__):
        which = f"id = '{resident.phone.state.enrolment}'"
        resident.office.execute(f"UPDATE enrolment SET language = '{language}' WHERE {which}")
        face = resident.status()["face"]
        told = {one["code"]: one["message"] for one in face["reasons"]}
        assert told[expected] == REASONS[expected][language]
        for note in face["notes"]:
            for one in note["reasons"]:
                assert one["message"] == REASONS[one["code"]][language]


def test_the_resident_who_turns_as_asked_is_accepted(office: Office) -> None:
    resident = Resident(office, HERO)
    begin(resident)
    status = try_session(resident, "good")
    assert (status["state"], status["next"]["step"]) == ("FACE_VERIFIED", "pin")
    assert (status["face"]["outcome"], status["face"]["reasons"]) == ("accepted", [])
    assert office.count("face_frame") == 0


@pytest.mark.parametrize("name", [name for name in SEEN if name not in CHARGED])
def test_what_can_be_mended_is_told_and_costs_no_attempt(
    two_phones: tuple[Resident, ...], name: str
) -> None:
    status = try_session(two_phones[0], name)
    face = status["face"]
    assert (status["state"], face["outcome"]) == ("CONTACT_VERIFIED", "try_again")
    assert (face["attempts_left"], face["retry_at"]) == (3, None)
    blamed = {note["position"] for note in face["notes"] if note["reasons"]}
    assert blamed, "no frame is named"
    check_words(two_phones[0], find_session(name).expect)


@pytest.mark.parametrize("name", CHARGED)
def test_another_person_costs_an_attempt_and_a_wait(office: Office, name: str) -> None:
    resident = Resident(office, HERO)
    begin(resident)
    status = try_session(resident, name)
    face = status["face"]
    assert (status["state"], face["outcome"]) == ("CONTACT_VERIFIED", "try_again")
    assert face["attempts_left"] == 2
    waits_until = datetime.fromisoformat(face["retry_at"])
    assert waits_until > datetime.fromisoformat(status["server_time"])
    check_words(resident, find_session(name).expect)


@pytest.mark.parametrize("name", DISHONEST)
def test_a_phone_that_keeps_to_no_rules_is_refused(
    two_phones: tuple[Resident, ...], name: str
) -> None:
    code = find_session(name).expect

    def refused(resident: Resident) -> Problem:
        with pytest.raises(Problem) as problem:
            try_session(resident, name)
        return problem.value

    for resident, problem in zip(two_phones, in_parallel(refused, two_phones), strict=True):
        assert (problem.code, problem.status) == (code, PROBLEMS[code]["status"])
        assert problem.title == PROBLEMS[code]["title"][resident.language]
        assert problem.title in problem.explain(resident.language)
        status = resident.status()
        assert (status["state"], status["face"]["attempts_left"]) == ("CONTACT_VERIFIED", 3)


def test_after_three_strangers_an_officer_looks(office: Office) -> None:
    resident = Resident(office, HERO)
    begin(resident)
    for attempts_left in (2, 1):
        face = resident.show_face(of="merauke")["face"]
        assert (face["outcome"], face["attempts_left"]) == ("try_again", attempts_left)
        with pytest.raises(Problem) as early:
            capture.open_capture(resident.phone)
        assert (early.value.code, early.value.status) == ("FACE_WAIT", 429)
        assert early.value.retry_after
        time.sleep(early.value.retry_after)
    status = resident.show_face(of="merauke")
    assert (status["state"], status["face"]["outcome"]) == ("FACE_AT_COUNTER", "officer")
    assert resident.set_pin()["next"]["step"] == "scan"


def test_a_capture_that_was_followed_is_finished_by_a_phone_switched_on_again(
    office: Office,
) -> None:
    resident = Resident(office, HERO)
    begin(resident)
    folder = resident.home.folder / "camera"
    take_pictures(find_resident(HERO), take="killed").write(folder)
    sent = []

    def die_at_the_third(text: str) -> None:
        sent.append(text)
        if len(sent) == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        resident.look_into(folder, tell=die_at_the_third)
    resident.prompts.clear()
    assert resident.look_into(folder)["state"] == "FACE_VERIFIED"
    assert len(resident.prompts) == 3, "the prompts already followed were asked again"
    opened = f"face_capture WHERE enrolment_id = '{resident.phone.state.enrolment}'"
    assert office.count(opened) == 1
    assert not list((resident.home.folder / "capture").iterdir())


def test_who_cannot_turn_the_head_goes_on_to_the_office(office: Office) -> None:
    resident = Resident(office, HERO)
    begin(resident)
    status = enrolment.choose_office_for_face(resident.phone, "cannot_turn_head")
    assert (status["state"], status["next"]["step"]) == ("FACE_AT_COUNTER", "pin")
