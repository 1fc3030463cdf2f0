"""The drawn headscarf: it hides what a veil hides, and always in the same way."""

from __future__ import annotations

import numpy as np
import pytest

from wallet_api.evaluation.headscarf import draw_headscarf

BOX = (70.0, 60.0, 100.0, 130.0)
POINTS = np.array([[98, 110], [142, 110], [120, 135], [102, 160], [138, 160]], np.float32)
GREY = np.full((250, 240, 3), 128, np.uint8)


def drawn(name: str = "a.jpg", seed: int = 1, tilt: float = 0.0) -> np.ndarray:
    middle = np.array([120.0, 125.0])
    cos, sin = np.cos(tilt), np.sin(tilt)
    points = (POINTS - middle) @ np.array([[cos, sin], [-sin, cos]]) + middle
    return draw_headscarf(GREY, BOX, points.astype(np.float32), name=name, seed=seed)


def changed(picture: np.ndarray) -> np.ndarray:
    return np.abs(picture.astype(int) - 128).max(axis=2) > 0


@pytest.mark.parametrize("tilt", [-0.3, 0.0, 0.3])
def test_eyes_nose_and_mouth_stay_as_they_are(tilt: float) -> None:
    touched = changed(drawn(tilt=tilt))
    for x, y in POINTS:
        assert not touched[int(y) - 4 : int(y) + 5, int(x) - 4 : int(x) + 5].any()


def test_hair_ears_and_neck_are_covered() -> None:
    touched = changed(drawn())
    assert touched[40:60, 100:140].mean() > 0.95  # hair
    assert touched[115:135, 52:66].mean() > 0.95  # one ear
    assert touched[115:135, 174:188].mean() > 0.95  # the other
    assert touched[215:245, 90:150].mean() > 0.95  # neck and shoulders
    assert not touched[:20, :40].any()  # the room behind


def test_the_same_photo_gets_the_same_cloth_whatever_came_before() -> None:
    first = drawn()
    drawn("b.jpg")
    assert (drawn() == first).all()


def test_photos_and_seeds_get_different_cloths() -> None:
    looks = {drawn(name, seed).tobytes() for name in ("a.jpg", "b.jpg", "c.jpg") for seed in (1, 2)}
    assert len(looks) == 6


def test_the_photo_itself_is_not_drawn_on() -> None:
    drawn()
    assert (GREY == 128).all()


def test_a_face_at_the_edge_is_drawn_as_far_as_it_goes() -> None:
    box = (-60.0, -50.0, 100.0, 130.0)
    points = POINTS - np.array([130, 110], np.float32)
    assert draw_headscarf(GREY, box, points, name="a.jpg", seed=1).shape == GREY.shape
