"""Draws a headscarf on a photo. A simulation: it shows how much depends on what a veil hides.

An opaque cloth covers hair, ears, neck and shoulders and leaves free the oval of the face from
the eyebrows to the chin. It is placed by the detected box and the five points, in one of a few
plausible colours with soft folds. The same photo and seed give the same cloth, in whatever order
photos are drawn. Real veils vary more, and real people choose photos on which they are seen well.
"""

from __future__ import annotations

import hashlib
import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]
Field = NDArray[np.float32]

COLOURS: Final = (
    (24, 24, 26),
    (92, 40, 30),
    (40, 30, 110),
    (215, 225, 232),
    (240, 240, 240),
    (120, 125, 130),
    (60, 95, 90),
    (150, 160, 205),
    (50, 70, 105),
    (120, 105, 40),
)
"""Blue, green, red of: black, navy, maroon, cream, white, grey, olive, dusty pink, brown, teal."""
_BROW: Final = 0.46
_CHIN: Final = 1.70
_CROWN: Final = 1.95
_HALF_FACE: Final = 0.49
_HALF_CLOTH: Final = 0.95


def draw_headscarf(
    pixels: Pixels,
    box: tuple[float, float, float, float],
    points: NDArray[np.floating],
    *,
    name: str,
    seed: int,
) -> Pixels:
    """Return a copy of ``pixels`` (BGR) with a headscarf on the face at ``box`` and ``points``.

    ``box``: x, y, width, height; ``points``: right eye, left eye, nose, corners of the mouth, in
    pixels; ``name`` and ``seed`` choose colour and folds.
    """
    across, down, unit = _face_axes(pixels.shape[:2], box, points)
    half = _HALF_FACE * box[2] / unit
    chance = np.random.default_rng(
        int.from_bytes(hashlib.sha256(f"{seed}|{name}".encode()).digest()[:8], "big")
    )
    edge = 3.0 / max(unit, 1.0)  # a soft border of about three pixels
    middle, tall = (_CHIN - _BROW) / 2, (_CHIN + _BROW) / 2
    free = _inside(np.hypot(across / half, (down - middle) / tall), edge)
    cloth = np.maximum(
        _inside(
            np.hypot(across / (half * _HALF_CLOTH / _HALF_FACE), (down - 0.25) / (_CROWN + 0.25)),
            edge,
        ),
        _drape(across, down, half, edge),
    )
    opaque = (cloth * (1.0 - free))[..., None]
    woven = _folds(across, down, half, chance)
    return np.asarray(np.rint(pixels * (1.0 - opaque) + woven * opaque), np.uint8)


def _face_axes(
    shape: tuple[int, ...],
    box: tuple[float, float, float, float],
    points: NDArray[np.floating],
) -> tuple[Field, Field, float]:
    """Return, for every pixel, how far across and down the face it lies, and the unit in pixels.

    The unit is the way from between the eyes to the mouth; 0, 0 is between the eyes, but across
    it is the middle of the box, so that a turned head is covered where it is.
    """
    right, left, _, mouth_right, mouth_left = np.asarray(points, np.float64)
    eyes, mouth = (right + left) / 2, (mouth_right + mouth_left) / 2
    slant = left - right
    turn = math.atan2(slant[1], slant[0])
    cos, sin = math.cos(turn), math.sin(turn)
    way = mouth - eyes
    unit = max(float(-sin * way[0] + cos * way[1]), box[3] * 0.25, 1.0)
    centre = np.array([box[0] + box[2] / 2, box[1] + box[3] / 2]) - eyes
    shift = cos * centre[0] + sin * centre[1]
    y, x = np.mgrid[: shape[0], : shape[1]].astype(np.float32)
    x -= np.float32(eyes[0])
    y -= np.float32(eyes[1])
    across = (cos * x + sin * y - shift) / unit
    return np.asarray(across, np.float32), np.asarray((cos * y - sin * x) / unit, np.float32), unit


def _inside(distance: Field, edge: float) -> Field:
    """Return 1 inside an ellipse (distance below 1), 0 outside, softly between."""
    return np.asarray(np.clip((1.0 - distance) / edge + 0.5, 0.0, 1.0), np.float32)


def _drape(across: Field, down: Field, half: float, edge: float) -> Field:
    """Return the cloth that falls from the sides of the head over neck and shoulders."""
    width = half * (1.55 + 0.55 * np.clip(down - 0.6, 0.0, None))
    sides = np.clip((width - np.abs(across)) / edge + 0.5, 0.0, 1.0)
    return np.asarray(sides * np.clip((down - 0.3) / edge, 0.0, 1.0), np.float32)


def _folds(across: Field, down: Field, half: float, chance: np.random.Generator) -> Field:
    """Return the cloth's colour at every pixel: one colour, lighter and darker along folds."""
    colour = np.array(COLOURS[chance.integers(len(COLOURS))], np.float32)
    colour *= chance.uniform(0.85, 1.1)
    light = np.full(across.shape, 1.0, np.float32)
    for strength in (0.07, 0.04, 0.03):
        slope, phase = chance.uniform(-0.8, 0.8), chance.uniform(0, 2 * math.pi)
        often = chance.uniform(2.0, 7.0) / half
        light += strength * np.sin(often * (across + slope * down) + phase).astype(np.float32)
    light -= 0.12 * np.clip(np.abs(across) / half - 1.0, 0.0, 1.5)
    return np.asarray(np.clip(colour * light[..., None], 0.0, 255.0), np.float32)
