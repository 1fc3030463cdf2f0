"""YuNet finds the face, SFace turns it into 128 numbers; both through OpenCV's DNN.

The engine only measures. What the measures mean is decided by ``rules.face_policy``.

Looked at twice: a small copy of the picture tells where the faces are, then a window round the
chosen one is seen at one size whatever the distance, which costs a third of looking at the whole
picture that large and gives points at least as good (measured: docs/face.md).

One engine belongs to one thread: YuNet keeps its input size as state.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

import cv2
import numpy as np

from wallet_api.adapters.faces.engines import Face, cosine
from wallet_api.adapters.faces.model_files import DETECTOR, EMBEDDER, FOLDER, load_model
from wallet_api.adapters.faces.onnx_graph import with_matrix_products
from wallet_api.adapters.faces.window import Window, reduced
from wallet_api.rules.face_policy import FaceMeasures

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from wallet_api.adapters.faces.intake import Picture

    Array = NDArray[np.float32]
    Pixels = NDArray[np.uint8]

MODEL_ID: Final = "yunet-2023mar-int8bq+sface-2021dec-int8bq"
COARSE_SIDE: Final = 192
"""Longer side of the copy in which faces are looked for first."""
FULL_SIDE: Final = 640
"""The same where the small copy shows no face."""
FINE_SIDE: Final = 288
"""Side of the window in which the chosen face's points are measured."""
FINE_SHARE: Final = 1.2
"""Side of the window over the longer side of the face's box."""
CHIP_SIDE: Final = 112
"""Width and height of what SFace sees."""
CHIP_EYES: Final = 56.0
"""A face whose eyes are much wider apart is reduced to this before its 112x112 chip is cut."""
NOSE_DEPTH: Final = 0.6
"""How far the tip of the nose stands before the eyes, in eye distances (adults)."""
MIN_FACE_CONFIDENCE: Final = 0.6
OVERLAP: Final = 0.3
MOST_FACES: Final = 50


class FaceEngine:
    """Both models, loaded and checked. Raises ModelAltered when a file is not the known one."""

    model_id = MODEL_ID

    def __init__(self, folder: Path = FOLDER) -> None:
        cv2.setNumThreads(1)
        detector = np.frombuffer(load_model(DETECTOR, folder), np.uint8)
        sface = with_matrix_products(load_model(EMBEDDER, folder), CHIP_SIDE)
        # Two detectors: OpenCV lays a network out anew whenever its input changes size.
        self._coarse = _detector(detector, COARSE_SIDE)
        self._fine = _detector(detector, FINE_SIDE)
        self._embedder = cv2.FaceRecognizerSF.create(
            "onnx", np.frombuffer(sface, np.uint8), np.zeros(0, np.uint8)
        )

    def warm(self) -> None:
        """Run all networks once, so that what they allocate is allocated."""
        blank = np.full((FULL_SIDE, FULL_SIDE, 3), 127, np.uint8)
        _detect(self._coarse, blank)
        _detect(self._fine, blank[:FINE_SIDE, :FINE_SIDE])
        self._embedder.feature(blank[:CHIP_SIDE, :CHIP_SIDE])

    def find_face(
        self, picture: Picture, *, enlarge_to: int = 0, central: bool = False
    ) -> Face | None:
        """Return the chosen face with its measures, None where there is no face."""
        rows = self._locate(picture.pixels, enlarge_to)
        if not len(rows):
            return None
        chosen, second_face = choose_face(rows, picture.pixels, central=central)
        window = Window.around(picture.pixels, rows[chosen][:4], FINE_SIDE, FINE_SHARE)
        row = self._look_closely(window, rows[chosen])
        embedding = self._embed(picture.pixels, row)
        measures = measure_face(
            window,
            row,
            picture,
            second_face=second_face,
            feature_norm=float(np.linalg.norm(embedding)),
        )
        return Face(
            box=(float(row[0]), float(row[1]), float(row[2]), float(row[3])),
            points=row[4:14].reshape(5, 2),
            embedding=embedding,
            measures=measures,
        )

    def similarity(self, one: Array, other: Array) -> float:
        """Return the cosine."""
        return cosine(one, other)

    def _locate(self, pixels: Pixels, enlarge_to: int) -> Array:
        """Return the rows of all faces in pixels of the picture."""
        for side in (COARSE_SIDE, max(FULL_SIDE, enlarge_to)):
            seen, factor = _at_side(pixels, side, enlarge=bool(enlarge_to))
            rows = _detect(self._coarse, seen)
            if len(rows):
                rows[:, :14] /= factor
                return rows
        return rows

    def _look_closely(self, window: Window, row: Array) -> Array:
        """Return the row of the same face, measured in the window, in pixels of the picture."""
        rows = _detect(self._fine, window.pixels)
        rows = np.stack([window.outside(found) for found in rows]) if len(rows) else rows
        shared = [_overlap(found, row) for found in rows]
        if not shared or max(shared) < OVERLAP:
            return row
        return np.asarray(rows[int(np.argmax(shared))], np.float32)

    def _embed(self, pixels: Pixels, row: Array) -> Array:
        """Cut the aligned 112x112 chip and embed it."""
        source, points = reduced(pixels, row, CHIP_EYES)
        chip = self._embedder.alignCrop(source, points)
        return np.array(self._embedder.feature(chip)[0], np.float32)


