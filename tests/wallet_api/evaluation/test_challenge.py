"""Challenge sessions: made as told, judged by the matcher's own code, counted right."""

from __future__ import annotations

import io
import json
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.house.tree import ROOT
from wallet_api.cli import main
from wallet_api.evaluation import sessions
from wallet_api.evaluation.challenge_report import by_person, wilson
from wallet_api.evaluation.frames import hand_held, open_photo, turned_print
from wallet_api.evaluation.poses import Sitters, read_poses
from wallet_api.evaluation.refusal import EvaluationRefused

CMU = ROOT / "samples" / "faces" / "cmu"
HEAD = "file,person,pose,expression,eyes\n"
POSES = ("straight_neutral", "straight_angry", "left_neutral", "right_neutral")


def index_of(folder: Path, *people: str, more: str = "") -> Path:
    lines = [
        f"{person}_{pose}_open.png,{person},{pose.partition('_')[0]},x,open\n"
        for person in people
        for pose in POSES
    ]
    path = folder / "index.csv"
    path.write_text(HEAD + "".join(lines) + more)
    return path


@pytest.fixture
def sitters(tmp_path: Path) -> Sitters:
    return read_poses(index_of(tmp_path, "an2i", "kk49"))


def test_people_without_enough_photos_are_left_out_by_name(tmp_path: Path) -> None:
    more = "x.png,zoe,straight,x,open\nan2i_up.png,an2i,up,x,open\ny.png,an2i,left,x,sunglasses\n"
    found = read_poses(index_of(tmp_path, "an2i", "kk49", more=more))
    assert [sitter.name for sitter in found.able] == ["an2i", "kk49"]
    assert found.left_out == ("zoe",)
    assert found.able[0].left == ("an2i_left_neutral_open.png",)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("file,person\na,b\n", "line 1: no column pose"),
        (HEAD + "1.png,a,sideways,x,open\n", "line 2: pose sideways is none of"),
        (HEAD + "1.png,a,left,x,open\n", "at least 2 are needed"),
    ],
)
def test_a_bad_table_is_told(tmp_path: Path, content: str, told: str) -> None:
    (tmp_path / "index.csv").write_text(content)
    with pytest.raises(EvaluationRefused, match=told):
        read_poses(tmp_path / "index.csv")


def test_a_photo_left_out_has_to_be_there(tmp_path: Path) -> None:
    with pytest.raises(EvaluationRefused, match=r"nothing\.png: not in the index"):
        read_poses(index_of(tmp_path, "an2i", "kk49"), leave_out=("nothing.png",))


def test_every_sequence_is_asked_of_everybody_without_a_frame_twice(sitters: Sitters) -> None:
    made = list(sessions.genuine(sessions.Studio(CMU, 1), sitters.able))
    assert Counter(session.person for session in made) == {"an2i": 16, "kk49": 16}
    asked = {tuple(frame.turn for frame in session.frames) for session in made}
    assert len(asked) == 16
    for session in made:
        turns = [frame.turn for frame in session.frames]
        assert turns[::2] == ["front"] * 5
        assert "front" not in turns[1::2]
        assert len({frame.data for frame in session.frames}) == 9
        assert max(len(frame.data) for frame in session.frames) <= 100_000


def test_swaps_use_all_sequences_and_two_people(sitters: Sitters) -> None:
    studio = sessions.Studio(CMU, 1)
    own = {f.data for session in sessions.genuine(studio, sitters.able[:1]) for f in session.frames}
    made = [
        session for session in sessions.swapped(studio, sitters.able) if session.person == "an2i"
    ]
    assert len(made) == sessions.OF_EACH_PAIR
    for session in made:
        assert [frame.data in own for frame in session.frames] == [True, False] * 4 + [True]
    half = next(iter(sessions.swapped_midway(studio, sitters.able)))
    assert [frame.data in own for frame in half.frames] == [True] * 5 + [False] * 4


def test_a_turned_print_is_seen_in_perspective() -> None:
    lines = np.full((240, 200, 3), 255, np.uint8)
    lines[:, 40:44] = lines[:, 156:160] = 0
    lines[:20], lines[-20:] = 255, 255
    flat = Image.fromarray(lines)
    seen = np.asarray(turned_print(flat, 30).convert("L"))
    heights = {
        side: int((part < 128).any(axis=1).sum())
        for side, part in (("left", seen[:, :100]), ("right", seen[:, 100:]))
    }
    assert heights["left"] > heights["right"] + 10  # turned to the right: its right edge is far
    middle = np.flatnonzero(seen[120] < 128)
    assert middle.max() - middle.min() < 105  # narrower than the 120 it was
    other = np.asarray(turned_print(flat, -30).convert("L"))
    assert np.abs(other.astype(int) - seen[:, ::-1]).mean() < 3
    assert np.abs(np.asarray(turned_print(flat, 0)).astype(int) - lines).mean() < 1


def test_a_hand_held_frame_is_repeatable_and_moves() -> None:
    photo = open_photo((CMU / "an2i_straight_neutral_open.png").read_bytes())
    takes = [hand_held(photo, name="a", take=take, seed=1).tobytes() for take in (0, 0, 1)]
    assert takes[0] == takes[1] != takes[2]


def test_wilsons_interval() -> None:
    assert wilson(0, 100) == pytest.approx((0.0, 0.0370), abs=1e-4)
    assert wilson(95, 100) == pytest.approx((0.8882, 0.9785), abs=1e-4)


def test_every_person_counts_alike() -> None:
    outcomes = [("a", True), ("a", True), ("a", True), ("b", False)]
    assert by_person(outcomes, repetitions=100, seed=1).value == 0.5


def test_the_command_lets_real_turns_pass_and_cheats_fail(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """With every fifth sequence and every other angle: all of them took half a minute."""
    monkeypatch.setattr(sessions, "SEQUENCES", sessions.SEQUENCES[::5])
    monkeypatch.setattr(sessions, "ANGLES", sessions.ANGLES[::2])
    index = index_of(tmp_path, "an2i", "kk49")
    words = ["face", "evaluate-challenge", "--images", str(CMU), "--index", str(index)]
    words += ["--report", str(tmp_path / "report"), "--bootstrap", "100", "--date", "2030-01-02"]
    assert main(words) == 0
    shown = capsys.readouterr()
    assert "sessions: " in shown.err
    document = json.loads((tmp_path / "report" / "challenge.json").read_text())
    shares = {kind["kind"]: kind["share"] for kind in document["kinds"]}
    assert shares.pop("genuine") >= 0.9
    assert set(shares) == {
        *("swapped", "swapped_midway", "wrong_order", "frozen"),
        *(f"print_{angle}" for angle in sessions.ANGLES),
    }
    assert max(shares.values()) == 0
    text = (tmp_path / "report" / "challenge.md").read_text()
    assert text in shown.out
    assert str(tmp_path) not in text
    assert "What this does not prove" in text


def test_a_photo_that_is_none_is_told_by_name(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    index = index_of(tmp_path, "an2i", "kk49")
    words = ["face", "evaluate-challenge", "--images", str(tmp_path), "--index", str(index)]
    assert main([*words, "--report", str(tmp_path / "report")]) == 1
    assert "an2i_straight_angry_open.png: cannot be read as a picture" in capsys.readouterr().err


def test_frames_are_jpegs_without_metadata(sitters: Sitters) -> None:
    frame = sessions.Studio(CMU, 1).front(sitters.able[0], 0)
    with Image.open(io.BytesIO(frame)) as image:
        assert (image.format, image.size) == ("JPEG", (384, 360))
        assert len(image.getexif()) == 0
