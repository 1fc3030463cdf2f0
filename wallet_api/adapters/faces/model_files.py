"""The two model files and their hashes.

A model decides who is let in: a changed byte must stop the engine, not shift its scores. The
bytes that were hashed are the bytes that are loaded.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Final

DETECTOR: Final = "face_detection_yunet_2023mar_int8bq.onnx"
EMBEDDER: Final = "face_recognition_sface_2021dec_int8bq.onnx"
SHA256: Final = {
    DETECTOR: "49f000ec501fef24739071fc7e68267d32209045b6822c0c72dce1da25726f10",
    EMBEDDER: "fb143eea07838aa532d1c95df5f69899974ea0140e1fba05e94204be13ed74ee",
}
FOLDER: Final = Path(__file__).parent / "models"


class ModelAltered(Exception):
    """A model file is missing or is not the one that was calibrated. ``code`` says which."""

    def __init__(self, code: str, name: str) -> None:
        super().__init__(f"{code}: {name}")
        self.code = code
        self.name = name


def load_model(name: str, folder: Path = FOLDER) -> bytes:
    """Return the bytes of model ``name``.

    Raises ModelAltered with code FACE_MODEL_MISSING or FACE_MODEL_ALTERED.
    """
    try:
        data = (folder / name).read_bytes()
    except OSError as error:
        raise ModelAltered("FACE_MODEL_MISSING", name) from error
    if hashlib.sha256(data).hexdigest() != SHA256[name]:
        raise ModelAltered("FACE_MODEL_ALTERED", name)
    return data


def check_models(folder: Path = FOLDER) -> None:
    """Hash both files (about 10 ms, without OpenCV): a service can refuse to start on it."""
    for name in SHA256:
        load_model(name, folder)
