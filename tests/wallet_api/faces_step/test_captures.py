"""The challenge of a capture: one prompt at a time, by a key the phone knows, then the frames."""

from __future__ import annotations

from typing import TYPE_CHECKING

import jwt
import pytest
from sqlalchemy import func, select

from credentials.jwk import load_jwk, thumbprint
from tests.wallet_api import capturing
from tests.wallet_api.handset import Handset, at_face, work_off
from wallet_api.models import AuditEvent, FaceCapture, FaceFrame

if TYPE_CHECKING:
    from tests.wallet_api.simulators import World

pytestmark = pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)


@pytest.fixture
def phone(world: World) -> Handset:
    return at_face(world)


def test_prompts_come_one_at_a_time_and_the_frames_after_them(world: World, phone: Handset) -> None:
    capture = capturing.opened(phone)
    assert (capture["state"], capture["prompts"], capture["missing"]) == ("open", 5, [])
    seen = []
    while (prompt := capture["prompt"]) is not None:
        seen.append((prompt["number"], prompt["turn"], prompt["message"]["code"]))
        capture, _ = capturing.follow(phone, capture, last=prompt["number"])
    assert seen[0] == (0, "front", "LOOK_STRAIGHT")
    assert [number for number, _, _ in seen] == list(range(5))
    assert {(turn, code) for _, turn, code in seen[1:]} <= {
        ("left", "TURN_LEFT"),
        ("right", "TURN_RIGHT"),
    }
    assert (capture["state"], len(capture["missing"])) == ("committed", 9)
    assert phone.status()["face"]["capture"] == capture["capture"]


def test_the_matcher_gets_the_frames_in_the_order_asked(world: World, phone: Handset) -> None:
    capture = capturing.opened(phone)
    told, frames = capturing.follow(phone, capture)
    for frame in reversed(frames):
        capturing.send(phone, told["capture"], frame)
    capturing.compare(phone, told["capture"])
    job = world.faces.jobs[0]
    assert [frame.data for frame in job.frames] == frames
    assert [frame.turn for frame in job.frames][::2] == ["front"] * 5
    assert job.challenge_id == told["capture"]
    assert job.reference is not None


def test_the_turns_differ_from_capture_to_capture(world: World, phone: Handset) -> None:
    many = phone.world.with_settings(face_captures_per_hour=100)
    rich = Handset(many, phone.device, phone.pin, phone.enrolment)
    first_turns = set()
    for _ in range(20):  # the same side twenty times: once in a million
        capture, _ = capturing.follow(rich, capturing.opened(rich), last=0)
        first_turns.add(capture["prompt"]["turn"])
    assert first_turns == {"left", "right"}


def test_challenge_and_prompt_are_signed_by_the_key_of_the_policy(phone: Handset) -> None:
    policy = phone.api.get("/v1/policy").get_json()["face"]
    assert (policy["prompts"], policy["frames"], policy["frame_max_bytes"]) == (5, 9, 100_000)
    assert (policy["seconds"], policy["prompt_seconds"], policy["upload_seconds"]) == (45, 12, 600)
    key = load_jwk(policy["challenge_key"])
    capture = capturing.opened(phone)
    options = {"verify_exp": False, "verify_iat": False}
    challenge = jwt.decode(capture["challenge"], key, ["ES256"], options=options)  # type: ignore[arg-type]
    device = thumbprint(phone.device.public_key)
    assert (challenge["jti"], challenge["sub"]) == (capture["capture"], phone.enrolment)
    assert (challenge["jkt"], challenge["prompts"]) == (device, 5)
    assert challenge["exp"] - challenge["iat"] == 45
    prompt = jwt.decode(capture["prompt"]["token"], key, ["ES256"], options=options)  # type: ignore[arg-type]
    assert (prompt["jti"], prompt["n"], prompt["turn"]) == (capture["capture"], 0, "front")
    types = [jwt.get_unverified_header(capture["challenge"])["typ"]]
    types.append(jwt.get_unverified_header(capture["prompt"]["token"])["typ"])
    assert types == ["ikd-face-challenge+jwt", "ikd-face-prompt+jwt"]


def test_a_capture_can_be_looked_at_and_gone_on_with(phone: Handset) -> None:
    first = capturing.opened(phone)
    again = capturing.read(phone, first["capture"]).get_json()
    assert again["prompt"]["number"] == 0
    assert again["prompt"]["deadline_at"] == first["prompt"]["deadline_at"]
    _, frames = capturing.follow(phone, again)
    assert len(frames) == 9


def test_another_number_of_digests_than_asked_ends_nothing(phone: Handset) -> None:
    capture = capturing.opened(phone)
    phone.world.clock.advance(seconds=1)
    name, token = capture["capture"], capture["prompt"]["token"]
    answer = capturing.answer(phone, name, token, capturing.new_frames(2))
    assert capturing.refused(answer) == "INPUT_INVALID"
    odd = {"prompt": token, "digests": ["A" * 42 + "B"]}  # a second spelling of the same bytes
    path = f"face/captures/{name}/digests"
    assert capturing.refused(phone.post(path, "face_digests", odd)) == "INPUT_INVALID"
    assert capturing.follow(phone, capture)[0]["state"] == "committed"


def test_opening_a_capture_abandons_the_one_under_way_and_its_frames(
    world: World, phone: Handset
) -> None:
    earlier, _ = capturing.follow(phone, capturing.opened(phone))
    capture = capturing.opened(phone)
    told = capturing.read(phone, earlier["capture"]).get_json()
    assert (told["state"], told["missing"], told["failure"]) == ("abandoned", [], None)
    assert capturing.refused(capturing.compare(phone, earlier["capture"])) == "CAPTURE_ENDED"
    with world.deps.transaction() as db:
        assert db.scalar(select(func.count()).select_from(FaceFrame)) == 0
        rows = {row.id: row.state for row in db.scalars(select(FaceCapture))}
    assert rows == {earlier["capture"]: "ABANDONED", capture["capture"]: "OPEN"}


def test_no_capture_before_the_registry_has_answered(world: World) -> None:
    world.registry.down = True
    phone = Handset(world)
    phone.start()
    phone.verify()
    assert capturing.refused(capturing.open_capture(phone)) == "STEP_NOT_POSSIBLE"
    world.registry.down = False
    world.registry.add("3174054512900001")
    world.clock.advance(seconds=31)
    work_off(world)
    assert capturing.open_capture(phone).status_code == 201


def test_every_capture_leaves_its_trace_in_the_audit(world: World, phone: Handset) -> None:
    earlier = capturing.opened(phone)["capture"]
    capture = capturing.perform(phone)["capture"]
    late = capturing.opened(phone)["capture"]
    world.clock.advance(seconds=13)
    capturing.read(phone, late)
    with world.deps.transaction() as db:
        events = [
            (row.event.rpartition("_")[2], row.facts.count(earlier), row.facts.count(capture))
            for row in db.scalars(select(AuditEvent).order_by(AuditEvent.id))
            if row.event.startswith("enrolment.face_capture")
        ]
    assert events == [
        ("opened", 1, 0),
        ("abandoned", 1, 0),
        ("opened", 0, 1),
        ("committed", 0, 1),
        ("abandoned", 0, 1),
        ("opened", 0, 0),
        ("failed", 0, 0),
    ]
