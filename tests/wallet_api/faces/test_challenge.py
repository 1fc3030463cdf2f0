"""The capture's challenge: the rule as numbers, and whole captures as a phone would send them."""

from __future__ import annotations

import io
import math

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from samples.faces import sessions
from wallet_api.adapters.faces.matcher import LocalFaceMatcher
from wallet_api.ports.faces import CaptureFrame, FaceJob, FaceResult, Turn
from wallet_api.rules.face_challenge import (
    OTHER_WAY,
    REPEATED,
    SEEN_TURNING,
    is_one_person,
    is_repeated,
    straight_yaw,
    turn_refusals,
)
from wallet_api.rules.face_policy import CHARGED, POLICY
from wallet_api.rules.face_reasons import REASONS

ASKED: tuple[Turn, ...] = ("left", "right", "right", "left")
PERSON = "kk49"
OTHER = "danieln"


@pytest.mark.parametrize(
    ("turn", "yaw", "reasons"),
    [
        ("left", POLICY.min_turn, ()),
        ("right", -POLICY.min_turn, ()),
        ("left", 60.0, ()),
        ("left", math.nextafter(POLICY.min_turn, 0), ("TURN_MORE",)),
        ("right", -SEEN_TURNING, ("TURN_MORE",)),
        ("left", math.nextafter(SEEN_TURNING, 0), ("TURN_NOT_SEEN",)),
        ("right", 0.0, ("TURN_NOT_SEEN",)),
        ("right", math.nextafter(OTHER_WAY, 0), ("TURN_NOT_SEEN",)),
        ("right", OTHER_WAY, ("TURN_WRONG",)),
        ("left", -40.0, ("TURN_WRONG",)),
    ],
)
def test_each_turn_has_its_answer(turn: str, yaw: float, reasons: tuple[str, ...]) -> None:
    assert turn_refusals(turn, yaw, 0.0, POLICY) == reasons


@given(st.floats(-90, 90), st.floats(-25, 25))
def test_left_and_right_mirror_each_other(yaw: float, straight: float) -> None:
    assert turn_refusals("left", yaw, straight, POLICY) == turn_refusals(
        "right", -yaw, -straight, POLICY
    )


@given(st.floats(-90, 90), st.floats(-25, 25))
def test_no_yaw_is_a_turn_to_both_sides(yaw: float, straight: float) -> None:
    good = [turn_refusals(turn, yaw, straight, POLICY) == () for turn in ("left", "right")]
    assert not all(good)


def test_a_phone_held_askew_costs_nobody_a_turn() -> None:
    straight = straight_yaw([11.0, 12.0, 40.0])
    assert straight == 12.0
    assert turn_refusals("right", 12.0 - POLICY.min_turn, straight, POLICY) == ()
    assert turn_refusals("left", POLICY.min_turn, straight, POLICY) != ()


def test_without_a_front_frame_straight_is_straight() -> None:
    assert straight_yaw([]) == 0.0


@pytest.mark.parametrize(
    ("fronts", "turned", "one"),
    [
        ([], [], True),
        ([0.5, 0.9], [], True),
        ([0.49, 0.9], [0.9], False),
        ([0.9], [0.3, 0.3], True),
        ([0.9], [0.29, 0.3], False),
        ([0.9], [0.5, 0.5, 0.5, 0.12], True),
        ([0.9], [0.5, 0.5, 0.5, 0.11], False),
    ],
)
def test_one_person_is_judged_by_all_frames(
    fronts: list[float],
    turned: list[float],
    one: bool,  # noqa: FBT001
) -> None:
    assert is_one_person(fronts, turned, POLICY) is one


def test_a_camera_never_takes_one_picture_twice() -> None:
    assert is_repeated(0.0)
    assert is_repeated(math.nextafter(REPEATED, 0))
    assert not is_repeated(REPEATED)
    assert not is_repeated(math.inf)


