"""The bank: it has the day's bundle and a terminal without network."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from credentials.jwk import b64url_decode
from credentials.qr_credential import parse_credential
from samples import card
from samples.demo import pictures, teller
from samples.demo.telling import StoryBroken, Telling
from samples.phone import present
from samples.phone.errors import Problem
from samples.phone.handset import Phone
from samples.site import Site
from verifier.bundle import read_bundle
from verifier.roots import load_root

POLICY = "bank-kyc"
WAIT_SECONDS = 20.0
LATER_SECONDS = 300


@dataclass(frozen=True, slots=True)
class Bank:
    """A relying party that knows the registry's root key, and nothing else of it."""

    site: Site
    telling: Telling

    def check(self, phone: Phone) -> str:
        """Load the bundle, go offline, check what Budi shows; return the verdict in one line."""
        tell, folder = self.telling, self.site.folder
        with tell.step("in the morning the bank loads the signed bundle") as notes:
            bundle = self._load_bundle(phone)
            notes.append(f"{bundle.stat().st_size:,} bytes: keys, revocations, catalogue, regions")
        with tell.step("Budi shows his identity card: QR signed this moment") as notes:
            held = present.find_credential(phone.home, type_name="id_card", profile="full")
            text = present.sign_now(phone.home, phone.clock, held)
            card.draw_presentation(text, folder / "presentation.png")
            notes.append(f"{len(text)} characters")
        terms = ["--bundle", str(bundle), "--root", str(folder / "bundle-root.pem")]
        terms += ["--policy", POLICY]
        portrait = folder / "portrait.webp"
        with tell.step("checked from the picture, without network") as notes:
            picture = [str(folder / "presentation.png"), *terms, "--portrait", str(portrait)]
            checked = teller.check_offline(picture, api_port=self.site.api_port)
            notes.append(checked.isolation)
        card.draw_card(text, folder / "card.png")
        pictures.draw_verdict(checked.report, portrait, folder / "verdict.png")
        if checked.exit_code or not checked.report["valid"]:
            raise StoryBroken(f"the bank says {checked.report['code']}")
        self._check_screenshot(text, terms)
        return _in_one_line(checked.report)

    def _load_bundle(self, phone: Phone) -> Path:
        """Fetch the bundle as soon as the worker has published one that knows Budi's lists."""
        file = self.site.folder / "bundle.cose"
        root = load_root(self.site.folder / "bundle-root.pem")
        held = [parse_credential(b64url_decode(c.credential)) for c in phone.home.credentials()]
        lists = {one.claims.status_list for one in held}
        until = time.monotonic() + WAIT_SECONDS
        while time.monotonic() < until:
            try:
                file.write_bytes(phone.api.get("/v1/lists/bundle").body)
            except Problem as problem:
                if problem.code != "NOT_PUBLISHED":
                    raise
            else:
                if lists <= set(read_bundle(file, root=root).revocation.lists):
                    return file
            time.sleep(0.2)
        raise StoryBroken("nothing was published after the credentials were issued")

    def _check_screenshot(self, text: str, terms: list[str]) -> None:
        """Show the same QR five minutes later."""
        later = time.gmtime(time.time() + LATER_SECONDS)
        moment = time.strftime("%Y-%m-%dT%H:%M:%SZ", later)
        begin = time.monotonic()
        checked = teller.check_offline([text, *terms, "--now", moment], api_port=self.site.api_port)
        if checked.report["code"] != "NOT_FRESH":
            raise StoryBroken(f"an old screenshot: {checked.report['code']}")
        seconds = time.monotonic() - begin
        self.telling.refusal(
            "the same QR as a screenshot, five minutes later", seconds, "NOT_FRESH"
        )


def _in_one_line(report: dict[str, Any]) -> str:
    shown = {
        "authentic": str(report["authentic"]).lower(),
        "possession": report["possession"],
        "status": report["status"],
        "as_of": report["status_as_of"],
        "policy": report["policy"],
    }
    facts = " ".join(f"{name}={value}" for name, value in shown.items())
    document = f"{report['document_type']}/{report['profile']} {report['claims'].get('name', '')}"
    return f"VERDICT {report['code']} {document} {facts} offline"
