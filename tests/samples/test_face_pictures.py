"""The prepared captures as pictures: complete, small enough, new each time, true to geometry."""

from __future__ import annotations

import hashlib
import io
import math
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from samples.faces.build import main
from samples.faces.captures import COUNTS, POSES, TURNS, can_turn, find_resident, take_pictures
from samples.faces.prepared import FOCAL, NAMES, lay_print, make_pictures, read_session
from samples.people import load_residents
from wallet_api.adapters.faces.engine import FaceEngine
from wallet_api.adapters.faces.intake import read_picture

LIMIT = 100_000


@pytest.mark.parametrize("name", NAMES)
def test_each_folder_holds_enough_for_any_challenge(name: str, tmp_path: Path) -> None:
    assert main([str(tmp_path), name, "--take", "one"]) == 0
    files = sorted(tmp_path.glob(f"{name}/*.jpg"))
    assert {file.name for file in files} == {
        f"{turn}-{number}.jpg" for turn in TURNS for number in range(1, COUNTS[turn] + 1)
    }
    digests = {hashlib.sha256(file.read_bytes()).digest() for file in files}
    assert len(digests) == len(files), "two files are the same"
    assert max(file.stat().st_size for file in files) <= LIMIT
    assert read_session(tmp_path / name).name == name


def test_one_take_is_the_same_twice_and_another_shares_no_picture() -> None:
    first, again, other = (
        {bytes(data) for turn in TURNS for data in make_pictures("good", take=take).shots[turn]}
        for take in ("one", "one", "two")
    )
    assert first == again
    assert not first & other


def test_a_run_without_a_take_makes_new_pictures(tmp_path: Path) -> None:
    for folder in ("a", "b"):
        assert main([str(tmp_path / folder), "sari", "--small"]) == 0
    pictures = [(tmp_path / at / "sari" / "left-1.jpg").read_bytes() for at in ("a", "b")]
    assert pictures[0] != pictures[1]
    assert max(map(len, pictures)) < 20_000


@pytest.mark.parametrize("name", ["nobody", "ratna", "plain"])
def test_a_folder_of_somebody_who_does_not_turn_is_refused(name: str, tmp_path: Path) -> None:
    assert main([str(tmp_path), name]) == 1


def test_left_is_the_own_left_of_everybody_who_turns() -> None:
    """Seen turned towards the picture's right edge, which the engine measures as positive."""
    engine, seen = FaceEngine(), set()
    for resident in load_residents():
        if not can_turn(resident):
            continue
        shots = take_pictures(resident, take="side").shots
        yaws = {}
        for turn in TURNS:
            face = engine.find_face(read_picture(shots[turn][0]))
            assert face is not None, (resident["id"], turn)
            yaws[turn] = face.measures.yaw
        assert yaws["left"] - yaws["front"] > 20, resident["id"]
        assert yaws["front"] - yaws["right"] > 20, resident["id"]
        seen.add(Path(resident["face"]["frames"][0]).name.split("_")[0])
    assert seen == set(POSES)


@pytest.mark.parametrize("degrees", [-25.0, 25.0])
def test_a_print_is_seen_as_a_pinhole_camera_sees_a_plane(degrees: float) -> None:
    """A white sheet: its edges stand where the projection of its corners stands."""
    width, height = 400, 300
    sheet = Image.new("RGB", (width, height), "black")
    sheet.paste("white", (100, 0, 300, height))
    seen = np.asarray(lay_print(sheet, degrees).convert("L"))[height // 2] > 200
    left, right = int(seen.argmax()), width - int(seen[::-1].argmax())
    distance, angle = FOCAL * width, math.radians(degrees)
    for edge, x in ((left, -100), (right, 100)):
        scale = distance / (distance + x * math.sin(angle))
        assert edge == pytest.approx(width / 2 + x * math.cos(angle) * scale, abs=1.5)
    farther = right - width // 2 if degrees > 0 else width // 2 - left
    nearer = width // 2 - left if degrees > 0 else right - width // 2
    assert farther < nearer


def test_pictures_are_what_a_phones_camera_sends() -> None:
    for data in take_pictures(find_resident("budi")).shots["front"]:
        with Image.open(io.BytesIO(data)) as image:
            assert (image.format, image.mode, image.width) == ("JPEG", "RGB", 640)
