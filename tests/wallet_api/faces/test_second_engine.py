"""The second engine: installed from its requirements file into a fresh environment, and working.

These tests really install it, from the package index, as whoever wants to compare would.
"""

from __future__ import annotations

import io
import json
import os
import runpy
import shutil
import subprocess
import sys
import sysconfig
import time
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from samples.faces import sessions
from tests.wallet_api.simulators import NOON
from wallet_api import bootstrap
from wallet_api.adapters.faces.model_files import FACE_RECOGNITION, ModelAltered
from wallet_api.adapters.keys import make_keys
from wallet_api.config import Settings
from wallet_api.errors import ConfigurationError

ROOT = Path(__file__).parents[3]
SCRIPT = """
import json, sys
from datetime import timedelta
from pathlib import Path
from PIL import ImageFile
from wallet_api.adapters.faces.calibration import packaged
from wallet_api.adapters.faces.model_files import FACE_RECOGNITION
from wallet_api.adapters.faces.pool import FacePool
from wallet_api.adapters.faces.dlib_engine import load
from wallet_api.ports.faces import FaceJob

photos = [Path(name).read_bytes() for name in sys.argv[1:]]
fronts, own, other = photos[:-2], photos[-2], photos[-1]
matcher = load()
here = matcher.match(FaceJob.of_fronts(fronts, own))
pool = FacePool(
    entry=FACE_RECOGNITION.entry,
    policy=packaged(FACE_RECOGNITION.engine).policy(),
    deadline=timedelta(seconds=60),  # speed is for the benchmarks
    start_within=timedelta(seconds=60),
)
told = [pool.match(FaceJob.of_fronts(fronts, photo)) for photo in (own, other)]
pool.close()
print(json.dumps({
    "here": [here.outcome, here.score], "model_id": here.model_id, "reasons": here.reasons,
    "pool": [[result.outcome, result.score] for result in told],
    "takes_truncated": ImageFile.LOAD_TRUNCATED_IMAGES,
}))
"""


@dataclass(frozen=True)
class Installed:
    """A fresh environment with the second engine in it."""

    python: Path
    seconds: float
    said: str

    def run(self, *words: str) -> str:
        """Run Python there; everything else of the product comes from our own environment."""
        return subprocess.run(
            [self.python, *words], check=True, cwd=ROOT, capture_output=True, text=True
        ).stdout


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Installed:
    folder = tmp_path_factory.mktemp("second-engine") / "venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
    python = folder / "bin" / "python"
    pip = [sys.executable, "-m", "pip", "--python", python]
    started = time.monotonic()
    done = subprocess.run(
        [*pip, "install", "-r", "requirements-face-recognition.txt"],
        check=True,
        cwd=ROOT,
        capture_output=True,
        env={**os.environ, "PATH": str(python.parent)},  # no compiler is to be found
        text=True,
    )
    seconds = time.monotonic() - started
    site = next((folder / "lib").glob("python*")) / "site-packages"
    (site / "ours.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return Installed(python, seconds, done.stdout)


def test_it_installs_in_under_two_minutes_without_compiling(installed: Installed) -> None:
    assert installed.seconds < 120
    assert "dlib-bin" in installed.said
    assert "Building wheel for dlib" not in installed.said
    place = "import dlib, face_recognition_models as m; print(dlib.__file__, m.__file__)"
    for path in installed.run("-W", "ignore", "-c", place).split():
        assert Path(path).is_relative_to(installed.python.parents[1])


def test_it_compares_faces_in_this_process_and_in_a_worker(
    installed: Installed, tmp_path: Path
) -> None:
    photos = [sessions.free_photo(f"obama{number}.jpg") for number in ("", "2", "3")]
    photos += [sessions.free_photo("obama.jpg"), sessions.free_photo("biden.jpg")]
    names = []
    for number, photo in enumerate(photos):
        (tmp_path / f"{number}.jpg").write_bytes(photo)
        names.append(str(tmp_path / f"{number}.jpg"))
    said: dict[str, Any] = json.loads(installed.run("-c", SCRIPT, *names))
    assert said["model_id"].startswith(FACE_RECOGNITION.model_id)
    assert said["here"][0] == "match", said
    assert said["here"][1] > 0.5
    own, other = said["pool"]
    assert own == said["here"]
    assert other[0] == "no_match"
    assert other[1] < 0.4
    assert said["takes_truncated"] is False  # the package asks Pillow to, for everybody


def test_an_altered_model_of_it_is_refused(installed: Installed, tmp_path: Path) -> None:
    find = "import face_recognition_models as m, pathlib; print(pathlib.Path(m.__file__).parent)"
    source = Path(installed.run("-W", "ignore", "-c", find).strip()) / "models"
    FACE_RECOGNITION.check(source)
    name = "shape_predictor_5_face_landmarks.dat"
    for file in source.iterdir():
        (tmp_path / file.name).symlink_to(file)
    (tmp_path / name).unlink()
    shutil.copy(source / name, tmp_path)
    with (tmp_path / name).open("r+b") as file:
        file.write(b"\xff")
    with pytest.raises(ModelAltered) as refused:
        FACE_RECOGNITION.check(tmp_path)
    assert (refused.value.code, refused.value.name) == ("FACE_MODEL_ALTERED", name)


def test_where_it_is_not_installed_the_service_says_how(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_keys(tmp_path / "keys", ("id_card",), now=NOON)
    monkeypatch.setitem(sys.modules, FACE_RECOGNITION.package, None)
    settings = Settings(  # type: ignore[call-arg]
        environment="demo",
        database_url="sqlite://",
        registry_url="sqlite://",
        keys_dir=tmp_path / "keys",
        publish_dir=tmp_path,
        face_engine="face-recognition",
    )
    with pytest.raises(ConfigurationError) as refused:
        bootstrap.make_deps(settings)
    said = str(refused.value)
    assert "FACE_ENGINE_NOT_INSTALLED: requirements-face-recognition.txt" in said
    assert "make second-engine" in said


def test_the_alias_of_dlib_holds_no_code() -> None:
    script = runpy.run_path(str(ROOT / "scripts" / "write_dlib_alias.py"))
    content = script["PATH"].read_bytes()
    assert content == script["make_wheel"]()
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        names = {name.rpartition("/")[2] for name in archive.namelist()}
        assert names == {"METADATA", "WHEEL", "RECORD"}
        metadata = next(name for name in archive.namelist() if name.endswith("METADATA"))
        assert b"Requires-Dist: dlib-bin" in archive.read(metadata)


def test_the_requirements_say_what_may_not_be_done_with_it() -> None:
    text = (ROOT / "requirements-face-recognition.in").read_text()
    assert "excludes commercial" in text
    assert "production refuses it" in text
