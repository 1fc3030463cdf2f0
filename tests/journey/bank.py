"""A relying party: it loads the published bundle, then checks with no network."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import requests

from credentials.jwk import b64url_decode
from credentials.qr_credential import parse_credential
from samples.demo import teller
from tests.journey.resident import Resident, wait_until
from verifier.bundle import read_bundle
from verifier.roots import load_root

if TYPE_CHECKING:
    from tests.journey.office import Office


def wait_for_status(office: Office, of: Resident, status: str) -> None:
    """Load bundles until one gives all credentials on this phone that status."""
    assert of.home.credentials()
    claims = [
        parse_credential(b64url_decode(one.credential)).claims for one in of.home.credentials()
    ]
    file = office.site.folder / "bundle.cose"
    root = load_root(office.site.folder / "bundle-root.pem")

    def is_published() -> bool:
        answer = requests.get(f"{office.site.api}/v1/lists/bundle", timeout=5)
        if answer.status_code != requests.codes.ok:
            return False
        file.write_bytes(answer.content)
        revocation = read_bundle(file, root=root).revocation
        if not {one.status_list for one in claims} <= set(revocation.lists):
            return False
        return {revocation.status(one.status_list, one.status_index) for one in claims} == {status}

    wait_until(is_published, seconds=90)  # a worker that died holds its job for half a minute


def check(office: Office, shown: str) -> dict[str, Any]:
    """Check a text or a picture by the verifier's command, in a process without network."""
    folder = office.site.folder
    terms = ["--bundle", str(folder / "bundle.cose"), "--root", str(folder / "bundle-root.pem")]
    checked = teller.check_offline([shown, *terms], api_port=office.site.api_port)
    assert checked.exit_code == (0 if checked.report["valid"] else 1)
    return checked.report
