"""What a face engine has to offer so that ``LocalFaceMatcher`` can work with it.

An engine finds one face, measures it and turns it into a vector; it never judges. Thresholds
belong to ``FacePolicy`` and to one engine: the policy's ``model_id`` begins with the engine's.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from wallet_api.adapters.faces.intake import Picture
    from wallet_api.rules.face_policy import FaceMeasures

    Array = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Face:
    """The chosen face of a picture.

    ``box``: x, y, width, height; ``points``: five rows x, y (the right eye, which is on the
    picture's left, left eye, nose, corners of the mouth), all in pixels of ``Picture.pixels``;
    ``embedding``: one vector, not normalised: its length weighs the frame when frames are fused,
    so an engine whose lengths say nothing gives all its vectors one length.
    """

    box: tuple[float, float, float, float]
    points: Array
    embedding: Array
    measures: FaceMeasures


class Engine(Protocol):
    """One engine belongs to one thread."""

    @property
    def model_id(self) -> str:
        """Which models, and in which form, made the vectors."""
        ...

    def find_face(
        self, picture: Picture, *, enlarge_to: int = 0, central: bool = False
    ) -> Face | None:
        """Return the largest face with its measures, None where there is no face.

        ``enlarge_to``: see ``Gate``; ``central`` takes the face nearest the middle instead of the
        largest, for research photographs that show several people.
        """
        ...

    def similarity(self, one: Array, other: Array) -> float:
        """Return how alike two vectors are, in the measure the policy's thresholds are in."""
        ...

    def warm(self) -> None:
        """Run every model once, so that what it allocates is allocated."""
        ...


def unit(vector: Array) -> Array:
    """Return ``vector`` at length 1."""
    return np.asarray(vector / max(float(np.linalg.norm(vector)), 1e-9), np.float32)


def cosine(one: Array, other: Array) -> float:
    """Return the cosine between two vectors of any length."""
    return float(np.dot(unit(one), unit(other)))


def fuse(vectors: Sequence[Array]) -> Array:
    """Mean of unit vectors weighted by their length: which is the mean of the vectors as they are.

    Not brought to length 1: an engine may compare by distance instead of angle.
    """
    return np.asarray(np.mean(vectors, axis=0, dtype=np.float32), np.float32)
