"""The coaching camera, with a video for a camera: it says what to mend and takes what is good."""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest
from PIL import Image

from samples.faces.captures import find_resident, take_pictures
from samples.faces.prepared import make_pictures
from samples.phone.coach import CoachingCamera, compress, judge_turn
from samples.phone.errors import PhoneError
from samples.phone.screens import Screen
from wallet_api.adapters.faces.engine import FaceEngine
from wallet_api.adapters.faces.intake import read_picture
from wallet_api.rules.face_reasons import sentence

if TYPE_CHECKING:
    from collections.abc import Iterable

LIMIT = 100_000


def video(file: Path, pictures: Iterable[bytes]) -> str:
    """Write a video that shows each picture once."""
    writer = cv2.VideoWriter(str(file), cv2.VideoWriter.fourcc(*"MJPG"), 10, (640, 600))
    for data in pictures:
        with Image.open(io.BytesIO(data)) as image:
            frame = np.asarray(image.convert("RGB").resize((640, 600)))
        writer.write(cv2.cvtColor(frame, cv2.COLOR_RGB2BGR))
    writer.release()
    return str(file)


def camera(source: str, *, limit: int = LIMIT, language: str = "en") -> CoachingCamera:
    return CoachingCamera(source, limit=limit, screen=Screen(language))


def test_it_waits_for_the_pose_that_is_asked(tmp_path: Path) -> None:
    shots = take_pictures(find_resident("budi"), take="video").shots
    order = [shots["front"][0], shots["right"][0], shots["front"][1], shots["left"][0]]
    coach = camera(video(tmp_path / "turning.avi", order))
    coach.prepare()
    engine, taken = FaceEngine(), []
    for turn in ("front", "left", "front", "right"):
        data = coach.take(turn)
        face = engine.find_face(read_picture(data))
        assert face is not None
        taken.append((turn, face.measures.yaw))
        assert len(data) <= LIMIT
    for turn, yaw in taken:
        assert {"front": abs(yaw) < 20, "left": yaw > 20, "right": yaw < -20}[turn], (turn, yaw)


@pytest.mark.parametrize(
    ("session", "code"),
    [("dark", "TOO_DARK"), ("two_people", "SECOND_FACE"), ("far_away", "FACE_TOO_SMALL")],
)
@pytest.mark.parametrize("language", ["id", "en"])
def test_it_says_what_to_mend_before_the_time_runs(
    session: str, code: str, language: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bad = make_pictures(session, take="video").shots["front"][:2]
    good = take_pictures(find_resident("budi"), take="video").shots["front"]
    coach = camera(video(tmp_path / "mended.avi", [*bad, *good]), language=language)
    coach.prepare()
    assert f"> {sentence(code, language)}" in capsys.readouterr().out


def test_it_asks_to_turn_more_and_the_other_way(capsys: pytest.CaptureFixture[str]) -> None:
    face = FaceEngine().find_face(
        read_picture(take_pictures(find_resident("budi")).shots["left"][0])
    )
    assert face is not None
    yaw = face.measures.yaw
    assert judge_turn(face.measures, "left", 0.0) == ""
    assert judge_turn(face.measures, "right", 0.0) == "TURN_WRONG"
    assert judge_turn(face.measures, "left", yaw - 12.0) == "TURN_MORE"
    assert judge_turn(face.measures, "right", yaw + 12.0) == "TURN_MORE"


def test_a_pose_that_does_not_come_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("samples.phone.coach.POSE_SECONDS", 0.3)
    fronts = take_pictures(find_resident("budi"), take="still").shots["front"]
    coach = camera(video(tmp_path / "still.avi", fronts))
    coach.prepare()
    with pytest.raises(PhoneError) as told:
        coach.take("left")
    assert told.value.code == "POSE_NOT_SEEN"
    assert sentence("TURN_MORE", "en") in told.value.explain("en")


def test_a_large_picture_is_made_to_fit() -> None:
    noise = np.random.default_rng(1).integers(0, 255, (900, 1600, 3), np.uint8)
    data = compress(noise, 200_000)
    assert len(data) <= 200_000
    assert read_picture(data).pixels.shape == (540, 960, 3)
    with pytest.raises(PhoneError) as told:
        compress(noise, 1000)
    assert told.value.code == "FRAME_TOO_LARGE"


def test_a_camera_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(PhoneError) as told:
        camera(str(tmp_path / "nothing.avi"))
    assert told.value.code == "CAMERA_FAILED"
