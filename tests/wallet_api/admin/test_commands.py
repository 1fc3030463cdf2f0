"""The administrator's commands, run as commands."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from sqlalchemy import create_engine, inspect, select

from credentials.signing import compress
from tests.wallet_api.counter_desk import PASSWORD, Counter, confirm, enrol, open_counter
from tests.wallet_api.operators.authenticator import ORIGIN, Authenticator
from tests.wallet_api.simulators import NIK, World
from wallet_api import cli
from wallet_api.adapters.keys import PemKeyRing
from wallet_api.models import AuditEvent, Kiosk, Operator, Wallet
from wallet_api.services import kiosks, passkeys

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def settings(world: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """The environment that a command reads, over the world of the test."""
    values = world.deps.settings
    for name in ("database_url", "keys_dir", "registry_url", "publish_dir", "public_url"):
        monkeypatch.setenv(f"WALLET_{name.upper()}", str(getattr(values, name)))
    return world


def admin(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    """Run a command that must succeed; returns what it printed."""
    capsys.readouterr()
    assert cli.main(["admin", *words]) == 0
    return capsys.readouterr().out.strip()


def test_an_office_a_kiosk_and_an_operator_are_ready_for_work(
    settings: World, capsys: pytest.CaptureFixture[str]
) -> None:
    office = json.loads(
        admin(capsys, "offices", "add", "--code", "3173", "--name", "Jakarta Barat")
    )
    assert office["code"] == "3173"
    token = admin(capsys, "kiosks", "add", "--office", "3173", "--name", "Loket 1").split()[-1]
    printed = admin(
        capsys, "operators", "add", "--office", "3173", "--username", "budi",
        "--name", "Budi", "--role", "supervisor",
    )  # fmt: skip
    made = json.loads(printed)
    assert set(made) == {"username", "password", "totp_secret", "totp_uri"}
    assert made["totp_uri"].startswith("otpauth://totp/IKD:budi?secret=")
    with settings.deps.transaction() as db:
        assert db.scalars(select(Operator)).one().role == "supervisor"
        kiosk = db.scalars(select(Kiosk)).one()
        assert kiosk.token_hash == kiosks._hash(settings.deps, token)


def test_a_password_comes_from_a_file(
    settings: World, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    admin(capsys, "offices", "add", "--code", "3173", "--name", "Jakarta Barat")
    secret = tmp_path / "password"
    secret.write_text("a long enough password\n")
    printed = admin(
        capsys, "operators", "add", "--office", "3173", "--username", "citra",
        "--name", "Citra", "--role", "operator", "--password-file", str(secret),
    )  # fmt: skip
    assert json.loads(printed)["password"] == "a long enough password"


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
def test_an_administrator_demands_lists_and_removes_passkeys(
    settings: World, capsys: pytest.CaptureFixture[str]
) -> None:
    counter = open_counter(settings)
    desk = counter.sign_in(counter.add_operator("budi"))
    question = passkeys.ask_to_add(settings.deps, desk, origin=ORIGIN, password=PASSWORD)
    passkeys.add(settings.deps, desk, Authenticator().made(question), name="Kunci USB")
    told = admin(capsys, "offices", "passkeys", "--code", counter.office, "--demanded", "yes")
    assert told == f"office {counter.office}: passkeys are demanded"
    assert passkeys.list_own(settings.deps, desk)["demanded"] is True
    words = ("operators", "passkeys", "list", "--username", "budi")
    [listed] = json.loads(admin(capsys, *words))
    assert (listed["name"], listed["last_used_at"]) == ("Kunci USB", None)
    remove = ("operators", "passkeys", "remove", "--username", "budi", "--id", listed["id"])
    assert "opens no shift any more" in admin(capsys, *remove)
    assert json.loads(admin(capsys, *words)) == []
    assert cli.main(["admin", *remove]) == 1


def test_a_refusal_names_the_field_and_never_the_value(
    settings: World, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["admin", "wallets", "block", "--nik", "12345", "--reason", "lost"]) == 1
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err == "INPUT_INVALID\n  nik: LENGTH\n"


def test_a_missing_file_is_named(settings: World, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["admin", "operators", "add", "--office", "1", "--username", "budi", "--name", "B"]
    assert cli.main([*words, "--role", "operator", "--password-file", "/no/such/file"]) == 1
    assert capsys.readouterr().err == "FileNotFoundError: /no/such/file\n"


@pytest.mark.parametrize(
    "words",
    [
        [],
        ["admin"],
        ["admin", "offices", "add"],
        ["admin", "operators", "add", "--role", "king"],
        ["admin", "credentials", "revoke", "--nik", "1", "--id", "2", "--reason", "r"],
        ["admin", "credentials", "revoke", "--nik", "1"],
        ["fly"],
    ],
)
def test_what_is_no_command_ends_with_2(words: list[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main(words)
    assert ended.value.code == 2


@pytest.fixture
def wallet(settings: World) -> Counter:
    """A counter at which the wallet of NIK was just opened."""
    counter = open_counter(settings)
    desk = counter.sign_in(counter.add_operator())
    phone = enrol(settings)
    confirm(settings, desk, phone, phone.come_to(counter))
    return counter


def test_a_wallet_is_blocked_by_nik(
    settings: World,
    wallet: Counter,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(f"{NIK}\n"))
    assert admin(capsys, "wallets", "block", "--nik", "-", "--reason", "lost") == "blocked"
    again = admin(capsys, "wallets", "block", "--nik", NIK, "--reason", "lost")
    assert again == "there is no active wallet"
    with settings.deps.transaction() as db:
        assert db.scalars(select(Wallet)).one().state == "BLOCKED"
        asked = db.scalars(
            select(AuditEvent.facts).where(AuditEvent.event == "person.block_asked")
        ).all()
    assert asked == ['{"found":true,"reason":"lost"}', '{"found":false,"reason":"lost"}']


def test_a_person_without_credentials_has_none_to_revoke(
    settings: World, wallet: Counter, capsys: pytest.CaptureFixture[str]
) -> None:
    printed = admin(capsys, "credentials", "revoke", "--nik", NIK, "--reason", "died")
    assert json.loads(printed) == {"status": "revoked", "changed": []}


def test_a_kiosk_is_blocked_by_its_id(
    settings: World, wallet: Counter, capsys: pytest.CaptureFixture[str]
) -> None:
    admin(capsys, "kiosks", "block", wallet.kiosk_id, "--reason", "stolen")
    with settings.deps.transaction() as db:
        assert db.get_one(Kiosk, wallet.kiosk_id).state == "BLOCKED"
    assert cli.main(["admin", "kiosks", "block", wallet.kiosk_id]) == 1


def test_an_operator_is_ended_by_user_name(
    settings: World, wallet: Counter, capsys: pytest.CaptureFixture[str]
) -> None:
    admin(capsys, "operators", "end", "--username", "budi")
    with settings.deps.transaction() as db:
        assert not db.scalars(select(Operator)).one().active


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
def test_the_bundle_root_is_a_public_key(
    settings: World, capsys: pytest.CaptureFixture[str]
) -> None:
    key = serialization.load_pem_public_key(admin(capsys, "bundle-root").encode())
    assert compress(key) == compress(settings.deps.keys.bundle_root.public_key)  # type: ignore[arg-type]


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
def test_the_issuer_root_is_the_certificate_of_the_leaves(
    settings: World, capsys: pytest.CaptureFixture[str]
) -> None:
    root = x509.load_pem_x509_certificate(admin(capsys, "issuer-root").encode())
    leaf = x509.load_der_x509_certificate(settings.deps.keys.sd_jwt.chain[0])
    leaf.verify_directly_issued_by(root)


def test_keys_are_certified_for_the_address_that_is_given_or_set_or_the_one_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    folder, words = tmp_path / "keys", ("keys", "init", "--dir", str(tmp_path / "keys"))
    first, second = "https://one.example", "https://two.example/ikd"
    monkeypatch.setenv("WALLET_PUBLIC_URL", first)
    admin(capsys, *words)
    assert PemKeyRing(folder).names(first)
    assert "sd-jwt certificate" in admin(capsys, *words, "--public-url", second)
    assert PemKeyRing(folder).names(second)
    monkeypatch.delenv("WALLET_PUBLIC_URL")
    assert admin(capsys, *words) == "nothing was missing"


def test_keys_and_schema_are_made_from_nothing(
    database_url: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    folder = tmp_path / "keys"
    monkeypatch.setenv("WALLET_DATABASE_URL", database_url)
    monkeypatch.setenv("WALLET_KEYS_DIR", str(folder))
    monkeypatch.setenv("WALLET_REGISTRY_URL", "sqlite:///nothing.db")
    monkeypatch.setenv("WALLET_PUBLISH_DIR", str(tmp_path / "published"))
    assert " keys made in " in admin(capsys, "keys", "init", "--dir", str(folder))
    kept = (folder / "bundle-root.pem").read_bytes()
    assert admin(capsys, "keys", "init", "--dir", str(folder)) == "nothing was missing"
    assert (folder / "bundle-root.pem").read_bytes() == kept
    assert folder.stat().st_mode & 0o077 == 0
    admin(capsys, "migrate")
    engine = create_engine(database_url)
    assert "kiosk" in inspect(engine).get_table_names()
    engine.dispose()


def test_it_runs_as_a_module(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "wallet_api", "admin", "bundle-root"]
    ran = subprocess.run(command, capture_output=True, text=True, check=False, env={"PATH": ""})
    assert ran.returncode == 1
    assert ran.stderr.startswith("CONFIGURATION\n")
    assert "WALLET_DATABASE_URL" in ran.stderr
