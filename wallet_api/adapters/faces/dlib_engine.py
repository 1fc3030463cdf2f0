"""The second engine: ``face-recognition`` (dlib) as its users use it, to be compared with.

It accepts 43 of 100 strangers of the same sex among East and South-East Asian people at its
customary tolerance (docs/adr/0016-second-engine.md): never for decisions, and production refuses
it. It is installed apart (``make second-engine``) and loaded at first use.

Similarity is 1 less the Euclidean distance of two descriptors, so that more is more alike: the
tolerance of 0.6 is a similarity of 0.4.
"""

from __future__ import annotations

import contextlib
import importlib
import io
import warnings
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from PIL import ImageFile

from wallet_api.adapters.faces.calibration import packaged
from wallet_api.adapters.faces.engine import FINE_SHARE, FINE_SIDE, choose_face, measure_face
from wallet_api.adapters.faces.engines import Face
from wallet_api.adapters.faces.matcher import LocalFaceMatcher
from wallet_api.adapters.faces.model_files import FACE_RECOGNITION, REQUIREMENTS, ModelAltered
from wallet_api.adapters.faces.window import Window

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from wallet_api.adapters.faces.intake import Picture

    Array = NDArray[np.float32]
    Pixels = NDArray[np.uint8]

ENLARGED_UP_TO: Final = 400
"""Pictures with a longer side are looked at as they are, smaller ones doubled, as its users do."""
FEATURE_NORM: Final = 12.0
"""Told for every face: the length of a descriptor says nothing about how clear a face is."""


class DlibEngine:
    """HOG detector, 5 points, ResNet descriptor; the gates' points come from the 68.

    Raises ModelAltered: FACE_ENGINE_NOT_INSTALLED, FACE_MODEL_MISSING or FACE_MODEL_ALTERED.
    """

    model_id = FACE_RECOGNITION.model_id

    def __init__(self) -> None:
        FACE_RECOGNITION.check()
        self._library = _load_library()

    def warm(self) -> None:
        """Compute one descriptor of nothing."""
        blank = np.full((150, 150, 3), 127, np.uint8)
        self._library.face_encodings(blank, known_face_locations=[(0, 150, 150, 0)])

    def find_face(
        self, picture: Picture, *, enlarge_to: int = 0, central: bool = False
    ) -> Face | None:
        """Return the chosen face with its measures, None where there is no face."""
        colours = np.ascontiguousarray(picture.pixels[:, :, ::-1])
        places = self._library.face_locations(
            colours, number_of_times_to_upsample=_doublings(colours, enlarge_to)
        )
        if not places:
            return None
        rows = np.stack([_row(place) for place in places])
        chosen, second_face = choose_face(rows, picture.pixels, central=central)
        place, row = [places[chosen]], rows[chosen]
        row[4:14] = _five_points(self._library.face_landmarks(colours, place)[0]).ravel()
        descriptor = self._library.face_encodings(colours, place)[0]
        window = Window.around(picture.pixels, row[:4], FINE_SIDE, FINE_SHARE)
        return Face(
            box=(float(row[0]), float(row[1]), float(row[2]), float(row[3])),
            points=row[4:14].reshape(5, 2),
            embedding=np.asarray(descriptor, np.float32),
            measures=measure_face(
                window, row, picture, second_face=second_face, feature_norm=FEATURE_NORM
            ),
        )

    def similarity(self, one: Array, other: Array) -> float:
        """Return 1 less the Euclidean distance."""
        return 1.0 - float(np.linalg.norm(one.astype(np.float64) - other.astype(np.float64)))


def load() -> LocalFaceMatcher:
    """Load and warm the engine, under its packaged thresholds."""
    engine = DlibEngine()
    engine.warm()
    return LocalFaceMatcher(engine, policy=packaged(FACE_RECOGNITION.engine).policy())


def _load_library() -> Any:
    """Import the package without what it does to the process that imports it.

    It prints and ends the interpreter where its models are missing, and tells Pillow to accept
    truncated pictures for everybody: our intake refuses them.
    """
    try:
        with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
            warnings.simplefilter("ignore")  # pkg_resources is deprecated
            return importlib.import_module("face_recognition")
    except (ImportError, SystemExit) as error:
        raise ModelAltered("FACE_ENGINE_NOT_INSTALLED", REQUIREMENTS) from error
    finally:
        ImageFile.LOAD_TRUNCATED_IMAGES = False


def _doublings(pixels: Pixels, enlarge_to: int) -> int:
    """Return how often the detector shall double the picture."""
    side = max(pixels.shape[:2])
    times = 1 if side <= ENLARGED_UP_TO else 0
    while side << times < enlarge_to:
        times += 1
    return times


def _row(place: tuple[int, int, int, int]) -> Array:
    """Return a detector's row (x, y, width, height, points to come) of top, right, bottom, left."""
    top, right, bottom, left = place
    row = np.zeros(15, np.float32)
    row[:4] = left, top, max(1, right - left), max(1, bottom - top)
    return row


def _five_points(landmarks: dict[str, list[tuple[int, int]]]) -> Array:
    """Return eye, eye, tip of the nose and both corners of the mouth, from left in the picture."""
    points = (
        np.mean(landmarks["left_eye"], axis=0),
        np.mean(landmarks["right_eye"], axis=0),
        landmarks["nose_bridge"][-1],
        landmarks["top_lip"][0],
        landmarks["top_lip"][6],
    )
    return np.asarray(points, np.float32)
