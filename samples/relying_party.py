"""A bank beside an installation: asks wallets for documents over the network (OpenID4VP).

It believes the installation's issuer, and knows nothing else of it: a folder with a trust file, as
a bank's operator would make it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from samples.administrator import Administrator
from samples.processes import ROOT, Service, Services, free_port, is_free, python, run_command
from samples.site import Site

PORT = 8095
NAME = "Bank Contoh"
CATALOGUE = ROOT / "wallet_api" / "catalogue"
OFFERS = [
    {"policy": "bank-kyc", "type": "id_card"},
    {"policy": "bank-kyc", "type": "id_card", "format": "mso_mdoc"},
]


@dataclass(frozen=True, slots=True)
class Bank:
    """The bank of a site, in the folder `bank` below the site's."""

    site: Site

    @property
    def home(self) -> Path:
        """Its folder."""
        return self.site.folder / "bank"

    @property
    def url(self) -> str:
        """Its address."""
        settings = json.loads((self.home / "relying-party.json").read_text("utf-8"))
        url: str = settings["public_url"]
        return url

    @property
    def port(self) -> int:
        """The port of its address."""
        return urlsplit(self.url).port or PORT

    def prepare(self, admin: Administrator, *, port: int | None = None) -> None:
        """Make the folder if there is none; the API's keys must be there."""
        if (self.home / "relying-party.json").exists():
            return
        chosen = port or (PORT if is_free(PORT) else free_port())
        self.home.mkdir(parents=True, exist_ok=True)
        (self.home / "issuer-root.pem").write_text(admin.run("admin", "issuer-root"), "utf-8")
        types = {
            name: {"vct": f"{self.site.api}/openid/types/{name}"}
            for name in (json.loads(path.read_text("utf-8"))["name"] for path in _documents())
        }
        issuer = {
            "name": "Dukcapil (contoh)",
            "anchors": ["issuer-root.pem"],
            "status_prefix": f"{self.site.api}/v1/lists/status/",
            "types": types,
        }
        trust = {"catalogue": [str(CATALOGUE)], "issuers": [issuer]}
        path = self.home / "trust.json"
        path.write_text(json.dumps(trust, indent=2) + "\n", "utf-8")
        command = python(
            "-m", "verifier.openid4vp", "init", "--home", str(self.home), "--name", NAME,
            "--public-url", f"http://127.0.0.1:{chosen}", "--trust", str(path),
        )  # fmt: skip
        run_command(command, self.site.env(), self.site.logs / "bank-init.log")
        settings = self.home / "relying-party.json"
        kept = json.loads(settings.read_text("utf-8")) | {"offers": OFFERS}
        settings.write_text(json.dumps(kept, indent=2) + "\n", "utf-8")

    def start(self, services: Services) -> Service:
        """Start its server."""
        command = python(
            "-m", "verifier.openid4vp", "serve", "--home", str(self.home), "--port", str(self.port)
        )
        return services.start("bank", command, self.site.env(), self.site.logs / "bank.log")


def _documents() -> list[Path]:
    return sorted(CATALOGUE.glob("*.json"))
