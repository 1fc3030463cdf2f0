"""One look at one picture: decoded once, its face found, judged by the gate it has to pass."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import cv2
import numpy as np

from wallet_api.adapters.faces.intake import (
    QUICK_SIDE,
    WORKING_SIDE,
    Picture,
    PictureRefused,
    read_picture,
)
from wallet_api.rules.face_policy import refusals

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from wallet_api.adapters.faces.engines import Engine, Face
    from wallet_api.rules.face_policy import Gate

    Array = NDArray[np.float32]

MIN_EYES: Final = 40.0
"""Eye distance, in pixels looked at, under which a picture is decoded larger."""
_GREY_SIDE: Final = 32


@dataclass(frozen=True, slots=True)
class Look:
    """What was seen: the face, why the gate refuses it, and a tiny grey copy of the picture.

    ``grey``: 32x32, mean 0, standard deviation 1; None where the bytes are no picture.
    """

    face: Face | None
    reasons: tuple[str, ...]
    grey: Array | None = None

    @property
    def good(self) -> Face | None:
        """The face where nothing speaks against it."""
        return None if self.reasons else self.face


def look_at(engine: Engine, data: bytes, gate: Gate) -> Look:
    """Look at one picture. A face that is small in a quickly decoded one is looked at again."""
    try:
        picture = read_picture(data, at_least=QUICK_SIDE)
        face = _find(engine, picture, gate)
        if picture.scale < 1 and (face is None or _eyes(face, picture) < MIN_EYES):
            picture = read_picture(data, at_least=WORKING_SIDE)
            face = _find(engine, picture, gate)
    except PictureRefused as refusal:
        return Look(None, (refusal.code,))
    grey = _grey(picture)
    if face is None:
        return Look(None, ("NO_FACE",), grey)
    return Look(face, refusals(face.measures, gate), grey)


def difference(one: Look, other: Look) -> float:
    """Return how far two pictures differ, see ``rules.face_challenge.REPEATED``."""
    if one.grey is None or other.grey is None:
        return float("inf")
    return float(np.sqrt(np.mean((one.grey - other.grey) ** 2)))


def _find(engine: Engine, picture: Picture, gate: Gate) -> Face | None:
    return engine.find_face(picture, enlarge_to=gate.enlarge_to, central=gate.central)


def _eyes(face: Face, picture: Picture) -> float:
    return face.measures.eye_distance * picture.scale


def _grey(picture: Picture) -> Array:
    small = cv2.resize(picture.pixels, (_GREY_SIDE, _GREY_SIDE), interpolation=cv2.INTER_AREA)
    grey = np.asarray(cv2.cvtColor(small, cv2.COLOR_BGR2GRAY), np.float32)
    return np.asarray((grey - grey.mean()) / max(float(grey.std()), 1.0), np.float32)
