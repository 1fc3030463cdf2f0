"""YuNet finds the face, SFace turns it into 128 numbers; both through OpenCV's DNN.

The engine only measures. What the measures mean is decided by ``rules.face_policy``.

One engine belongs to one thread: YuNet keeps its input size as state.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import cv2
import numpy as np

from wallet_api.adapters.faces.model_files import DETECTOR, EMBEDDER, FOLDER, load_model
from wallet_api.rules.face_policy import FaceMeasures

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from wallet_api.adapters.faces.intake import Picture

    Array = NDArray[np.float32]

DETECTION_SIDE: Final = 640
"""Longer side of the picture that YuNet sees: larger costs time and finds large faces worse."""
MIN_CHIP_EYES: Final = 40.0
"""Eye distance under which the chip is cut from the larger picture (SFace's own is 38 px)."""
NOSE_DEPTH: Final = 0.6
"""How far the tip of the nose stands before the eyes, in eye distances (adults)."""
MIN_FACE_CONFIDENCE: Final = 0.6
OVERLAP: Final = 0.3
MOST_FACES: Final = 50


@dataclass(frozen=True, slots=True)
class Face:
    """The largest face of a picture.

    ``box``: x, y, width, height; ``points``: five rows x, y (the right eye, which is on the
    picture's left, left eye, nose, corners of the mouth), all in pixels of ``Picture.pixels``;
    ``embedding``: 128 numbers, not normalised: their length is a measure of quality.
    """

    box: tuple[float, float, float, float]
    points: Array
    embedding: Array
    measures: FaceMeasures


class FaceEngine:
    """Both models, loaded and checked. Raises ModelAltered when a file is not the known one."""

    def __init__(self, folder: Path = FOLDER) -> None:
        cv2.setNumThreads(1)
        nothing = np.zeros(0, np.uint8)
        self._detector = cv2.FaceDetectorYN.create(
            "onnx",
            np.frombuffer(load_model(DETECTOR, folder), np.uint8),
            nothing,
            (DETECTION_SIDE, DETECTION_SIDE),
            MIN_FACE_CONFIDENCE,
            OVERLAP,
            MOST_FACES,
        )
        self._embedder = cv2.FaceRecognizerSF.create(
            "onnx", np.frombuffer(load_model(EMBEDDER, folder), np.uint8), nothing
        )

    def warm(self) -> None:
        """Run both networks once, so that what they allocate is allocated."""
        blank = np.full((DETECTION_SIDE, DETECTION_SIDE, 3), 127, np.uint8)
        self._detect(blank)
        self._embedder.feature(blank[:112, :112])

    def find_face(self, picture: Picture, *, enlarge_to: int = 0) -> Face | None:
        """Return the largest face with its measures, None where there is no face."""
        seen, factor = _for_detection(picture.pixels, enlarge_to)
        rows = self._detect(seen)
        if not len(rows):
            return None
        order = np.argsort(-(rows[:, 2] * rows[:, 3]))
        row = rows[order[0]]
        second = float(rows[order[1], 2] * rows[order[1], 3]) if len(rows) > 1 else 0.0
        embedding = self._embed(picture.pixels, seen, row, factor)
        measures = _measure(
            seen,
            row,
            sent_scale=picture.scale * factor,
            second_face=second / float(row[2] * row[3]),
            feature_norm=float(np.linalg.norm(embedding)),
        )
        box = row[:4] / factor
        return Face(
            box=(float(box[0]), float(box[1]), float(box[2]), float(box[3])),
            points=(row[4:14] / factor).reshape(5, 2),
            embedding=embedding,
            measures=measures,
        )

    def _detect(self, seen: NDArray[np.uint8]) -> Array:
        height, width = seen.shape[:2]
        self._detector.setInputSize((width, height))
        _, rows = self._detector.detect(seen)
        return np.zeros((0, 15), np.float32) if rows is None else np.asarray(rows, np.float32)

    def _embed(
        self, pixels: NDArray[np.uint8], seen: NDArray[np.uint8], row: Array, factor: float
    ) -> Array:
        """Cut the aligned 112x112 chip from whichever picture is nearer its scale; embed it."""
        source, points = seen, row
        if factor < 1 and math.dist(row[4:6], row[6:8]) < MIN_CHIP_EYES:
            source, points = pixels, row / factor
        chip = self._embedder.alignCrop(source, points)
        return np.array(self._embedder.feature(chip)[0], np.float32)


def _for_detection(pixels: NDArray[np.uint8], enlarge_to: int) -> tuple[NDArray[np.uint8], float]:
    """Return the picture YuNet shall see and its size over that of ``pixels``."""
    side = max(pixels.shape[:2])
    if side > DETECTION_SIDE:
        factor, how = DETECTION_SIDE / side, cv2.INTER_AREA
    elif side < enlarge_to:
        factor, how = float(math.ceil(enlarge_to / side)), cv2.INTER_CUBIC
    else:
        return pixels, 1.0
    size = (round(pixels.shape[1] * factor), round(pixels.shape[0] * factor))
    return np.asarray(cv2.resize(pixels, size, interpolation=how), np.uint8), factor


def _measure(
    seen: NDArray[np.uint8],
    row: Array,
    *,
    sent_scale: float,
    second_face: float,
    feature_norm: float,
) -> FaceMeasures:
    points = row[4:14].reshape(5, 2).astype(np.float64)
    right, left, nose = points[0], points[1], points[2]
    eyes = left - right
    distance = max(float(np.hypot(*eyes)), 1e-6)
    offset = float(np.dot(nose - (right + left) / 2, eyes / distance)) / distance
    grey = np.asarray(cv2.cvtColor(seen, cv2.COLOR_BGR2GRAY), np.uint8)
    return FaceMeasures(
        eye_distance=distance / sent_scale,
        yaw=math.degrees(math.atan(offset / NOSE_DEPTH)),
        roll=math.degrees(math.atan2(eyes[1], eyes[0])),
        brightness=_mean(
            grey, *(float(v) for v in (row[0], row[1], row[0] + row[2], row[1] + row[3]))
        ),
        margin=_margin(seen, row),
        second_face=second_face,
        eye_light=_eye_light(grey, points, distance),
        feature_norm=feature_norm,
    )


def _margin(seen: NDArray[np.uint8], row: Array) -> float:
    height, width = seen.shape[:2]
    x, y, wide, high = (float(value) for value in row[:4])
    return float(min(x / width, y / height, 1 - (x + wide) / width, 1 - (y + high) / height))


def _eye_light(grey: NDArray[np.uint8], points: NDArray[np.float64], distance: float) -> float:
    """Brighter eye region over brighter cheek.

    Measured: open eyes (also behind clear glasses) 0.54-0.85, sunglasses 0.00-0.22.
    """
    right, left, _, mouth_right, mouth_left = points
    eyes = (right, left)
    cheeks = (0.45 * right + 0.55 * mouth_right, 0.45 * left + 0.55 * mouth_left)
    eye_light: float = max(_around(grey, point, 0.20 * distance) for point in eyes)
    cheek_light: float = max(_around(grey, point, 0.14 * distance) for point in cheeks)
    return eye_light / max(cheek_light, 1.0)


def _around(grey: NDArray[np.uint8], point: NDArray[np.float64], radius: float) -> float:
    x, y = float(point[0]), float(point[1])
    return _mean(grey, x - radius, y - radius, x + radius + 1, y + radius + 1)


def _mean(grey: NDArray[np.uint8], x0: float, y0: float, x1: float, y1: float) -> float:
    """Mean brightness of the part of a box that lies in the picture, 0 where none does."""
    part = grey[max(0, int(y0)) : max(0, int(y1)), max(0, int(x0)) : max(0, int(x1))]
    return float(part.mean()) if part.size else 0.0
