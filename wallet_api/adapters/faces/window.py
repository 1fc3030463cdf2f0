"""Parts of a picture at another size, and the way back to the picture's own pixels."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import cv2
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float32]
    Pixels = NDArray[np.uint8]

_ENOUGH: Final = 0.7
"""A picture that would shrink by less than this is used as it is."""
_CHIP_REACH: Final = 2.6
"""How far from the middle of a face its chip can reach, in eye distances, turned to any side."""


@dataclass(frozen=True, slots=True)
class Window:
    """A square part of a picture; what lies outside the picture is black.

    ``factor``: pixels here over pixels of the picture; ``left``, ``top``: where the picture's
    first column and row stand here; ``picture`` is the picture's shape.
    """

    pixels: Pixels
    factor: float
    left: float
    top: float
    picture: tuple[int, int]

    @classmethod
    def around(cls, pixels: Pixels, box: Array, side: int, share: float) -> Window:
        """Return ``side`` x ``side`` pixels round ``box`` (x, y, width, height)."""
        x, y, wide, high = (float(value) for value in box)
        reach = max(wide, high, 1.0) * share / 2
        height, width = pixels.shape[:2]
        x0, x1 = _within(x + wide / 2, reach, width)
        y0, y1 = _within(y + high / 2, reach, height)
        factor = side / (2 * reach)
        size = (
            min(side, max(1, round((x1 - x0) * factor))),
            min(side, max(1, round((y1 - y0) * factor))),
        )
        how = cv2.INTER_AREA if factor < 1 else cv2.INTER_CUBIC
        part = cv2.resize(pixels[y0:y1, x0:x1], size, interpolation=how)
        left = min(side - size[0], max(0, round((x0 - (x + wide / 2 - reach)) * factor)))
        top = min(side - size[1], max(0, round((y0 - (y + high / 2 - reach)) * factor)))
        canvas = np.zeros((side, side, 3), np.uint8)
        canvas[top : top + size[1], left : left + size[0]] = part
        return cls(canvas, factor, left - x0 * factor, top - y0 * factor, (height, width))

    def outside(self, row: Array) -> Array:
        """Return a detector's row of this window in pixels of the picture."""
        found = row.copy()
        found[0:14:2] -= self.left
        found[1:14:2] -= self.top
        found[2] += self.left  # width and height have no place, only a size
        found[3] += self.top
        found[:14] /= self.factor
        return found

    def inside(self, row: Array) -> Array:
        """Return a row of the picture in pixels of this window."""
        found = row.copy()
        found[:14] *= self.factor
        found[0:14:2] += self.left
        found[1:14:2] += self.top
        found[2] -= self.left
        found[3] -= self.top
        return found

    def shown(self) -> tuple[float, float, float, float]:
        """Return left, top, right and bottom of what the picture fills here."""
        height, width = self.picture
        side = float(len(self.pixels))
        right, bottom = self.left + width * self.factor, self.top + height * self.factor
        return max(0.0, self.left), max(0.0, self.top), min(side, right), min(side, bottom)


def _within(middle: float, reach: float, length: int) -> tuple[int, int]:
    """Return from where to where a picture is cut: at least one pixel of it."""
    begin = min(length - 1, max(0, round(middle - reach)))
    return begin, min(length, max(begin + 1, round(middle + reach)))


def reduced(pixels: Pixels, row: Array, eyes: float) -> tuple[Pixels, Array]:
    """Return the surroundings of a face with its eyes about ``eyes`` pixels apart, and its row.

    Cutting a small chip straight out of a large picture would skip most of its pixels. A face
    that is not much larger is returned as it is.
    """
    points = row[4:14].reshape(5, 2)
    eye_line, mouth_line = points[:2].mean(axis=0), points[3:].mean(axis=0)
    distance = max(math.dist(points[0], points[1]), math.dist(eye_line, mouth_line))
    factor = eyes / max(distance, 1e-6)
    if factor > _ENOUGH:
        return pixels, row
    middle = points.mean(axis=0)
    x0, y0 = (max(0, int(value - _CHIP_REACH * distance)) for value in middle)
    x1, y1 = (int(value + _CHIP_REACH * distance) for value in middle)
    part = pixels[y0:y1, x0:x1]
    size = (max(1, round(part.shape[1] * factor)), max(1, round(part.shape[0] * factor)))
    moved = row.copy()
    moved[4:14:2] = (moved[4:14:2] - x0) * factor
    moved[5:14:2] = (moved[5:14:2] - y0) * factor
    return np.asarray(cv2.resize(part, size, interpolation=cv2.INTER_AREA), np.uint8), moved
