"""A model that is not the calibrated one never loads."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from wallet_api.adapters.faces.engine import FaceEngine
from wallet_api.adapters.faces.model_files import (
    DETECTOR,
    EMBEDDER,
    FOLDER,
    ModelAltered,
    check_models,
)


def test_the_files_in_the_repository_are_the_calibrated_ones() -> None:
    check_models()
    assert {path.name for path in FOLDER.glob("*.onnx")} == {DETECTOR, EMBEDDER}
    assert {"LICENSE-SFACE.txt", "LICENSE-YUNET.txt"} <= {path.name for path in FOLDER.iterdir()}


@pytest.mark.parametrize("name", [DETECTOR, EMBEDDER])
def test_one_changed_byte_stops_the_engine(tmp_path: Path, name: str) -> None:
    folder = shutil.copytree(FOLDER, tmp_path / "models")
    data = bytearray((folder / name).read_bytes())
    data[len(data) // 2] ^= 1
    (folder / name).write_bytes(bytes(data))
    with pytest.raises(ModelAltered) as refused:
        FaceEngine(folder)
    assert (refused.value.code, refused.value.name) == ("FACE_MODEL_ALTERED", name)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelAltered) as refused:
        check_models(tmp_path)
    assert (refused.value.code, refused.value.name) == ("FACE_MODEL_MISSING", DETECTOR)
