"""The relying party of `make run`, a process of its own, with its commands at hand."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from samples.processes import ROOT
from samples.relying_party import Bank
from verifier.openid4vp.assembly import assemble
from verifier.openid4vp.exchange import RelyingParty, Wish
from verifier.openid4vp.results import Results

if TYPE_CHECKING:
    from pathlib import Path

    from samples.processes import Service
    from tests.journey.office import Office


@dataclass
class Asker:
    """The bank beside an office. `party` reads and writes the same folder as its server."""

    office: Office
    server: Service | None = None

    @property
    def bank(self) -> Bank:
        """The bank's folder and addresses."""
        return Bank(self.office.site)

    @property
    def root(self) -> Path:
        """The root that wallets have to trust."""
        return self.bank.home / "root.pem"

    @cached_property
    def party(self) -> RelyingParty:
        """What its commands work with."""
        return assemble(self.bank.home)

    def open(self) -> None:
        """Start the server; anew if it runs: it keeps no status list then."""
        if self.server is not None:
            self.office.services.running.remove(self.server)
            self.server.ask_to_stop()
            self.server.stop(0)
        self.server = self.bank.start(self.office.services)
        self.server.wait_ready(f"{self.bank.url}/healthz")

    def ask(self, document_type: str, form: Any, **changes: Any) -> str:
        """Return the link of a new request."""
        wish = {"policy": "default", "document_type": document_type, "format": form} | changes
        return self.party.start(Wish(**wish)).link

    def report(self, link: str) -> dict[str, Any]:
        """Return how a request stands, and its result."""
        return Results(self.party).report(link.rpartition("%2F")[2].partition("&")[0])

    def command(self, name: str, *words: str) -> str:
        """Return what `python -m verifier.openid4vp …` prints when it ends well."""
        module = (sys.executable, "-m", "verifier.openid4vp", name, "--home", self.bank.home)
        command = [*module, *words]
        done = subprocess.run(command, check=True, capture_output=True, cwd=ROOT, text=True)
        return done.stdout.strip()
