"""Starting: which calibration is in force, and what no service starts with."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.wallet_api.faces.signed_calibration import sign_calibration
from tests.wallet_api.simulators import NOON
from wallet_api import bootstrap
from wallet_api.adapters.faces import opening
from wallet_api.adapters.faces.calibration import packaged, sign
from wallet_api.adapters.faces.model_files import EMBEDDER, SFACE
from wallet_api.adapters.keys import load_calibration_key, make_keys
from wallet_api.config import Settings
from wallet_api.errors import ConfigurationError
from wallet_api.ports.faces import FaceJob, FaceUnavailable

ROOT = Path(__file__).parents[3]
REAL = {
    "environment": "production",
    "database_url": "postgresql+psycopg://wallet@127.0.0.1/wallet",
    "registry_url": "https://wallet:secret@registry.example",
    "public_url": "https://wallet.example",
    "mail_url": "smtps://mail.example",
    "sms_url": "https://sms.example",
}
DESK = {
    "environment": "demo",
    "database_url": "sqlite://",
    "registry_url": "sqlite://",
    "public_url": REAL["public_url"],
}


@pytest.fixture
def keys(tmp_path: Path) -> Path:
    make_keys(tmp_path / "keys", ("id_card",), now=NOON, public_url=REAL["public_url"])
    return tmp_path / "keys"


def _settings(keys: Path, values: dict[str, str], **changes: str) -> Settings:
    places = {"keys_dir": str(keys), "publish_dir": str(keys.parent / "published")}
    return Settings(**(values | places | changes))  # type: ignore[arg-type]


def _refusal(settings: Settings) -> str:
    with pytest.raises(ConfigurationError) as refused:
        bootstrap.make_deps(settings)
    return str(refused.value.facts["errors"])


def test_production_starts_with_a_signed_calibration_and_uses_its_numbers(keys: Path) -> None:
    sign_calibration(keys, "--match", "0.6")
    settings = _settings(keys, REAL)
    held = opening.in_force(settings)
    assert (held.signed, held.policy.match) == (True, 0.6)
    deps = bootstrap.make_deps(settings)
    assert deps.faces._policy == held.policy


def test_production_does_not_start_without_one_and_says_what_to_do(keys: Path) -> None:
    said = _refusal(_settings(keys, REAL))
    assert "CALIBRATION_MISSING" in said
    assert "face calibrate" in said
    assert str(keys) not in said


def test_production_does_not_start_with_an_unsigned_one(keys: Path) -> None:
    path = keys / "face-calibration.jws"
    path.write_text(json.dumps(packaged().model_dump(mode="json")))
    assert "CALIBRATION_UNSIGNED" in _refusal(_settings(keys, REAL))
    assert not opening.in_force(_settings(keys, DESK)).signed  # a desk may


def test_production_does_not_start_with_the_signature_of_somebody_else(keys: Path) -> None:
    stranger = keys.parent / "stranger"
    make_keys(stranger, ("id_card",), now=NOON)
    sign_calibration(stranger)
    moved = _settings(keys, REAL, face_calibration=str(stranger / "face-calibration.jws"))
    assert "CALIBRATION_SIGNATURE" in _refusal(moved)
    sign_calibration(keys)
    (keys / "calibration-public.pem").unlink()
    assert "admin keys init" in _refusal(_settings(keys, REAL))


def test_production_does_not_start_with_the_calibration_of_another_model(keys: Path) -> None:
    """The signature is right: it was measured with other files."""
    other = packaged().model_copy(update={"models": dict.fromkeys(SFACE.sha256, "0" * 64)})
    (keys / "face-calibration.jws").write_bytes(sign(other, load_calibration_key(keys)))
    said = _refusal(_settings(keys, REAL))
    assert "CALIBRATION_MODEL" in said
    assert "put the calibrated model back" in said


def test_production_refuses_the_second_engine(keys: Path) -> None:
    with pytest.raises(ValueError, match="face_engine sface and no other"):
        _settings(keys, REAL, face_engine="face-recognition")


def test_a_desk_starts_with_the_packaged_calibration_of_its_engine(keys: Path) -> None:
    assert opening.in_force(_settings(keys, DESK)).policy == packaged().policy()
    assert bootstrap.make_deps(_settings(keys, DESK)).faces._policy == packaged().policy()


def test_a_file_that_was_named_must_be_there_also_on_a_desk(keys: Path) -> None:
    said = _refusal(_settings(keys, DESK, face_calibration=str(keys / "gone.jws")))
    assert "CALIBRATION_MISSING: gone.jws" in said
    assert str(keys) not in said


def test_every_refusal_has_its_advice() -> None:
    codes = set(re.findall(r"\b(?:CALIBRATION|FACE_MODEL|FACE_ENGINE)_[A-Z_]+\b", _sources()))
    assert len(codes) > 7
    assert codes == set(opening.ADVICE)


def _sources() -> str:
    names = ("calibration", "model_files", "opening")
    folder = ROOT / "wallet_api/adapters/faces"
    text = "".join((folder / f"{name}.py").read_text() for name in names)
    return text.replace("WALLET_FACE_CALIBRATION", "")


def test_commands_of_administrators_work_on_the_day_the_calibration_is_broken(keys: Path) -> None:
    deps = bootstrap.make_deps(_settings(keys, REAL), with_faces=False)
    with pytest.raises(FaceUnavailable) as closed:
        deps.faces.match(FaceJob((), None))
    assert closed.value.reason == "FACE_POOL_CLOSED"


def _started(copy: Path, keys: Path, values: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """Start background work from a copy of the product."""
    settings = values | {"keys_dir": str(keys), "publish_dir": str(keys.parent / "published")}
    return subprocess.run(
        [sys.executable, "-m", "wallet_api", "jobs", "outbox"],
        check=False,
        capture_output=True,
        cwd=copy,
        env={
            "PATH": os.environ["PATH"],
            **{f"WALLET_{name.upper()}": value for name, value in settings.items()},
        },
        text=True,
    )


def test_a_changed_model_starts_nowhere_and_a_new_one_not_without_being_measured(
    keys: Path,
) -> None:
    """First a file is altered; then the code is made to know it, as whoever changes models does."""
    sign_calibration(keys)
    copy = keys.parent / "product"
    for package in ("wallet_api", "credentials"):
        shutil.copytree(
            ROOT / package, copy / package, ignore=shutil.ignore_patterns("__pycache__")
        )
    model = copy / "wallet_api/adapters/faces/models" / EMBEDDER
    data = bytearray(model.read_bytes())
    data[-1] ^= 1
    model.write_bytes(bytes(data))
    altered = _started(copy, keys, DESK)
    assert altered.returncode == 2
    assert f"FACE_MODEL_ALTERED: {EMBEDDER}" in altered.stderr

    code = copy / "wallet_api/adapters/faces/model_files.py"
    new = hashlib.sha256(data).hexdigest()
    code.write_text(code.read_text().replace(SFACE.sha256[EMBEDDER], new))
    for values in (REAL, DESK):
        unmeasured = _started(copy, keys, values)
        assert unmeasured.returncode == 2
        assert f"CALIBRATION_MODEL: measured with another {EMBEDDER}" in unmeasured.stderr
        assert str(keys.parent) not in unmeasured.stderr
