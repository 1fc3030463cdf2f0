"""Step 3: yes, try again, or an officer will look. Never a score, never a dead end (T04)."""

from __future__ import annotations

import json

import pytest

from tests.wallet_api import capturing
from tests.wallet_api.handset import NIK, Handset, at_face, work_off
from tests.wallet_api.simulators import World
from wallet_api.app import create_app
from wallet_api.models import Enrolment
from wallet_api.ports.faces import Outcome
from wallet_api.rules import face_reasons, notices
from wallet_api.web.schemas.captures import Capture
from wallet_api.web.schemas.enrolments import FacePart

on_sqlite = pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)


def row_of(world: World, phone: Handset) -> Enrolment:
    with world.deps.transaction() as db:
        return db.get_one(Enrolment, phone.enrolment)


@on_sqlite
def test_t04_the_answer_has_no_place_for_a_score(world: World) -> None:
    parts = {"outcome", "attempts_left", "reasons", "notes", "retry_at", "capture"}
    assert set(FacePart.model_fields) == parts
    phone = at_face(world)
    for outcome in ("no_match", "try_again", "match"):
        world.faces.outcome = outcome
        told = phone.face()
        assert set(told.get_json()["face"]) == parts
        for secret in ("score", "0.6", "0.4", "steady", "threshold", "challenge", "quality"):
            assert secret not in told.text
    record = json.loads(row_of(world, phone).face_record or "")
    assert (record["score"], record["challenge"], record["liveness"]) == (
        0.6,
        "passed",
        "not_evaluated",
    )
    assert set(record) >= {"threshold", "model", "capture", "quality"}


@on_sqlite
def test_t04_no_answer_of_the_api_has_a_place_for_how_alike_two_faces_are(world: World) -> None:
    """Numbers with a fraction, and words for likeness, in every schema of the document."""
    schemas = create_app(deps=world.deps).test_client().get("/openapi.json").get_json()
    members = {
        f"{name}.{member}": shape
        for name, schema in schemas["components"]["schemas"].items()
        for member, shape in schema.get("properties", {}).items()
    }
    assert {f"Capture.{member}" for member in Capture.model_fields} <= set(members)
    likeness = ("score", "similar", "confidence", "distance", "threshold", "cosine", "norm")
    assert [name for name in members if any(word in name.lower() for word in likeness)] == []
    fractions = {name for name, shape in members.items() if '"number"' in json.dumps(shape)}
    assert fractions <= {"Policy.renew_after_fraction", "Ready.lists_age_seconds"}


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
    assert row.face_reasons.split(",")[0] == "ATTEMPTS_SPENT"
    assert phone.set_pin().get_json()["next"]["step"] == "scan"


@on_sqlite
def test_swapped_persons_cost_an_attempt_and_a_blurred_picture_does_not(world: World) -> None:
    phone = at_face(world)
    world.faces.outcome = "try_again"
    left = []
    for world.faces.reasons in (("TOO_DARK",), ("FRAMES_DIFFER", "TOO_DARK"), ("TURN_MORE",)):
        left.append(phone.face().get_json()["face"]["attempts_left"])
    assert left == [3, 2, 2]
    world.faces.reasons = ("FRAMES_DIFFER",)
    states = [phone.face().get_json()["state"] for _ in range(2)]
    assert states == ["CONTACT_VERIFIED", "FACE_AT_COUNTER"]
    assert row_of(world, phone).face_no_match is False


@on_sqlite
def test_t04_each_refusal_makes_the_next_capture_wait_five_times_longer(world: World) -> None:
    slow = world.with_settings(face_wait_seconds=60)
    phone = at_face(slow)
    world.faces.outcome = "no_match"
    for pause in (60, 300):
        told = phone.face().get_json()["face"]
        assert told["retry_at"] is not None
        early = capturing.open_capture(phone)
        assert (early.status_code, early.get_json()["code"]) == (429, "FACE_WAIT")
        assert int(early.headers["Retry-After"]) == pause
        world.clock.advance(seconds=pause)
        assert phone.status()["face"]["retry_at"] is None
    assert phone.face().get_json()["state"] == "FACE_AT_COUNTER"


@on_sqlite
def test_t04_who_waits_may_go_on_to_the_office(world: World) -> None:
    phone = at_face(world.with_settings(face_wait_seconds=3600))
    world.faces.outcome = "no_match"
    phone.face()
    answer = phone.post("face/office", "face_office", {"reason": "prefer_office"})
    assert answer.get_json()["state"] == "FACE_AT_COUNTER"


@on_sqlite
def test_t04_captures_of_one_enrolment_are_limited_by_the_hour(world: World) -> None:
    phone = at_face(world.with_settings(face_captures_per_hour=3))
    answers = [capturing.open_capture(phone) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [201, 201, 201, 429]
    assert answers[3].get_json()["code"] == "FACE_WAIT"
    assert 0 < int(answers[3].headers["Retry-After"]) <= 3600
    world.clock.advance(hours=1)
    assert capturing.open_capture(phone).status_code == 201


@on_sqlite
def test_the_phone_is_told_what_to_mend_frame_by_frame(world: World) -> None:
    phone = at_face(world)
    world.faces.outcome, world.faces.reasons = "try_again", ("TOO_DARK", "VENDOR_CODE_7")
    notes = phone.face().get_json()["face"]["notes"]
    assert [note["position"] for note in notes] == list(range(9))
    turns = [note["turn"] for note in notes]
    assert turns[::2] == ["front"] * 5
    assert set(turns[1::2]) <= {"left", "right"}
    assert [told["code"] for told in notes[0]["reasons"]] == ["TOO_DARK"]
    world.faces.outcome = "match"
    assert phone.face().get_json()["face"]["notes"] == []


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


@on_sqlite
@pytest.mark.parametrize("reason", ["cannot_turn_head", "no_camera", "prefer_office"])
def test_the_resident_may_leave_the_face_to_an_officer(world: World, reason: str) -> None:
    phone = at_face(world)
    answer = phone.post("face/office", "face_office", {"reason": reason}).get_json()
    assert (answer["state"], answer["next"]["step"]) == ("FACE_AT_COUNTER", "pin")
    assert [told["code"] for told in answer["face"]["reasons"]] == [reason.upper()]
    assert world.faces.jobs == []
    assert phone.set_pin().get_json()["next"]["step"] == "scan"


@on_sqlite
def test_whoever_has_no_registry_photo_is_compared_with_nothing(world: World) -> None:
    world.registry.add(NIK, photo=None)
    phone = Handset(world)
    phone.start()
    phone.verify()
    phone.face()
    job = world.faces.jobs[0]
    assert job.reference is None
    assert len(job.frames) == 9  # looked at all the same: an officer wants a good one


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
