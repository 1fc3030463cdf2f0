"""Keys change at the registry, and a desk reads another verdict: every step by its command.

`admin keys init` → `jobs publish` → `verifier sync` → `verifier check` (docs/keys.md).
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from credentials.presentation import presentation_text, sign_presentation
from credentials.qr_credential import build_claims, sign_credential
from samples.keys import SampleSigner
from samples.vectors_world import DAY, PERSON, portrait
from tests.wallet_api.simulators import World
from verifier import cli as verifier
from wallet_api import cli
from wallet_api.adapters.keys import PemKeyRing
from wallet_api.models import StatusList

pytestmark = pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
LIST = 3


@dataclass
class Registry:
    """A registry's commands and a terminal's, on one folder of keys."""

    world: World
    terminal: Path
    capsys: pytest.CaptureFixture[str]

    @property
    def keys(self) -> Path:
        return self.world.deps.settings.keys_dir

    def run(self, *words: str, by: Callable[..., int] = cli.main) -> tuple[int, str]:
        self.capsys.readouterr()
        code = by(list(words))
        return code, self.capsys.readouterr().out.strip()

    def init(self) -> str:
        code, said = self.run("admin", "keys", "init", "--dir", str(self.keys))
        assert code == 0
        return said

    def publish(self) -> None:
        assert self.run("jobs", "publish")[0] == 0

    def sync(self) -> int:
        source = str(self.world.deps.publish_dir / "bundles")
        pinned = ("--root", str(self.terminal.with_suffix(".pem")))
        code, _ = self.run("sync", source, "--state", str(self.terminal), *pinned, by=verifier.main)
        return code

    def verdict(self, text: str) -> str:
        known = ("--state", str(self.terminal), "--root", str(self.terminal.with_suffix(".pem")))
        _, said = self.run("check", text, *known, "--json", by=verifier.main)
        told: dict[str, Any] = json.loads(said)
        return str(told["code"])

    def card(self, *, holder: str) -> bytes:
        """Issue a card with the issuer key of today, as the service would."""
        now = datetime.now(UTC)
        kind = self.world.deps.catalogue.document_type("id_card")
        claims = build_claims(
            kind.encode(kind.profile("full"), {**PERSON, "portrait": portrait()}),
            issued_at=int(now.timestamp()) - 60,
            expires_at=int(now.timestamp()) + DAY,
            holder_key=SampleSigner(holder).public_key,
            status=(LIST, 7),
        )
        signer = PemKeyRing(self.keys).issuer_for("id_card", now).signer
        assert signer is not None
        return sign_credential(claims, signer)


def shown(card: bytes, holder: str = "holder") -> str:
    now = int(datetime.now(UTC).timestamp())
    return presentation_text(sign_presentation(card, SampleSigner(holder), issued_at=now))


@pytest.fixture
def registry(
    world: World,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Registry:
    """A registry that has published, and a terminal that pinned its root."""
    values = world.deps.settings
    for name in ("database_url", "keys_dir", "registry_url", "publish_dir", "public_url"):
        monkeypatch.setenv(f"WALLET_{name.upper()}", str(getattr(values, name)))
    with world.deps.transaction() as db:
        db.add(StatusList(number=LIST, created_at=datetime.now(UTC)))
    one = Registry(world, tmp_path / "terminal", capsys)
    one.init()
    (tmp_path / "terminal.pem").write_text(one.run("admin", "bundle-root")[1])
    one.publish()
    assert one.sync() == 0
    return one


def test_rotation_no_desk_notices_when_the_publisher_is_another(registry: Registry) -> None:
    card = registry.card(holder="holder")
    assert registry.verdict(shown(card)) == "VALID"
    before = (registry.keys / "publisher.pem").read_bytes()
    (registry.keys / "publisher.pem").unlink()
    assert "publisher" in registry.init()
    registry.publish()
    assert registry.sync() == 0
    assert registry.verdict(shown(registry.card(holder="another"), "another")) == "VALID"
    (registry.keys / "publisher.pem").write_bytes(before)  # a machine that still has the old one
    registry.publish()
    assert registry.sync() == 0
    assert registry.verdict(shown(registry.card(holder="third"), "third")) == "VALID"


def test_emergency_a_stolen_issuer_key_makes_no_more_valid_cards(registry: Registry) -> None:
    forged = registry.card(holder="thief")
    assert registry.verdict(shown(forged, "thief")) == "VALID"
    manifest = json.loads((registry.keys / "keys.json").read_text())
    year = datetime.now(UTC).year
    manifest["issuers"] = [
        one for one in manifest["issuers"] if one["file"] != f"issuer-id_card-{year}.pem"
    ]
    (registry.keys / "keys.json").write_text(json.dumps(manifest))
    (registry.keys / f"issuer-id_card-{year}.pem").unlink()
    assert "key set" in registry.init()
    registry.publish()
    assert registry.verdict(shown(registry.card(holder="early"), "early")) == "ISSUER_UNKNOWN"
    assert registry.sync() == 0
    assert registry.verdict(shown(forged, "thief")) == "ISSUER_UNKNOWN"
    assert registry.verdict(shown(registry.card(holder="holder"))) == "VALID"


def test_emergency_a_stolen_publisher_key_is_not_listened_to(registry: Registry) -> None:
    stolen = {
        name: (registry.keys / name).read_bytes() for name in ("publisher.pem", "key-sets.cbor")
    }
    (registry.keys / "publisher.pem").unlink()
    (registry.keys / "publishers.json").unlink()
    registry.init()
    registry.publish()
    assert registry.sync() == 0
    used = (registry.terminal / "bundle.cose").read_bytes()
    for name, data in stolen.items():
        (registry.keys / name).write_bytes(data)
    registry.publish()  # the thief, with a newer version
    assert registry.sync() == 2
    assert (registry.terminal / "bundle.cose").read_bytes() == used
    assert registry.verdict(shown(registry.card(holder="holder"))) == "VALID"
