"""Forty threads at each “only once” of a capture: one wins, on either database."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import func, select

from tests.wallet_api import capturing
from tests.wallet_api.handset import Handset, at_face
from tests.wallet_api.racing import race
from wallet_api.models import FaceCapture, FaceFrame
from wallet_api.services import capture_upload, captures

if TYPE_CHECKING:
    from collections import Counter

    from tests.wallet_api.simulators import World

THREADS = 40


@pytest.fixture
def phone(world: World) -> Handset:
    return at_face(world)


def _won(seen: Counter[str]) -> int:
    """How many came through: an answer, no refusal and no database that asks to come again."""
    return sum(count for said, count in seen.items() if said.startswith("{"))


def test_of_captures_opened_at_once_one_is_under_way(world: World, phone: Handset) -> None:
    rich = world.with_settings(face_captures_per_hour=THREADS)
    work = partial(captures.open_capture, rich.deps, phone.enrolment, once=None)
    seen = race([work] * THREADS)
    assert _won(seen) >= 1
    with world.deps.transaction() as db:
        states = list(db.scalars(select(FaceCapture.state)))
    assert states.count("OPEN") == 1
    assert set(states) <= {"OPEN", "ABANDONED"}
    assert len(states) == _won(seen)


def test_t03_a_prompt_answered_by_many_at_once_is_answered_once(
    world: World, phone: Handset
) -> None:
    capture = capturing.opened(phone)
    world.clock.advance(seconds=1)
    name, token = capture["capture"], capture["prompt"]["token"]
    works = [
        partial(
            captures.answer_prompt,
            world.deps,
            phone.enrolment,
            name,
            token,
            [number.to_bytes(32)],
            once=None,
        )
        for number in range(THREADS)
    ]
    seen = race(works)
    assert _won(seen) == 1
    with world.deps.transaction() as db:
        row = db.get_one(FaceCapture, name)
    # Who answers a prompt a second time ends the capture.
    assert (row.prompt, row.state, row.failure) == (1, "FAILED", "PROMPT_INVALID")


def test_t03_a_frame_promised_in_many_captures_at_once_counts_in_one(world: World) -> None:
    digest, works = b"d" * 32, []
    for number in range(8):
        phone = at_face(world, email=f"p{number}@example.org", phone=f"08131111111{number}")
        capture = capturing.opened(phone)
        answer = partial(
            captures.answer_prompt,
            world.deps,
            phone.enrolment,
            capture["capture"],
            capture["prompt"]["token"],
            [digest],
            once=None,
        )
        works.append(answer)
    world.clock.advance(seconds=1)
    seen = race(works * 5)
    assert _won(seen) == 1
    with world.deps.transaction() as db:
        assert (db.scalar(select(func.count()).select_from(FaceFrame)) or 0) <= 1


def test_a_frame_sent_by_many_at_once_is_stored_once(world: World, phone: Handset) -> None:
    told, frames = capturing.follow(phone, capturing.opened(phone))
    name = told["capture"]
    work = partial(
        capture_upload.take_frame, world.deps, phone.enrolment, name, frames[0], once=None
    )
    seen = race([work] * THREADS)
    busy = sum(count for said, count in seen.items() if said.startswith("BUSY"))
    assert _won(seen) == THREADS - busy
    assert len(capturing.read(phone, name).get_json()["missing"]) == 8
    for frame in frames[1:]:
        capturing.send(phone, name, frame)
    assert capturing.compare(phone, name).get_json()["state"] == "FACE_VERIFIED"
    assert world.faces.jobs[0].frames[0].data == frames[0]


def test_frames_sent_while_the_enrolment_ends_are_not_left_behind(
    world: World, phone: Handset
) -> None:
    told, frames = capturing.follow(phone, capturing.opened(phone))
    sends = [
        partial(
            capture_upload.take_frame,
            world.deps,
            phone.enrolment,
            told["capture"],
            frame,
            once=None,
        )
        for frame in frames * 4
    ]
    cancelling = Handset(world, phone.device, phone.pin, phone.enrolment)
    race([*sends[:18], lambda: cancelling.post("cancel", "cancel", {}).status_code, *sends[18:]])
    assert phone.status()["state"] == "CANCELLED"
    with world.deps.transaction() as db:
        assert db.scalar(select(func.count()).select_from(FaceFrame)) == 0
