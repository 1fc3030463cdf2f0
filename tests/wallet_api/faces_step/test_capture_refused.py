"""T03: a capture is single use, in time, in order, and of one device and one enrolment."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import func, select

from tests.wallet_api import capturing
from tests.wallet_api.handset import Handset, at_face, new_signer
from wallet_api.models import FaceFrame

if TYPE_CHECKING:
    from tests.wallet_api.simulators import World

pytestmark = pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)

OTHER = {"email": "b@example.org", "phone": "081399999999"}


@pytest.fixture
def phone(world: World) -> Handset:
    return at_face(world)


def failed_with(phone: Handset, capture: str, code: str) -> None:
    """The capture has ended with `code`; the resident reads it in both places, and may go on."""
    told = capturing.read(phone, capture).get_json()
    assert (told["state"], told["failure"]["code"], told["prompt"]) == ("failed", code, None)
    face = phone.status()["face"]
    assert [reason["code"] for reason in face["reasons"]] == [code]
    assert (face["outcome"], face["attempts_left"], face["capture"]) == ("try_again", 3, None)
    assert capturing.refused(capturing.compare(phone, capture)) == "CAPTURE_ENDED"
    with phone.world.deps.transaction() as db:
        assert db.scalar(select(func.count()).select_from(FaceFrame)) == 0
    assert phone.world.faces.jobs == []
    assert phone.face().get_json()["state"] == "FACE_VERIFIED"


def test_t03_the_same_capture_is_compared_once(world: World, phone: Handset) -> None:
    capture = capturing.perform(phone)["capture"]
    world.faces.outcome = "no_match"
    assert capturing.compare(phone, capture).status_code == 200
    assert capturing.refused(capturing.compare(phone, capture)) == "CAPTURE_ENDED"
    assert capturing.refused(capturing.send(phone, capture, b"x")) == "CAPTURE_ENDED"
    assert capturing.read(phone, capture).get_json()["state"] == "used"
    assert len(world.faces.jobs) == 1


def test_t03_a_step_without_the_device_keys_signature_is_refused(phone: Handset) -> None:
    capture = capturing.opened(phone)
    name, token = capture["capture"], capture["prompt"]["token"]
    frame = capturing.new_frames(1)
    stranger = new_signer()
    for answer in (
        capturing.open_capture(phone, signer=stranger),
        capturing.answer(phone, name, token, frame, signer=stranger),
        capturing.send(phone, name, frame[0], signer=stranger),
        capturing.compare(phone, name, signer=stranger),
    ):
        assert capturing.refused(answer) == "STATEMENT_INVALID"
    path = f"/v1/enrolments/{phone.enrolment}/face/captures"
    unsigned = phone.api.post(path, json={}, headers={"Idempotency-Key": "k" * 20})
    assert capturing.refused(unsigned) == "STATEMENT_MISSING"
    assert capturing.read(phone, name).get_json()["prompt"]["number"] == 0


def test_t03_a_statement_over_other_digests_or_another_frame_is_refused(phone: Handset) -> None:
    """What is under the signature is the body as sent: no digest and no byte can be changed."""
    capture, frames = capturing.follow(phone, capturing.opened(phone))
    path = f"/v1/enrolments/{phone.enrolment}/face/captures/{capture['capture']}/frames"
    headers = phone.sign("face_frame", phone.enrolment, frames[0]) | {"Idempotency-Key": "k" * 20}
    answer = phone.api.post(path, data=frames[1], headers=headers, content_type="image/jpeg")
    assert capturing.refused(answer) == "STATEMENT_INVALID"
    assert len(capturing.read(phone, capture["capture"]).get_json()["missing"]) == 9


def test_t03_a_nonce_of_a_step_is_used_once(phone: Handset) -> None:
    capture = capturing.opened(phone)
    nonce = phone.api.post("/v1/nonces", json={}).get_json()["nonce"]
    phone.world.clock.advance(seconds=1)
    name, token = capture["capture"], capture["prompt"]["token"]
    answered = capturing.answer(phone, name, token, capturing.new_frames(1), nonce=nonce)
    assert answered.status_code == 200
    token = answered.get_json()["prompt"]["token"]
    again = capturing.answer(phone, name, token, capturing.new_frames(2), nonce=nonce)
    assert capturing.refused(again) == "NONCE_REQUIRED"
    wrong = capturing.answer(phone, name, token, capturing.new_frames(2), nonce="x" * 54)
    assert capturing.refused(wrong) == "NONCE_REQUIRED"


@pytest.mark.parametrize(("waited", "code"), [(12.1, "PROMPT_LATE"), (0.2, "PROMPT_EARLY")])
def test_t03_an_answer_that_is_late_or_too_early_ends_the_capture(
    phone: Handset, waited: float, code: str
) -> None:
    capture, _ = capturing.follow(phone, capturing.opened(phone), last=1)
    phone.world.clock.advance(seconds=waited)
    name, token = capture["capture"], capture["prompt"]["token"]
    assert capturing.refused(capturing.answer(phone, name, token, capturing.new_frames(2))) == code
    failed_with(phone, name, code)


def test_t03_all_prompts_together_have_45_seconds(phone: Handset) -> None:
    capture = capturing.opened(phone)
    for number in range(4):
        phone.world.clock.advance(seconds=10)
        capture, _ = capturing.follow(phone, capture, last=number)
    phone.world.clock.advance(seconds=1.1)
    name, token = capture["capture"], capture["prompt"]["token"]
    assert capture["prompt"]["deadline_at"] == capture["expires_at"]
    answer = capturing.answer(phone, name, token, capturing.new_frames(2))
    assert capturing.refused(answer) == "PROMPT_LATE"
    failed_with(phone, name, "PROMPT_LATE")


def test_a_capture_that_nobody_answers_is_late_when_it_is_looked_at(phone: Handset) -> None:
    capture = capturing.opened(phone)
    phone.world.clock.advance(seconds=13)
    assert phone.status()["face"]["capture"] is None
    failed_with(phone, capture["capture"], "PROMPT_LATE")


def test_t03_a_prompt_is_answered_once_and_in_its_order(phone: Handset) -> None:
    capture = capturing.opened(phone)
    name, first = capture["capture"], capture["prompt"]["token"]
    capturing.follow(phone, capture, last=0)
    phone.world.clock.advance(seconds=1)
    replayed = capturing.answer(phone, name, first, capturing.new_frames(1))
    assert capturing.refused(replayed) == "PROMPT_INVALID"
    failed_with(phone, name, "PROMPT_INVALID")


def test_t03_a_prompt_of_another_capture_ends_this_one(phone: Handset) -> None:
    earlier, capture = capturing.opened(phone), capturing.opened(phone)
    phone.world.clock.advance(seconds=1)
    name, token = capture["capture"], earlier["prompt"]["token"]
    assert capturing.refused(capturing.answer(phone, name, token, capturing.new_frames(1))) == (
        "PROMPT_INVALID"
    )
    failed_with(phone, name, "PROMPT_INVALID")


def test_t03_another_enrolments_capture_is_nowhere(world: World, phone: Handset) -> None:
    other = at_face(world, **OTHER)
    theirs = capturing.opened(other)
    name, token = theirs["capture"], theirs["prompt"]["token"]
    world.clock.advance(seconds=1)
    for answer in (
        capturing.read(phone, name),
        capturing.answer(phone, name, token, capturing.new_frames(1)),
        capturing.send(phone, name, b"frame"),
        capturing.compare(phone, name),
    ):
        assert capturing.refused(answer) == "CAPTURE_NOT_FOUND"
    thief = Handset(world, phone.device, phone.pin, other.enrolment)
    answer = capturing.answer(thief, name, token, capturing.new_frames(1))
    assert capturing.refused(answer) == "STATEMENT_INVALID"
    _, frames = capturing.follow(other, theirs)
    assert len(frames) == 9  # nothing of that has touched it


def test_t03_a_frame_seen_in_any_capture_before_ends_this_one(world: World, phone: Handset) -> None:
    _, frames = capturing.follow(phone, capturing.opened(phone), last=1)
    other = at_face(world, **OTHER)
    for who in (phone, other):
        capture, _ = capturing.follow(who, capturing.opened(who), last=0)
        world.clock.advance(seconds=1)
        mixed = [*capturing.new_frames(1), frames[2]]
        answer = capturing.answer(who, capture["capture"], capture["prompt"]["token"], mixed)
        assert capturing.refused(answer) == "FRAME_SEEN"
        assert capturing.read(who, capture["capture"]).get_json()["state"] == "failed"
    fresh = capturing.open_capture(phone)
    assert fresh.status_code == 201


def test_t03_one_frame_twice_in_one_capture_ends_it(phone: Handset) -> None:
    capture, taken = capturing.follow(phone, capturing.opened(phone), last=0)
    phone.world.clock.advance(seconds=1)
    name, token = capture["capture"], capture["prompt"]["token"]
    answer = capturing.answer(phone, name, token, [taken[0], *capturing.new_frames(1)])
    assert capturing.refused(answer) == "FRAME_SEEN"
    failed_with(phone, name, "FRAME_SEEN")
    capture, _ = capturing.follow(phone, capturing.opened(at_face(phone.world, **OTHER)), last=-1)
    assert capture["state"] == "open"
