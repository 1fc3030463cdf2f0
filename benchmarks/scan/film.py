"""A film as a counter's camera sees it: phones come, are held in a trembling hand, and go.

Each pass shows another presentation. The phone slides in, too near for the focus at first and too
bright for the exposure; both settle while the hand trembles and tilts; then it goes. Every frame
carries its number in black and white fields, so that a page can tell which one it is seeing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.scan.camera import Shot, is_whole, photograph
from benchmarks.scan.codes import Code, presentation
from benchmarks.scan.conditions import Conditions
from verifier.sight import look

FRAME = (1280, 720)
RATE = 30  # frames a second, what Chromium plays MJPEG at
FIELD, FIELDS = 16, 10  # pixels, bits: the frame's number at the top left
COMING, HELD, GOING = 8, 26, 6  # frames
_QUALITY = 90
NOBODY = (0.0, 5000.0)  # pixels away: out of the frame


@dataclass(frozen=True, slots=True)
class Pass:
    """One phone's time before the camera, in frame numbers of the film."""

    code: Code
    pixels: float
    whole_at: int  # the first frame with the whole code in it
    readable_at: int  # the first one that can be read at once
    gone_at: int  # the first one without the whole code again


@dataclass(frozen=True, slots=True)
class Still:
    """One frame: where the phone is, and how it is seen."""

    told: Conditions
    offset: tuple[float, float]


def shoot(codes: Iterable[Code], *, held: int = HELD, seed: int = 30) -> tuple[bytes, list[Pass]]:
    """Return the film as MJPEG, and its passes."""
    dice = np.random.default_rng(seed)
    desk = photograph(
        presentation(10), Conditions(), dice, pixels=4.0, frame=FRAME, offset=NOBODY
    ).colour
    pictures: list[bytes] = []
    passes: list[Pass] = []
    for code in codes:
        empty = int(dice.integers(18, 28))
        pictures += [_numbered(desk, len(pictures) + n) for n in range(empty)]
        pixels = float(dice.uniform(3.5, 4.5))
        begun = len(pictures)
        stills = list(_stills(dice, held))
        whole = next(n for n, one in enumerate(stills) if _whole(one, code, pixels))
        gone = begun + COMING + held
        readable = gone
        for still in stills:
            shot = _shot(still, code, pixels, dice)
            if readable == gone and look(shot.gray).texts == [code.text]:
                readable = len(pictures)
            pictures.append(_numbered(shot.colour, len(pictures)))
        passes.append(Pass(code, pixels, begun + whole, readable, gone))
    return b"".join(pictures), passes


def _whole(still: Still, code: Code, pixels: float) -> bool:
    return is_whole(code, still.told, pixels=pixels, frame=FRAME, offset=still.offset)


def _stills(dice: np.random.Generator, held: int) -> Iterator[Still]:
    """Yield where a phone is in each frame of its pass."""
    tremor = _tremor(dice, COMING + held + GOING)
    yaw, pitch, turn = dice.uniform(-15, 15, 3)
    bright = float(dice.uniform(1.2, 2.2))
    for number in range(COMING + held + GOING):
        since = (number - COMING) / RATE
        away = _way_off(number, held)
        moving = 0.0 if away == 0 else 1.6
        hunting = 1.5 * np.exp(-max(since, 0) / 0.12) * abs(np.cos(9 * max(since, 0)))
        x, y, swing = tremor[number]
        told = Conditions(
            yaw=yaw + 3 * swing,
            pitch=pitch + 2 * swing,
            turn=turn + swing,
            defocus=float(hunting) if hunting > 0.1 else 0.3,
            motion=moving,
            shake=float(abs(dice.normal(0.12, 0.06))),
            exposure=0.6 * (1 + bright * np.exp(-max(since, 0) / 0.2)),
            veil=0.05,
        )
        yield Still(told, (float(x), float(y + away)))


def _way_off(number: int, held: int) -> float:
    """Return how far below its place the phone is, in pixels."""
    if number < COMING:
        return 560 * (1 - number / COMING) ** 1.5
    if number >= COMING + held:
        return 620 * ((number - COMING - held + 1) / GOING) ** 1.5
    return 0.0


def _tremor(dice: np.random.Generator, count: int) -> NDArray[np.float64]:
    """Return x, y (pixels) and a swing (degrees) of a hand: slow drift, and 8 to 12 Hz."""
    seconds = np.arange(count)[:, None] / RATE
    slow, fast = dice.uniform(0.5, 1.2, 3), dice.uniform(8, 12, 3)
    phases = dice.uniform(0, 2 * np.pi, (2, 3))
    drift = np.array([9.0, 7.0, 2.0]) * np.sin(2 * np.pi * slow * seconds + phases[0])
    quick = np.array([1.2, 1.2, 0.3]) * np.sin(2 * np.pi * fast * seconds + phases[1])
    both: NDArray[np.float64] = drift + quick
    return both


def _shot(still: Still, code: Code, pixels: float, dice: np.random.Generator) -> Shot:
    return photograph(code, still.told, dice, pixels=pixels, frame=FRAME, offset=still.offset)


def _numbered(colour: NDArray[np.uint8], number: int) -> bytes:
    """Return a frame as JPEG, its number written into it."""
    seen = colour.copy()
    for bit in range(FIELDS):
        left = bit * FIELD
        seen[:FIELD, left : left + FIELD] = 235 if number >> bit & 1 else 16
    done, packed = cv2.imencode(".jpg", seen, [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])
    assert done
    return packed.tobytes()
