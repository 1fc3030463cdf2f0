"""Frames of captures made from single photographs: a hand-held camera, and a print turned in space.

A photograph is one moment. What a camera would see in the next is made by small turns, shifts and
changes of light, as of a phone in the hand. A print is a plane: turned about its vertical axis it
is seen in perspective, but its nose stays between its eyes.
"""

from __future__ import annotations

import hashlib
import io
import math
from typing import Final

import numpy as np
from PIL import Image, ImageEnhance

ENLARGE: Final = 3
"""Research photographs are enlarged so often before anything moves."""
DISTANCE: Final = 2.0
"""From camera to print, in widths of the print."""
_QUALITY: Final = 90


def open_photo(data: bytes) -> Image.Image:
    """Return the photo, RGB, enlarged ``ENLARGE`` times. Raises OSError where it is none."""
    with Image.open(io.BytesIO(data)) as image:
        size = (image.width * ENLARGE, image.height * ENLARGE)
        return image.convert("RGB").resize(size, Image.Resampling.BICUBIC)


def hand_held(photo: Image.Image, *, name: str, take: int, seed: int) -> Image.Image:
    """Return the photo as a slightly moved camera would take it, each ``take`` differently."""
    chance = _chance(f"{name}|{take}", seed)
    width, height = photo.size
    moved = photo.rotate(
        chance.uniform(-3, 3),
        resample=Image.Resampling.BICUBIC,
        translate=(
            round(chance.uniform(-0.03, 0.03) * width),
            round(chance.uniform(-0.03, 0.03) * height),
        ),
        fillcolor=_corner(photo),
    )
    lit = ImageEnhance.Brightness(moved).enhance(chance.uniform(0.88, 1.06))
    return ImageEnhance.Contrast(lit).enhance(chance.uniform(0.93, 1.07))


def turned_print(photo: Image.Image, degrees: float) -> Image.Image:
    """Return a print of the photo, turned about its vertical axis, through a pinhole camera.

    Positive ``degrees``: turned as a head that looks towards the picture's right edge.
    """
    width, height = photo.size
    angle, distance = math.radians(degrees), DISTANCE * width
    plane = [(-width / 2, -height / 2), (width / 2, -height / 2),
             (width / 2, height / 2), (-width / 2, height / 2)]  # fmt: skip
    seen = []
    for x, y in plane:
        depth = distance + x * math.sin(angle)
        seen.append((distance * x * math.cos(angle) / depth, distance * y / depth))
    move = np.array([width / 2, height / 2])
    return photo.transform(
        photo.size,
        Image.Transform.PERSPECTIVE,
        _perspective(np.array(seen) + move, np.array(plane) + move),
        resample=Image.Resampling.BICUBIC,
        fillcolor=_corner(photo),
    )


def encoded(image: Image.Image, quality: int = _QUALITY) -> bytes:
    """Return the picture as a JPEG without anything but pixels."""
    out = io.BytesIO()
    image.save(out, "JPEG", quality=quality)
    return out.getvalue()


def _perspective(
    target: np.ndarray[tuple[int, int], np.dtype[np.float64]],
    source: np.ndarray[tuple[int, int], np.dtype[np.float64]],
) -> tuple[float, ...]:
    """Return Pillow's eight coefficients: from each point of the target to its source."""
    rows, wanted = [], []
    for (x, y), (u, v) in zip(target, source, strict=True):
        rows += [[x, y, 1, 0, 0, 0, -u * x, -u * y], [0, 0, 0, x, y, 1, -v * x, -v * y]]
        wanted += [u, v]
    return tuple(float(value) for value in np.linalg.solve(np.array(rows), np.array(wanted)))


def _corner(photo: Image.Image) -> tuple[int, ...]:
    pixel = photo.getpixel((1, 1))
    return pixel if isinstance(pixel, tuple) else (0, 0, 0)


def _chance(name: str, seed: int) -> np.random.Generator:
    digest = hashlib.sha256(f"{seed}|{name}".encode()).digest()
    return np.random.default_rng(int.from_bytes(digest[:8], "big"))
