"""`admin offer`: one URI and nothing else, for a person with an ACTIVE wallet."""

from __future__ import annotations

import io
import json
import sys
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.wallet_api.handset import with_wallet
from wallet_api import cli

if TYPE_CHECKING:
    from tests.wallet_api.simulators import World

pytestmark = pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)

NIK = "3174054512900001"
PRE_AUTHORIZED = "urn:ietf:params:oauth:grant-type:pre-authorized_code"
ID_CARD = ("--type", "id_card", "--format", "dc+sd-jwt")


@pytest.fixture(autouse=True)
def environment(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment that a command reads, over the world of the test."""
    for name in ("database_url", "keys_dir", "registry_url", "publish_dir", "public_url"):
        monkeypatch.setenv(f"WALLET_{name.upper()}", str(getattr(world.deps.settings, name)))
    for name in ("mail", "sms"):
        monkeypatch.setenv(f"WALLET_{name.upper()}_URL", f"file://{world.outbox}")


def run(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    capsys.readouterr()
    code = cli.main(["admin", "offer", *words])
    said = capsys.readouterr()
    return code, said.out, said.err


def test_it_prints_one_uri(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    with_wallet(world)
    code, out, err = run(
        capsys, "--nik", NIK, *ID_CARD, "--type", "tax_number", "--tx-code", "1234"
    )
    assert (code, err, out.count("\n")) == (0, "", 1)
    assert out.startswith("openid-credential-offer://?credential_offer=")
    offer = json.loads(parse_qs(urlsplit(out.strip()).query)["credential_offer"][0])
    assert offer["credential_configuration_ids"] == ["id_card_sd_jwt", "tax_number_sd_jwt"]
    assert offer["grants"][PRE_AUTHORIZED]["tx_code"]["length"] == 4


def test_its_other_forms(
    world: World, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with_wallet(world)
    plain = run(capsys, "--nik", NIK, *ID_CARD, "--no-tx-code")[1]
    assert "tx_code" not in plain
    state = run(capsys, "--nik", NIK, *ID_CARD, "--grant", "authorization-code")[1]
    assert "issuer_state" in state
    by_reference = run(capsys, "--nik", NIK, *ID_CARD, "--by-reference")[1]
    assert "credential_offer_uri=https%3A%2F%2Fwallet.test%2Fopenid%2Foffers%2F" in by_reference
    monkeypatch.setattr(sys, "stdin", io.StringIO(f"{NIK}\n"))
    assert run(capsys, "--nik", "-", *ID_CARD)[0] == 0


def test_it_refuses_a_person_without_an_active_wallet(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, err = run(capsys, "--nik", NIK, *ID_CARD)
    assert (code, out) == (1, "")
    assert "WALLET_NOT_FOUND" in err
    assert "ACTIVE wallet" in err
    assert NIK not in err


def test_it_refuses_what_it_does_not_know(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    with_wallet(world)
    wrong = (
        ("--nik", NIK, "--type", "passport", "--format", "mso_mdoc"),
        ("--nik", "1", *ID_CARD),
        ("--nik", NIK, *ID_CARD, "--tx-code", "12"),
        ("--nik", NIK, *ID_CARD, "--tx-code", "1234", "--grant", "authorization-code"),
    )
    for words in wrong:
        code, out, err = run(capsys, *words)
        assert (code, out) == (1, "")
        assert err.startswith("INPUT_INVALID\n  ")
