"""A matcher that is busy, down or dead: nothing is lost, nothing counted twice (C5, T05)."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import func, select

from tests.wallet_api import capturing
from tests.wallet_api.handset import Handset, at_face
from tests.wallet_api.racing import race
from wallet_api.models import AuditEvent
from wallet_api.ports.faces import FaceBusy, FaceJob, FaceMatcher, FaceResult, FaceUnavailable
from wallet_api.rules import lifecycle
from wallet_api.services import faces

if TYPE_CHECKING:
    from tests.wallet_api.simulators import World

ROOT = Path(__file__).parents[3]
on_sqlite = pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)


def with_matcher(world: World, phone: Handset, matcher: FaceMatcher) -> Handset:
    """The same phone, talking to a server with another matcher."""
    other = replace(world, deps=replace(world.deps, faces=matcher))
    return Handset(other, phone.device, phone.pin, phone.enrolment)


class _Failing:
    """A matcher that cannot answer."""

    def __init__(self, error: Exception) -> None:
        self.error = error

    def match(self, job: FaceJob) -> FaceResult:
        raise self.error


@on_sqlite
@pytest.mark.parametrize("error", [FaceBusy(7), FaceUnavailable("FACE_WORKER_GONE")])
def test_a_matcher_that_is_down_is_503_and_costs_no_attempt(world: World, error: Exception) -> None:
    phone = at_face(world)
    capture = capturing.perform(phone)["capture"]
    ill = with_matcher(world, phone, _Failing(error))
    answers = [capturing.compare(ill, capture, key="k" * 20) for _ in range(12)]
    assert {answer.status_code for answer in answers} == {503}
    assert all(int(answer.headers["Retry-After"]) > 0 for answer in answers)
    told = phone.status()["face"]
    assert (told["attempts_left"], told["capture"]) == (3, capture)
    again = capturing.compare(phone, capture, key="k" * 20)
    assert again.get_json()["state"] == "FACE_VERIFIED"


@on_sqlite
def test_a_capture_that_the_matcher_never_saw_gives_way_to_a_newer_one(world: World) -> None:
    phone = at_face(world)
    capture = capturing.perform(phone)["capture"]

    class _Interrupting:
        def match(self, job: FaceJob) -> FaceResult:
            del job
            capturing.open_capture(phone)
            raise FaceBusy(1)

    ill = with_matcher(world, phone, _Interrupting())
    assert capturing.compare(ill, capture).status_code == 503
    told = phone.status()["face"]
    assert told["attempts_left"] == 3
    assert told["capture"] not in (None, capture)
    assert capturing.compare(phone, capture).get_json()["code"] == "CAPTURE_ENDED"
    assert phone.face().get_json()["state"] == "FACE_VERIFIED"


@on_sqlite
def test_c5_a_worker_that_dies_in_the_comparison_costs_the_attempt_and_nothing_hangs(
    world: World,
) -> None:
    phone = at_face(world)
    ill = with_matcher(world, phone, _Failing(RuntimeError()))
    for left in (2, 1, 0):
        capture = capturing.perform(phone)["capture"]
        assert capturing.compare(ill, capture).status_code == 500
        assert phone.status()["face"]["attempts_left"] == left
        assert capturing.compare(phone, capture).get_json()["code"] == "CAPTURE_ENDED"
        assert phone.status()["next"]["step"] == "face"
    answer = phone.face().get_json()  # the attempts are spent: on to the counter, never stuck
    assert (answer["state"], answer["face"]["outcome"]) == ("FACE_AT_COUNTER", "officer")
    assert answer["face"]["reasons"][0]["code"] == "ATTEMPTS_SPENT"
    assert world.faces.jobs == []


def test_c5_a_worker_killed_in_the_comparison_leaves_the_charge_and_the_way_open(
    world: World, tmp_path: Path
) -> None:
    phone = at_face(world)
    capture = capturing.perform(phone)["capture"]
    command = [
        *(sys.executable, "-m", "tests.wallet_api.faces_step.compare_and_die"),
        *(world.deps.settings.database_url, str(tmp_path), phone.enrolment, capture),
    ]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == b"charged 9\n"
        child.kill()
    told = phone.status()
    assert (told["face"]["attempts_left"], told["next"]["step"]) == (2, "face")
    assert capturing.refused(capturing.compare(phone, capture)) == "CAPTURE_ENDED"
    assert phone.face().get_json()["state"] == "FACE_VERIFIED"


def test_c5_a_capture_compared_forty_times_at_once_is_looked_at_once(world: World) -> None:
    phone = at_face(world)
    world.faces.outcome = "no_match"
    rounds = 0
    while phone.status()["state"] == lifecycle.CONTACT_VERIFIED:
        capture = capturing.perform(phone)["capture"]
        work = partial(faces.submit, world.deps, phone.enrolment, capture, once=None)
        race([work] * 40)
        rounds += 1
    assert (rounds, len(world.faces.jobs)) == (3, 3)
    assert phone.status()["state"] == "FACE_AT_COUNTER"
    with world.deps.transaction() as db:
        decided = db.scalar(
            select(func.count()).where(
                AuditEvent.event == "enrolment.face_decided",
                AuditEvent.facts.contains('"outcome":"officer"'),
            )
        )
    assert decided == 1
