"""What production does not start with: keys that everybody has, files and databases of a desk."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from samples.keys import sample_pem
from tests.wallet_api.faces.signed_calibration import sign_calibration
from tests.wallet_api.simulators import NOON
from wallet_api import bootstrap, data
from wallet_api.adapters.keys import make_keys
from wallet_api.config import Settings, load_settings
from wallet_api.errors import ConfigurationError

REAL = {
    "environment": "production",
    "database_url": "postgresql+psycopg://wallet@127.0.0.1/wallet",
    "registry_url": "https://wallet:secret@registry.example",
    "public_url": "https://wallet.example",
    "mail_url": "smtps://mail.example",
    "sms_url": "https://sms.example",
}


def _settings(folder: Path, **changes: str) -> Settings:
    values = REAL | {"keys_dir": str(folder / "keys"), "publish_dir": str(folder / "published")}
    return Settings(**(values | changes))  # type: ignore[arg-type]


def test_production_refuses_a_bundle_root_that_everybody_has(tmp_path: Path) -> None:
    make_keys(tmp_path / "keys", ("id_card",), now=NOON, public_url=REAL["public_url"])
    sign_calibration(tmp_path / "keys")
    bootstrap.make_deps(_settings(tmp_path))
    (tmp_path / "keys" / "bundle-root.pem").write_bytes(sample_pem("root"))
    with pytest.raises(ConfigurationError) as refused:
        bootstrap.make_deps(_settings(tmp_path))
    assert "sample keys" in str(refused.value.facts["errors"])


def test_the_list_of_sample_keys_is_that_of_the_samples() -> None:
    held = json.loads(Path("samples/keys/fingerprints.json").read_text())
    assert data.load_sample_keys() == frozenset(held["public_knowledge"].values())


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("database_url", "sqlite:///wallet.db"),
        ("registry_url", "sqlite:///registry.db"),
        ("registry_url", "http://wallet:secret@127.0.0.1:9000"),
        ("public_url", "http://wallet.example"),
        ("mail_url", "file:///outbox"),
        ("sms_url", "file:///outbox"),
    ],
)
def test_production_refuses_what_belongs_on_a_desk(tmp_path: Path, name: str, value: str) -> None:
    with pytest.raises(ValueError, match=name):
        _settings(tmp_path, **{name: value})


def test_every_wrong_setting_is_named_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WALLET_ENVIRONMENT", "moon")
    monkeypatch.setenv("WALLET_FACE_WORKERS", "0")
    with pytest.raises(ConfigurationError) as refused:
        load_settings()
    named = str(refused.value.facts["errors"])
    for name in ("ENVIRONMENT", "FACE_WORKERS", "DATABASE_URL", "KEYS_DIR", "PUBLISH_DIR"):
        assert f"WALLET_{name}" in named
    assert "moon" not in named