def turned(person: str, asked: tuple[Turn, ...] = ASKED, *, take: int = 0) -> list[bytes]:
    frames = []
    for number, turn in enumerate(asked):
        with Image.open(io.BytesIO(sessions.turned(person, turn))) as image:
            moved = sessions.burst(image, frames=1, seed=f"{person}{turn}{number}{take}")
        frames += moved
    return frames


def capture(fronts: list[bytes], turns: list[bytes], asked: tuple[Turn, ...] = ASKED) -> FaceJob:
    frames = [CaptureFrame(fronts[0])]
    for turn, data, front in zip(asked, turns, fronts[1:], strict=True):
        frames += [CaptureFrame(data, turn), CaptureFrame(front)]
    return FaceJob(tuple(frames), sessions.registry_photo(PERSON), "c1")


def told(result: FaceResult) -> dict[int, tuple[str, ...]]:
    return {place: note.reasons for place, note in enumerate(result.notes) if note.reasons}


def answer(matcher: LocalFaceMatcher, job: FaceJob) -> FaceResult:
    result = matcher.match(job)
    assert [note.turn for note in result.notes] == [frame.turn for frame in job.frames]
    assert {*result.reasons, *result.quality} <= set(REASONS)
    if result.challenge == "failed":
        assert (result.outcome, result.score) == ("try_again", None)
    return result


FRONTS = list(sessions.capture(PERSON, frames=5))
TURNS = turned(PERSON)


def test_a_good_capture_passes_and_matches(matcher: LocalFaceMatcher) -> None:
    result = answer(matcher, capture(FRONTS, TURNS))
    assert (result.outcome, result.challenge, result.reasons) == ("match", "passed", ())
    assert told(result) == {}
    assert result.frames_used == 5
    assert result.clearest in {0, 2, 4, 6, 8}


@pytest.mark.parametrize("reference", [None, b"no photo"], ids=["none", "unusable"])
def test_a_good_capture_without_a_registry_photo_goes_to_an_officer(
    matcher: LocalFaceMatcher, reference: bytes | None
) -> None:
    job = FaceJob(capture(FRONTS, TURNS).frames, reference)
    result = answer(matcher, job)
    assert (result.outcome, result.challenge) == ("no_reference", "passed")
    assert result.clearest is not None


def test_a_failed_challenge_is_told_before_a_missing_registry_photo(
    matcher: LocalFaceMatcher,
) -> None:
    job = FaceJob(capture(FRONTS, [*TURNS[:3], FRONTS[0]]).frames, None)
    assert answer(matcher, job).outcome == "try_again"


def test_a_turn_to_the_other_side_is_named_at_its_place(matcher: LocalFaceMatcher) -> None:
    other_way = turned(PERSON, ("left", "left", "right", "left"))
    result = answer(matcher, capture(FRONTS, other_way))
    assert (result.challenge, result.reasons) == ("failed", ("TURN_WRONG",))
    assert told(result) == {3: ("TURN_WRONG",)}


def test_a_head_that_stays_straight_was_not_seen_turning(matcher: LocalFaceMatcher) -> None:
    still = list(sessions.capture(PERSON, frames=4, take=9))
    result = answer(matcher, capture(FRONTS, still))
    assert (result.challenge, result.reasons) == ("failed", ("TURN_NOT_SEEN",))
    assert set(told(result)) == {1, 3, 5, 7}


def test_another_person_who_does_the_turns_is_noticed_and_charged(
    matcher: LocalFaceMatcher,
) -> None:
    result = answer(matcher, capture(FRONTS, turned(OTHER)))
    assert (result.outcome, result.challenge) == ("try_again", "failed")
    assert result.reasons == ("FRAMES_DIFFER",)
    assert CHARGED & set(result.reasons)


def test_another_person_in_the_middle_is_noticed(matcher: LocalFaceMatcher) -> None:
    others = list(sessions.capture(OTHER, frames=5))
    mixed = capture(FRONTS[:3] + others[3:], TURNS[:2] + turned(OTHER)[2:])
    assert answer(matcher, mixed).reasons == ("FRAMES_DIFFER",)


