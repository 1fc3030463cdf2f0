"""The frames follow, resumably: only what was promised, in ten minutes, in any order."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import func, select

from tests.wallet_api import capturing
from tests.wallet_api.handset import Handset, at_face
from wallet_api.models import FaceFrame
from wallet_api.services import housekeeping

if TYPE_CHECKING:
    from tests.wallet_api.simulators import World

pytestmark = pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)


@pytest.fixture
def phone(world: World) -> Handset:
    return at_face(world)


def committed(phone: Handset) -> tuple[str, list[bytes]]:
    told, frames = capturing.follow(phone, capturing.opened(phone))
    return str(told["capture"]), frames


def test_the_upload_goes_on_where_it_was_interrupted(world: World, phone: Handset) -> None:
    """A slow uplink: some frames, a long pause, the rest in another order, one of them twice."""
    capture, frames = committed(phone)
    for frame in frames[:4]:
        told = capturing.send(phone, capture, frame).get_json()
    assert len(told["missing"]) == 5
    early = capturing.compare(phone, capture)
    assert (early.status_code, early.get_json()["code"]) == (409, "FACE_FRAMES_MISSING")
    assert early.get_json()["missing"] == 5
    world.clock.advance(minutes=9)
    missing = set(capturing.read(phone, capture).get_json()["missing"])
    rest = [frame for frame in reversed(frames) if capturing.digest_of(frame) in missing]
    assert len(rest) == 5
    for frame in [*rest, frames[0]]:
        told = capturing.send(phone, capture, frame).get_json()
    assert (told["state"], told["missing"]) == ("committed", [])
    assert phone.status()["face"]["attempts_left"] == 3
    assert capturing.compare(phone, capture).get_json()["state"] == "FACE_VERIFIED"
    assert [frame.data for frame in world.faces.jobs[0].frames] == frames


def test_t03_bytes_that_were_not_promised_are_refused(phone: Handset) -> None:
    capture, frames = committed(phone)
    for data in (b"another picture", frames[0] + b" ", frames[0][:-1], b""):
        answer = capturing.send(phone, capture, data)
        assert (answer.status_code, answer.get_json()["code"]) == (422, "FRAME_NOT_PROMISED")
    assert len(capturing.read(phone, capture).get_json()["missing"]) == 9


def test_no_frame_and_no_comparison_before_the_last_prompt(world: World, phone: Handset) -> None:
    capture, frames = capturing.follow(phone, capturing.opened(phone), last=1)
    name = capture["capture"]
    assert capturing.refused(capturing.send(phone, name, frames[0])) == "CAPTURE_NOT_READY"
    assert capturing.refused(capturing.compare(phone, name)) == "CAPTURE_NOT_READY"
    assert world.faces.jobs == []
    assert capturing.follow(phone, capture)[0]["state"] == "committed"


def test_a_frame_has_at_most_100000_bytes(phone: Handset) -> None:
    capture, _ = committed(phone)
    answer = capturing.send(phone, capture, b"x" * 100_001)
    assert (answer.status_code, answer.get_json()["code"]) == (413, "FRAME_TOO_LARGE")
    assert answer.get_json()["limit"] == 100_000
    assert capturing.refused(capturing.send(phone, capture, b"x" * 100_000)) == "FRAME_NOT_PROMISED"


@pytest.mark.parametrize("media", ["image/jpeg", "image/png", "image/webp"])
def test_frames_are_pictures(phone: Handset, media: str) -> None:
    capture, frames = committed(phone)
    headers = {"Content-Type": media}
    assert capturing.send(phone, capture, frames[0], headers=headers).status_code == 200
    for other in ("application/json", "image/gif", "application/octet-stream"):
        answer = capturing.send(phone, capture, frames[1], headers={"Content-Type": other})
        assert (answer.status_code, answer.get_json()["code"]) == (415, "MEDIA_TYPE")


def test_t03_frames_that_come_after_ten_minutes_end_the_capture(
    world: World, phone: Handset
) -> None:
    for step in ("send", "compare", "read"):
        capture, frames = committed(phone)
        for frame in frames[:8]:
            capturing.send(phone, capture, frame)
        world.clock.advance(minutes=10)
        if step == "read":
            assert phone.status()["face"]["capture"] is None
        elif step == "send":
            assert capturing.refused(capturing.send(phone, capture, frames[8])) == "FRAMES_LATE"
        else:
            assert capturing.refused(capturing.compare(phone, capture)) == "FRAMES_LATE"
        told = capturing.read(phone, capture).get_json()
        assert (told["state"], told["failure"]["code"]) == ("failed", "FRAMES_LATE")
        assert kept(world) == 0
    assert phone.status()["face"]["attempts_left"] == 3
    assert world.faces.jobs == []


def kept(world: World) -> int:
    with world.deps.transaction() as db:
        return db.scalar(select(func.count()).select_from(FaceFrame)) or 0


def test_the_clean_up_takes_frames_that_nobody_came_back_for(world: World, phone: Handset) -> None:
    capture, frames = committed(phone)
    capturing.send(phone, capture, frames[0])
    housekeeping.clean_up(world.deps)
    assert kept(world) == 9
    world.clock.advance(minutes=11)
    housekeeping.clean_up(world.deps)
    assert kept(world) == 0
    assert capturing.read(phone, capture).get_json()["state"] == "failed"
    world.clock.advance(days=1)
    housekeeping.clean_up(world.deps)
    assert capturing.refused(capturing.read(phone, capture)) == "CAPTURE_NOT_FOUND"
