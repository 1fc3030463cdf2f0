"""From the registry's offer to a phone that knows who asks, by the commands people run (T10)."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from credentials.jwk import public_jwk
from samples.phone.errors import PhoneError
from samples.phone.requesters import find, read_question
from samples.phone.store import Home
from tests.wallet_api.simulators import World
from verifier.cli import main as verifier
from verifier.requester import load_requester
from verifier.roots import load_root
from wallet_api import bootstrap, cli
from wallet_api.adapters.clock import SystemClock
from wallet_api.app import create_app
from wallet_api.services import publication

pytestmark = pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
BANK = "Bank Nusantara"
Run = Callable[..., str]


@pytest.fixture
def admin(
    world: World,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Run:
    """Run a command over the world's database, with keys of today."""
    values = world.deps.settings
    for name in ("database_url", "registry_url", "publish_dir", "public_url"):
        monkeypatch.setenv(f"WALLET_{name.upper()}", str(getattr(values, name)))
    monkeypatch.setenv("WALLET_KEYS_DIR", str(tmp_path / "today"))

    def run(*words: object, code: int = 0) -> str:
        capsys.readouterr()
        assert cli.main(["admin", *map(str, words)]) == code
        printed = capsys.readouterr()
        return (printed.out + printed.err).strip()

    run("keys", "init", "--dir", tmp_path / "today")
    return run


def publish(folder: Path) -> bytes:
    """Publish: bundle and pinned root as files for the desk, the phones' list returned."""
    with bootstrap.opened_deps() as deps:
        assert publication.publish(deps)
        bundle = publication.read_published(deps, publication.BUNDLE)
        (folder / "bundle.cose").write_bytes(bundle)
        root = deps.keys.bundle_root.public_key
        pem = root.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        (folder / "root.pem").write_bytes(pem)
        return publication.read_published(deps, publication.RELYING_PARTIES)


def fetched() -> bytes:
    """What a phone gets from the API, and gets only once."""
    with bootstrap.opened_deps() as deps:
        client = create_app(deps=deps).test_client()
    answer = client.get("/v1/lists/relying-parties")
    assert answer.mimetype == "application/cose"
    etag = {"If-None-Match": answer.headers["ETag"]}
    assert client.get("/v1/lists/relying-parties", headers=etag).status_code == 304
    return answer.data


def test_an_institution_registers_asks_and_is_revoked(admin: Run, tmp_path: Path) -> None:
    offered = admin("relying-parties", "offer", "--name", BANK, "--profile", "id_card/kyc")
    party, code = offered.split()[2], offered.split()[-1]
    desk = tmp_path / "desk"
    assert verifier(["requester", "init", "--home", str(desk), "--code", code]) == 0
    issued = tmp_path / "bank.cose"
    told = admin("relying-parties", "register", desk / "request.cbor", "--out", issued)
    assert BANK in told
    assert "FILE_EXISTS" in admin(
        "relying-parties", "register", desk / "request.cbor", "--out", issued, code=1
    )
    phones_list = publish(tmp_path)
    assert fetched() == phones_list
    trusted = ["--bundle", str(tmp_path / "bundle.cose"), "--root", str(tmp_path / "root.pem")]
    assert verifier(["requester", "install", str(issued), "--home", str(desk), *trusted]) == 0

    phone = Home(tmp_path / "phone")
    root = load_root(str(tmp_path / "root.pem"))
    phone.save_policy({"bundle_root": public_jwk(root.public_key)})
    phone.save_requesters(phones_list)
    now = SystemClock().now()
    _, text = load_requester(desk).ask(2, purpose="Pembukaan rekening", at=int(time.time()))
    question = read_question(phone, text, now=now)
    assert question.signed is not None
    assert (question.signed.certificate.name, question.signed.purpose) == (
        BANK, "Pembukaan rekening",
    )  # fmt: skip

    listed = json.loads(admin("relying-parties", "list"))
    assert (listed["id"], listed["certificates"][0]["state"]) == (party, "good")
    assert "1 certificates" in admin(
        "relying-parties", "revoke", "--id", party, "--reason", "closed"
    )
    assert admin("relying-parties", "revoke", "--id", party, "--reason", "x", code=1) == "NOT_FOUND"
    phone.save_requesters(publish(tmp_path))
    held = find(phone)
    assert held is not None
    assert held.revoked == {question.signed.certificate.serial}
    with pytest.raises(PhoneError) as caught:
        read_question(phone, text, now=now)
    assert caught.value.code == "REQUESTER_REVOKED"
