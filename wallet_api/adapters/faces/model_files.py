"""The model files of each engine and their hashes.

A model decides who is let in: a changed byte must stop the engine, not shift its scores. The
bytes that were hashed are the bytes that are loaded. A calibration names the same hashes, so that
thresholds never meet a model they were not measured with.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from types import MappingProxyType
from typing import Final

DETECTOR: Final = "face_detection_yunet_2023mar_int8bq.onnx"
EMBEDDER: Final = "face_recognition_sface_2021dec_int8bq.onnx"
FOLDER: Final = Path(__file__).parent / "models"
REQUIREMENTS: Final = "requirements-face-recognition.txt"


class ModelAltered(Exception):
    """A model file is missing or is not the one that was calibrated. ``code`` says which."""

    def __init__(self, code: str, name: str) -> None:
        super().__init__(f"{code}: {name}")
        self.code = code
        self.name = name


@dataclass(frozen=True, slots=True)
class ModelSet:
    """The files that one engine computes with.

    ``engine`` is its name in settings, ``model_id`` the one that records and calibrations carry,
    ``sha256`` the hash of every file that takes part, ``entry`` what a worker loads
    (``module:function``), ``package`` the installed package that brings the files (empty: they
    are in this repository).
    """

    engine: str
    model_id: str
    sha256: Mapping[str, str]
    entry: str
    package: str = ""

    def folder(self) -> Path:
        """Return where the files lie. Raises ModelAltered FACE_ENGINE_NOT_INSTALLED."""
        if not self.package:
            return FOLDER
        spec = find_spec(self.package)
        if spec is None or not spec.submodule_search_locations:
            raise ModelAltered("FACE_ENGINE_NOT_INSTALLED", REQUIREMENTS)
        return Path(spec.submodule_search_locations[0]) / "models"

    def check(self, folder: Path | None = None) -> None:
        """Hash every file, without loading the engine: a service can refuse to start on it."""
        place = folder or self.folder()
        for name in self.sha256:
            self.load(name, place)

    def load(self, name: str, folder: Path | None = None) -> bytes:
        """Return the bytes of file ``name``.

        Raises ModelAltered with code FACE_MODEL_MISSING or FACE_MODEL_ALTERED.
        """
        try:
            data = ((folder or self.folder()) / name).read_bytes()
        except OSError as error:
            raise ModelAltered("FACE_MODEL_MISSING", name) from error
        if hashlib.sha256(data).hexdigest() != self.sha256[name]:
            raise ModelAltered("FACE_MODEL_ALTERED", name)
        return data


SFACE: Final = ModelSet(
    engine="sface",
    model_id="yunet-2023mar-int8bq+sface-2021dec-int8bq",
    sha256=MappingProxyType(
        {
            DETECTOR: "49f000ec501fef24739071fc7e68267d32209045b6822c0c72dce1da25726f10",
            EMBEDDER: "fb143eea07838aa532d1c95df5f69899974ea0140e1fba05e94204be13ed74ee",
        }
    ),
    entry="wallet_api.adapters.faces.matcher:load",
)
"""The engine that decides."""

FACE_RECOGNITION: Final = ModelSet(
    engine="face-recognition",
    model_id="dlib-hog+resnet-v1",
    sha256=MappingProxyType(
        {
            "dlib_face_recognition_resnet_model_v1.dat": (
                "55533b28a95800a551ba546ba62fe69625c7e95a7061c338adffead08719da30"
            ),
            "shape_predictor_5_face_landmarks.dat": (
                "c4b1e9804792707d3a405c2c16a80a20269e6675021f64a41d30fffafbc41888"
            ),
            "shape_predictor_68_face_landmarks.dat": (
                "fbdc2cb80eb9aa7a758672cbfdda32ba6300efe9b6e6c7a299ff7e736b11b92f"
            ),
        }
    ),
    entry="wallet_api.adapters.faces.dlib_engine:load",
    package="face_recognition_models",
)
"""The engine for comparison. Its HOG detector is part of dlib; its fourth file is not used."""

ENGINES: Final = MappingProxyType({models.engine: models for models in (SFACE, FACE_RECOGNITION)})
SHA256: Final = SFACE.sha256


def load_model(name: str, folder: Path = FOLDER) -> bytes:
    """Return the bytes of a file of the deciding engine; see ``ModelSet.load``."""
    return SFACE.load(name, folder)


def check_models(folder: Path = FOLDER) -> None:
    """Hash both files of the deciding engine (about 10 ms, without OpenCV)."""
    SFACE.check(folder)
