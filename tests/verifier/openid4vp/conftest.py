"""A relying party on a real port, an issuer with a status server, and what they share."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from samples.processes import free_port
from tests.verifier.openid4vp.world import World, running_issuer
from verifier.openid4vp.assembly import assemble
from verifier.openid4vp.development import init_folder
from verifier.openid4vp.exchange import RelyingParty, Wish
from verifier.openid4vp.results import Results
from verifier.openid4vp.serving import make_server
from verifier.openid4vp.settings import API_KEY, SETTINGS, Folder
from verifier.openid4vp.web.app import create_app

NAME = "Bank Contoh"


class Clock:
    """The real time, which a test may move."""

    def __init__(self) -> None:
        self.moved = 0

    def __call__(self) -> int:
        return int(time.time()) + self.moved


@dataclass
class Party:
    """A relying party that runs."""

    url: str
    home: Path
    party: RelyingParty
    clock: Clock

    @property
    def api_key(self) -> str:
        return Folder(self.home).text(API_KEY)

    def ask(self, format_name: str = "dc+sd-jwt", **changes: Any) -> str:
        """Start a request as the command does, and return its link."""
        members: dict[str, Any] = {"policy": "bank-kyc", "document_type": "id_card", **changes}
        return self.party.start(Wish(format=format_name, **members)).link  # type: ignore[arg-type]

    def report(self, link: str) -> dict[str, Any]:
        return Results(self.party).report(link.rpartition("%2F")[2].partition("&")[0])


def prepare(home: Path, world: World, url: str, **settings: Any) -> Path:
    """Make a relying party's folder that trusts this issuer."""
    home.mkdir(parents=True, exist_ok=True)
    (home / "trust.json").write_text(json.dumps(world.trust(home)))
    init_folder(home, name=NAME, public_url=url, trust="trust.json")
    if settings:
        kept = json.loads((home / SETTINGS).read_text())
        (home / SETTINGS).write_text(json.dumps(kept | settings))
    return home


@contextmanager
def running_party(home: Path, world: World, *, path: str = "", **settings: Any) -> Iterator[Party]:
    port = free_port()
    url = f"http://127.0.0.1:{port}{path}"
    prepare(home, world, url, **settings)
    clock = Clock()
    party = assemble(home, clock=clock)
    app = create_app(party, api_key=Folder(home).text(API_KEY))
    server = make_server(app, host="127.0.0.1", port=port)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield Party(url, home, party, clock)
    finally:
        server.shutdown()
        server.server_close()


@pytest.fixture
def world() -> Iterator[World]:
    with running_issuer() as issuer:
        yield issuer


@pytest.fixture
def bank(tmp_path: Path, world: World) -> Iterator[Party]:
    with running_party(tmp_path / "bank", world) as party:
        yield party


@pytest.fixture
def start_bank(tmp_path: Path, world: World) -> Iterator[Callable[..., Party]]:
    """Start a relying party with other settings."""
    from contextlib import ExitStack

    with ExitStack() as stack:

        def start(**changes: Any) -> Party:
            return stack.enter_context(running_party(tmp_path / "bank", world, **changes))

        yield start
