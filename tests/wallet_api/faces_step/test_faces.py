"""Step 3: yes, try again, or an officer will look. Never a score, never a dead end (T04)."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import partial

import pytest
from sqlalchemy import func, select

from credentials.jwk import b64url_encode
from tests.wallet_api.handset import FRAME, NIK, Handset, at_face, work_off
from tests.wallet_api.racing import race
from tests.wallet_api.simulators import World
from wallet_api.models import AuditEvent, Enrolment
from wallet_api.ports.faces import FaceBusy, FaceJob, FaceResult, FaceUnavailable, Outcome
from wallet_api.rules import face_reasons, notices
from wallet_api.services import faces
from wallet_api.web.schemas.enrolments import FacePart

on_sqlite = pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)


def row_of(world: World, phone: Handset) -> Enrolment:
    with world.deps.transaction() as db:
        return db.get_one(Enrolment, phone.enrolment)


@on_sqlite
def test_t04_the_answer_has_no_place_for_a_score(world: World) -> None:
    assert set(FacePart.model_fields) == {"outcome", "attempts_left", "reasons"}
    phone = at_face(world)
    for outcome in ("no_match", "match"):
        world.faces.outcome = outcome
        told = phone.face()
        assert set(told.get_json()["face"]) == set(FacePart.model_fields)
        for secret in ("score", "0.6", "0.4", "steady", "threshold"):
            assert secret not in told.text
    assert json.loads(row_of(world, phone).face_record or "")["score"] == 0.6


@on_sqlite
@pytest.mark.parametrize(
    ("outcome", "told", "state", "step"),
    [
        ("match", "accepted", "FACE_VERIFIED", "pin"),
        ("review", "officer", "FACE_AT_COUNTER", "pin"),
        ("no_reference", "officer", "FACE_AT_COUNTER", "pin"),
        ("no_match", "try_again", "CONTACT_VERIFIED", "face"),
        ("try_again", "try_again", "CONTACT_VERIFIED", "face"),
    ],
)
def test_every_outcome_leads_on(
    world: World, outcome: Outcome, told: str, state: str, step: str
) -> None:
    world.faces.outcome = outcome
    answer = at_face(world).face().get_json()
    assert (answer["face"]["outcome"], answer["state"]) == (told, state)
    assert answer["next"]["step"] == step


@on_sqlite
def test_t04_three_refusals_lead_to_the_counter_with_two_officers(world: World) -> None:
    phone = at_face(world)
    world.faces.outcome = "no_match"
    left = [phone.face().get_json()["face"]["attempts_left"] for _ in range(3)]
    assert left == [2, 1, 0]
    row = row_of(world, phone)
    assert (row.state, row.face_no_match) == ("FACE_AT_COUNTER", True)
    assert phone.set_pin().get_json()["next"]["step"] == "scan"


@on_sqlite
def test_a_blurred_picture_does_not_undo_that_the_machine_said_no(world: World) -> None:
    phone = at_face(world)
    for world.faces.outcome in ("no_match", "try_again"):
        phone.face()
    phone.post("face/office", "face_office", {"reason": "prefer_office"})
    assert row_of(world, phone).face_no_match is True


@on_sqlite
def test_t04_ten_attempts_on_one_nik_and_day_then_the_counter_never_a_lock(world: World) -> None:
    """A hill climb over many enrolments is looked at ten times; the owner still gets on."""
    world.faces.outcome = "no_match"
    for number in range(4):
        thief = at_face(world, email=f"t{number}@example.org", phone=f"08131111111{number}")
        for _ in range(3):
            thief.face()
    assert len(world.faces.jobs) == 10
    world.faces.outcome = "match"
    owner = at_face(world)
    answer = owner.face().get_json()
    assert (answer["state"], answer["face"]["outcome"]) == ("FACE_AT_COUNTER", "officer")
    assert answer["face"]["reasons"][0]["code"] == "ATTEMPTS_TODAY"
    world.clock.advance(days=1)
    tomorrow = at_face(world, email="z@example.org", phone="081399999999")
    assert tomorrow.face().get_json()["state"] == "FACE_VERIFIED"


@on_sqlite
def test_t04_try_again_for_ever_leads_to_the_counter_at_the_days_limit(world: World) -> None:
    phone = at_face(world)
    world.faces.outcome = "try_again"
    states = [phone.face().get_json()["state"] for _ in range(11)]
    assert states == ["CONTACT_VERIFIED"] * 10 + ["FACE_AT_COUNTER"]
    assert len(world.faces.jobs) == 10


class _Failing:
    """A matcher that cannot answer."""

    def __init__(self, error: Exception) -> None:
        self.error = error

    def match(self, job: FaceJob) -> FaceResult:
        raise self.error


@on_sqlite
@pytest.mark.parametrize("error", [FaceBusy(7), FaceUnavailable("FACE_WORKER_GONE")])
def test_a_matcher_that_is_down_is_503_and_costs_no_attempt(world: World, error: Exception) -> None:
    broken = replace(world, deps=replace(world.deps, faces=_Failing(error)))
    phone = at_face(world)
    ill = Handset(broken, phone.device, phone.pin, phone.enrolment)
    answers = [ill.face(key="k" * 20) for _ in range(12)]
    assert {answer.status_code for answer in answers} == {503}
    assert all(int(answer.headers["Retry-After"]) > 0 for answer in answers)
    assert phone.status()["face"]["attempts_left"] == 3
    assert phone.face(key="k" * 20).get_json()["state"] == "FACE_VERIFIED"


@on_sqlite
@pytest.mark.parametrize("reason", ["cannot_turn_head", "no_camera", "prefer_office"])
def test_the_resident_may_leave_the_face_to_an_officer(world: World, reason: str) -> None:
    phone = at_face(world)
    answer = phone.post("face/office", "face_office", {"reason": reason}).get_json()
    assert (answer["state"], answer["next"]["step"]) == ("FACE_AT_COUNTER", "pin")
    assert world.faces.jobs == []


@on_sqlite
def test_whoever_has_no_registry_photo_is_compared_with_nothing(world: World) -> None:
    world.registry.add(NIK, photo=None)
    phone = Handset(world)
    phone.start()
    phone.verify()
    phone.face()
    assert world.faces.jobs[0].reference is None


@on_sqlite
def test_no_face_is_looked_at_before_the_registry_has_answered(world: World) -> None:
    world.registry.down = True
    phone = Handset(world)
    phone.start()
    phone.verify()
    assert phone.face().get_json()["code"] == "STEP_NOT_POSSIBLE"
    assert world.faces.jobs == []
    world.registry.add(NIK)
    world.registry.down = False
    world.clock.advance(seconds=31)
    work_off(world)
    assert phone.face().get_json()["state"] == "FACE_VERIFIED"


def test_c5_of_20_parallel_captures_three_are_looked_at(world: World) -> None:
    phone = at_face(world)
    world.faces.outcome = "no_match"
    work = partial(faces.submit, world.deps, phone.enrolment, [b"a"] * 3, once=None)
    race([work] * 20)
    assert 1 <= len(world.faces.jobs) <= 3
    row = row_of(world, phone)
    assert row.state == "FACE_AT_COUNTER"
    with world.deps.transaction() as db:
        decided = db.scalar(
            select(func.count()).where(
                AuditEvent.event == "enrolment.face_decided", AuditEvent.facts.contains("officer")
            )
        )
    assert decided == 1


@on_sqlite
@pytest.mark.parametrize(
    "frames",
    [[FRAME], [FRAME] * 2, [FRAME, FRAME, "a"], [FRAME] * 2 + [b64url_encode(b"x" * 1_500_001)]],
)
def test_too_few_odd_or_too_large_frames_cost_no_attempt(world: World, frames: list[str]) -> None:
    phone = at_face(world)
    answer = phone.post("face", "face", {"frames": frames})
    assert (answer.status_code, answer.get_json()["code"]) == (422, "FRAMES_INVALID")
    assert phone.status()["face"]["attempts_left"] == 3


@on_sqlite
@pytest.mark.parametrize("language", ["id", "en"])
def test_every_reason_has_a_sentence(world: World, language: str) -> None:
    assert all(notices.coded(code, language)["message"] for code in face_reasons.REASONS)


@on_sqlite
def test_a_reason_that_only_the_matcher_knows_is_for_the_record(world: World) -> None:
    phone = at_face(world)
    world.faces.outcome, world.faces.reasons = "review", ("VENDOR_CODE_7", "TOO_DARK")
    told = phone.face().get_json()["face"]["reasons"]
    assert [held["code"] for held in told] == ["TOO_DARK"]


@on_sqlite
def test_the_photo_is_forgotten_when_the_enrolment_ends(world: World) -> None:
    phone = at_face(world)
    assert row_of(world, phone).photo_sealed is not None
    phone.post("cancel", "cancel", {})
    assert row_of(world, phone).photo_sealed is None