def test_a_frame_sent_twice_fails_the_challenge(matcher: LocalFaceMatcher) -> None:
    result = answer(matcher, capture(FRONTS, [TURNS[0], TURNS[1], TURNS[1], TURNS[3]]))
    assert (result.challenge, result.reasons) == ("failed", ("FRAME_REPEATED",))
    assert told(result) == {5: ("FRAME_REPEATED",)}


def encoded_anew(data: bytes, kind: str, quality: int, share: float = 1.0) -> bytes:
    out = io.BytesIO()
    with Image.open(io.BytesIO(data)) as image:
        size = (round(image.width * share), round(image.height * share))
        image.resize(size).save(out, kind, quality=quality)
    return out.getvalue()


def test_a_frozen_picture_is_noticed_however_it_is_encoded(matcher: LocalFaceMatcher) -> None:
    still = FRONTS[0]
    frozen = [
        still,
        encoded_anew(still, "JPEG", 60),
        encoded_anew(still, "WEBP", 80),
        encoded_anew(still, "PNG", 0),
        encoded_anew(still, "JPEG", 85, 0.8),
    ]
    result = answer(matcher, capture(frozen, TURNS))
    assert result.challenge == "failed"
    assert result.reasons == ("FRAME_REPEATED", "TOO_FEW_FRAMES")
    assert told(result) == dict.fromkeys((2, 4, 6, 8), ("FRAME_REPEATED",))


def print_turned(data: bytes, degrees: float) -> bytes:
    """A flat print seen by a camera while it is turned about its upright axis."""
    picture = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    height, width = picture.shape[:2]
    distance, angle = 1.6 * width, math.radians(degrees)
    middle = np.array([width / 2, height / 2], np.float32)
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    across, down = (corners - middle).T
    nearer = distance / (distance + across * math.sin(angle))
    seen = np.stack([across * math.cos(angle) * nearer, down * nearer], axis=1)
    there = np.asarray(seen + middle, np.float32)
    turned_picture = cv2.warpPerspective(
        picture, cv2.getPerspectiveTransform(corners, there), (width, height), borderValue=(90,) * 3
    )
    return bytes(cv2.imencode(".jpg", turned_picture)[1])


@pytest.mark.parametrize("degrees", [25, 40])
def test_a_flat_print_shows_no_turn(matcher: LocalFaceMatcher, degrees: int) -> None:
    stills = sessions.capture(PERSON, frames=4, take=3)
    angles = [degrees if turn == "left" else -degrees for turn in ASKED]
    prints = [print_turned(data, angle) for data, angle in zip(stills, angles, strict=True)]
    result = answer(matcher, capture(FRONTS, prints))
    assert result.challenge == "failed"
    assert result.reasons[0] == "TURN_NOT_SEEN"
    assert set(result.reasons) <= {"TURN_NOT_SEEN", "TURN_MORE"}


def test_a_turned_frame_may_be_unclear_but_has_to_show_one_face(
    matcher: LocalFaceMatcher,
) -> None:
    grey = io.BytesIO()
    Image.effect_noise((600, 640), 30).convert("RGB").save(grey, "JPEG")
    result = answer(matcher, capture(FRONTS, [*TURNS[:3], grey.getvalue()]))
    assert (result.challenge, result.reasons) == ("failed", ("NO_FACE",))
    assert told(result) == {7: ("NO_FACE",)}


def test_no_frame_that_shows_a_face_leaves_nothing_for_an_officer(
    matcher: LocalFaceMatcher,
) -> None:
    result = answer(matcher, capture([b"%d" % n for n in range(5)], TURNS))
    assert (result.challenge, result.clearest, result.frames_used) == ("failed", None, 0)
    assert result.reasons == ("FORMAT_NOT_ACCEPTED", "TOO_FEW_FRAMES")


def test_frames_from_the_front_alone_were_not_asked_to_turn(matcher: LocalFaceMatcher) -> None:
    job = FaceJob.of_fronts(FRONTS, sessions.registry_photo(PERSON))
    assert answer(matcher, job).challenge == "not_asked"
