"""The reference phone decides about another wallet's request, as a command over HTTP."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.serialization import Encoding, PrivateFormat
from werkzeug.serving import make_server

from samples.phone.approval import read_link
from samples.phone.commands import main
from samples.phone.errors import PhoneError
from samples.phone.keys import pin_key
from samples.phone.store import Home, State
from tests.wallet_api.handset import NIK, with_wallet
from wallet_api.adapters.clock import SystemClock
from wallet_api.app import create_app
from wallet_api.models import Wallet
from wallet_api.services import pin_keys

from .foreign_wallet import Browser, ForeignWallet, answer_in, number_on, request_on

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.wallet_api.simulators import World

on_sqlite = pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)

PIN, SALT = "271828", b"s" * 32


@pytest.fixture
def served(world: World) -> Iterator[str]:
    world.clock.at = SystemClock().now()  # the reference phone goes by the real time
    server = make_server("127.0.0.1", 0, create_app(deps=world.deps), threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def home(world: World, served: str, tmp_path: Path) -> Path:
    """A phone's folder, as the commands before have left it."""
    handset = with_wallet(world)
    with world.deps.transaction() as db:
        wallet = db.get_one(Wallet, handset.wallet)
        chosen = pin_key(PIN, SALT).public_key
        place = f"wallet|{wallet.id}"
        held = pin_keys.seal_pin_key(world.deps, wallet.person.dek, place, chosen)
        wallet.pin_key_sealed, wallet.pin_key_mac = held.sealed, held.mac
        wallet.pin_pepper = held.pepper
    made = Home(tmp_path / "phone")
    made.save(State(api=served, nik=NIK, enrolment=handset.enrolment, wallet=handset.wallet))
    made.save_device_key(
        handset.device._key.private_bytes(
            Encoding.PEM, PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    made.save_pin_salt(SALT)
    return made.folder


def approve(home: Path, link: str, *options: str) -> int:
    return main(["--home", str(home), "--lang", "en", "approve", link, *options])


@on_sqlite
def test_it_shows_the_number_and_approves(
    world: World, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    foreign, browser = ForeignWallet(world), Browser(world)
    page = browser.show(foreign.request_uri(scope="id_card_sd_jwt tax_number_mdoc"))
    request = request_on(page)
    link = f"ikd-wallet://authorize?id={request}"
    assert approve(home, link, "--yes", "--pin", "111111") == 1
    assert approve(home, link, "--yes", "--pin", PIN) == 0
    said = capsys.readouterr().out
    assert "Who asks: wallet.example" in said
    assert "Digital ID card (dc+sd-jwt)" in said
    assert number_on(page) in said
    assert "Approved" in said
    assert foreign.redeem(browser.code(request)).status_code == 200
    assert approve(home, link, "--yes", "--pin", PIN) == 1  # over


@on_sqlite
def test_it_refuses_without_a_pin(world: World, home: Path) -> None:
    foreign, browser = ForeignWallet(world), Browser(world)
    request = request_on(browser.show(foreign.request_uri()))
    assert approve(home, f"ikd-wallet://authorize?id={request}", "--refuse") == 0
    assert answer_in(browser.carry_on(request))["error"] == "access_denied"


@on_sqlite
def test_it_asks_before_it_approves(
    world: World, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    request = request_on(Browser(world).show(ForeignWallet(world).request_uri()))
    assert approve(home, f"ikd-wallet://authorize?id={request}", "--pin", PIN) == 1
    assert "--yes" in capsys.readouterr().err


@pytest.mark.parametrize(
    "link",
    [
        "",
        "https://evil.example/authorize?id=x",
        "ikd-wallet://other?id=x",
        "ikd-wallet://authorize",
        "ikd-wallet://authorize?id=",
        "ikd-wallet://authorize?id=a&id=b",
        "ikd-wallet://authorize?id=../../sessions",
        "ikd-wallet://[",
    ],
)
def test_another_link_is_none(link: str, tmp_path: Path) -> None:
    with pytest.raises(PhoneError) as refused:
        read_link(link)
    assert refused.value.code == "LINK_INVALID"
    assert approve(tmp_path, link) == 1