def _detector(model: Pixels, side: int) -> cv2.FaceDetectorYN:
    return cv2.FaceDetectorYN.create(
        "onnx",
        model,
        np.zeros(0, np.uint8),
        (side, side),
        MIN_FACE_CONFIDENCE,
        OVERLAP,
        MOST_FACES,
    )


def _detect(detector: cv2.FaceDetectorYN, seen: Pixels) -> Array:
    height, width = seen.shape[:2]
    detector.setInputSize((width, height))
    _, rows = detector.detect(seen)
    return np.zeros((0, 15), np.float32) if rows is None else np.asarray(rows, np.float32)


def _at_side(pixels: Pixels, side: int, *, enlarge: bool) -> tuple[Pixels, float]:
    """Return the picture with its longer side at ``side`` and its size over that of ``pixels``."""
    factor = side / max(pixels.shape[:2])
    if factor >= 1 and not enlarge:
        return pixels, 1.0
    how = cv2.INTER_AREA if factor < 1 else cv2.INTER_CUBIC
    size = (round(pixels.shape[1] * factor), round(pixels.shape[0] * factor))
    return np.asarray(cv2.resize(pixels, size, interpolation=how), np.uint8), factor


def choose_face(rows: Array, pixels: Pixels, *, central: bool) -> tuple[int, float]:
    """Return which face is meant, and the area of the largest other one over its area."""
    areas = rows[:, 2] * rows[:, 3]
    chosen = int(np.argmax(areas))
    if central:
        height, width = pixels.shape[:2]
        middle_x, middle_y = rows[:, 0] + rows[:, 2] / 2, rows[:, 1] + rows[:, 3] / 2
        chosen = int(np.argmin(np.hypot(middle_x - width / 2, middle_y - height / 2)))
    others = np.delete(areas, chosen)
    return chosen, float(others.max() / areas[chosen]) if len(others) else 0.0


def _overlap(one: Array, other: Array) -> float:
    """Return the shared area of two boxes over the area of both together."""
    wide = min(one[0] + one[2], other[0] + other[2]) - max(one[0], other[0])
    high = min(one[1] + one[3], other[1] + other[3]) - max(one[1], other[1])
    shared = float(max(wide, 0.0) * max(high, 0.0))
    return shared / max(float(one[2] * one[3] + other[2] * other[3]) - shared, 1e-6)


def measure_face(
    window: Window, row: Array, picture: Picture, *, second_face: float, feature_norm: float
) -> FaceMeasures:
    """Return what is measured of the face in ``row`` (pixels of the picture), of any engine."""
    points = row[4:14].reshape(5, 2).astype(np.float64)
    right, left, nose = points[0], points[1], points[2]
    eyes = left - right
    distance = max(float(np.hypot(*eyes)), 1e-6)
    offset = float(np.dot(nose - (right + left) / 2, eyes / distance)) / distance
    seen = window.inside(row)
    grey = np.asarray(cv2.cvtColor(window.pixels, cv2.COLOR_BGR2GRAY), np.uint8)
    x, y, wide, high = (float(value) for value in seen[:4])
    left, top, right_edge, bottom = window.shown()
    return FaceMeasures(
        eye_distance=distance / picture.scale,
        yaw=math.degrees(math.atan(offset / NOSE_DEPTH)),
        roll=math.degrees(math.atan2(eyes[1], eyes[0])),
        brightness=_mean(
            grey, max(x, left), max(y, top), min(x + wide, right_edge), min(y + high, bottom)
        ),
        margin=_margin(picture.pixels, row),
        second_face=second_face,
        eye_light=_eye_light(grey, seen[4:14].reshape(5, 2).astype(np.float64)),
        feature_norm=feature_norm,
    )


def _margin(seen: Pixels, row: Array) -> float:
    height, width = seen.shape[:2]
    x, y, wide, high = (float(value) for value in row[:4])
    return float(min(x / width, y / height, 1 - (x + wide) / width, 1 - (y + high) / height))


def _eye_light(grey: Pixels, points: NDArray[np.float64]) -> float:
    """Brighter eye region over brighter cheek.

    Measured: open eyes (also behind clear glasses) 0.54-0.85, sunglasses 0.00-0.22.
    """
    right, left, _, mouth_right, mouth_left = points
    eyes = (right, left)
    distance = math.dist(right, left)
    cheeks = (0.45 * right + 0.55 * mouth_right, 0.45 * left + 0.55 * mouth_left)
    eye_light: float = max(_around(grey, point, 0.20 * distance) for point in eyes)
    cheek_light: float = max(_around(grey, point, 0.14 * distance) for point in cheeks)
    return eye_light / max(cheek_light, 1.0)


def _around(grey: Pixels, point: NDArray[np.float64], radius: float) -> float:
    x, y = float(point[0]), float(point[1])
    return _mean(grey, x - radius, y - radius, x + radius + 1, y + radius + 1)


def _mean(grey: Pixels, x0: float, y0: float, x1: float, y1: float) -> float:
    """Mean brightness of the part of a box that lies in the picture, 0 where none does."""
    part = grey[max(0, int(y0)) : max(0, int(y1)), max(0, int(x0)) : max(0, int(x1))]
    return float(part.mean()) if part.size else 0.0
