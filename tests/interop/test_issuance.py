"""OpenID4VCI with oid4vc-ts as the wallet, against the whole installation as processes.

What its release cannot do is tested by plain HTTP in `tests/wallet_api/openid`: encrypted requests
and answers (it cannot ask for them) and a notification after a deferred answer (it refuses the id).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import requests
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from samples.phone import approval
from tests.interop.clients import Client, RefusedError, Wallet
from tests.interop.documents import CATALOGUE, TYPES
from tests.interop.documents import ROOT as ANOTHER_ROOT
from tests.journey.resident import PIN, wait_until

if TYPE_CHECKING:
    import subprocess

    from tests.interop.conftest import Issuer

SD_JWT, MDOC = "dc+sd-jwt", "mso_mdoc"


def _indices(credentials: list[dict[str, Any]]) -> list[int]:
    return [one["status"]["idx"] for one in credentials]


def test_every_type_as_sd_jwt_vc(issuer: Issuer, wallet: Wallet) -> None:
    told = wallet.run("accept", issuer.offer(*TYPES))
    assert told["seen"] == {
        "signedMetadata": "trusted",
        "dpop": True,
        "tokenType": "DPoP",
        "notified": "credential_accepted",
    }
    held = told["credentials"]
    assert [one["type"] for one in held] == [f"{issuer.url}/openid/types/{n}" for n in TYPES]
    assert held[TYPES.index("id_card")]["shows"]["name"] == issuer.resident.person["name"]
    assert {one["status"] for one in wallet.run("status")} == {"valid"}


def test_a_verifier_of_others_understands_what_each_type_means(
    issuer: Issuer, javascript: Client
) -> None:
    for name in TYPES:
        document = requests.get(f"{issuer.url}/openid/types/{name}", timeout=10).json()
        (understood,) = javascript.do(("type_metadata", {"document": document}))
        assert understood["vct"] == f"{issuer.url}/openid/types/{name}"
        assert [one["locale"] for one in understood["display"]] == ["id", "en"]
        assert understood["claims"]


def test_every_type_as_mdoc(issuer: Issuer, wallet: Wallet) -> None:
    with_ = ("--tx-code", "4711", "--by-reference")
    offer = issuer.offer(*TYPES, form=MDOC, with_=with_)
    assert "credential_offer_uri=" in offer
    held = wallet.run("accept", offer, "--tx-code", "4711")["credentials"]
    assert [one["type"] for one in held] == [CATALOGUE.document_type(n).doctype for n in TYPES]
    card = held[TYPES.index("id_card")]["shows"]["org.iso.23220.1"]
    assert card["family_name"] == issuer.resident.person["name"]
    assert "portrait" in card
    assert card["age_over_18"] is True
    assert {one["status"] for one in wallet.run("status")} == {"valid"}


def test_a_wallet_that_trusts_another_root_takes_nothing(issuer: Issuer, tmp_path: Path) -> None:
    root = tmp_path / "root.pem"
    certificate = x509.load_der_x509_certificate(ANOTHER_ROOT)
    root.write_bytes(certificate.public_bytes(Encoding.PEM))
    with pytest.raises(RefusedError, match="anchor"):
        Wallet(tmp_path, root).run("accept", issuer.offer("id_card"))


def test_a_wrong_transaction_code_gets_nothing(issuer: Issuer, wallet: Wallet) -> None:
    offer = issuer.offer("id_card", with_=("--tx-code", "4711"))
    with pytest.raises(RefusedError, match="invalid_grant"):
        wallet.run("accept", offer, "--tx-code", "4712")
    assert len(wallet.run("accept", offer, "--tx-code", "4711")["credentials"]) == 1
    with pytest.raises(RefusedError, match="invalid_grant"):
        wallet.run("accept", offer, "--tx-code", "4711")


@pytest.mark.parametrize("form", [SD_JWT, MDOC])
def test_a_batch_of_ten_has_nothing_in_common(issuer: Issuer, wallet: Wallet, form: str) -> None:
    held = wallet.run("accept", issuer.offer("id_card", form=form), "--copies", "10")["credentials"]
    indices = _indices(held)
    assert len(held) == len(set(indices)) == len({one["key"]["x"] for one in held}) == 10
    steps = {after - before for before, after in pairwise(indices)}
    assert len(steps) > 1
    assert len({one["status"]["uri"] for one in held}) == 1
    if form == SD_JWT:
        texts = [set(one["credential"].split("~")[1:-1]) for one in held]
        assert set.intersection(*texts) == set()


def test_a_wallet_without_dpop(issuer: Issuer, wallet: Wallet) -> None:
    told = wallet.run("accept", issuer.offer("tax_number"), "--bearer", "--no-notice")
    assert (told["seen"]["tokenType"], told["seen"]["dpop"]) == ("Bearer", False)
    assert len(told["credentials"]) == 1


def test_a_refresh_token_renews(issuer: Issuer, wallet: Wallet) -> None:
    first = wallet.run("accept", issuer.offer("id_card", "family_card"))["credentials"]
    second = wallet.run("renew", "--copies", "2")["credentials"]
    assert len(second) == 4
    assert {one["type"] for one in second} == {one["type"] for one in first}
    assert set(_indices(first)).isdisjoint(_indices(second))


def test_the_issuer_may_ask_to_come_again(issuer: Issuer, wallet: Wallet) -> None:
    settings = issuer.office.site.settings
    settings["WALLET_OPENID_DEFERRED_SECONDS"] = "1"
    issuer.office.kill_and_start("API")
    try:
        told = wallet.run("accept", issuer.offer("vaccination_card"), "--copies", "3")
    finally:
        del settings["WALLET_OPENID_DEFERRED_SECONDS"]
        issuer.office.kill_and_start("API")
    assert told["seen"]["deferred"] is True
    assert len(set(_indices(told["credentials"]))) == 3


# ------------------------------------------------------------------ the resident approves


def _address(started: subprocess.Popen[str]) -> str:
    """Read what the wallet says until it names the page to open in a browser."""
    assert started.stderr is not None
    for line in started.stderr:
        if found := re.search(r"http://\S+/openid/authorize\S*", line):
            return found[0]
    raise AssertionError(started.communicate())


def _decide(issuer: Issuer, page: str, decision: Callable[[str, str], object]) -> None:
    """Open the page in a browser, decide on the phone, let the browser go back to the wallet."""
    with requests.Session() as browser:
        shown = browser.get(page, timeout=10)
        assert shown.status_code == 200
        link = unescape(re.findall(r'href="(ikd-wallet:[^"]+)"', shown.text)[0])
        number = re.findall(r'class="number"[^>]*>(\d{3})<', shown.text)[0]
        decision(approval.read_link(link), number)
        back = f"{issuer.url}/openid/authorize/{approval.read_link(link)}/continue"
        assert browser.get(back, timeout=10).text == "Done: go back to the wallet."


def _start(issuer: Issuer, wallet: Wallet) -> subprocess.Popen[str]:
    offer = issuer.offer("id_card", form=MDOC, with_=("--grant", "authorization-code"))
    return wallet.start("accept", offer)


def test_the_resident_approves_in_the_national_app(issuer: Issuer, wallet: Wallet) -> None:
    phone = issuer.resident.phone

    def approve(request: str, number: str) -> None:
        asked = approval.look(phone, request)
        assert asked["number"] == number
        assert [(one["type"], one["format"]) for one in asked["documents"]] == [("id_card", MDOC)]
        approval.decide(phone, request, number, "approve", PIN)

    started = _start(issuer, wallet)
    _decide(issuer, _address(started), approve)
    told = wallet.finish(started)
    assert [one["configuration"] for one in told["credentials"]] == ["id_card_mdoc"]


def test_the_resident_refuses(issuer: Issuer, wallet: Wallet) -> None:
    phone = issuer.resident.phone
    started = _start(issuer, wallet)
    _decide(
        issuer,
        _address(started),
        lambda request, number: approval.decide(phone, request, number, "refuse"),
    )
    with pytest.raises(RefusedError, match="access_denied"):
        wallet.finish(started)


# ------------------------------------------------------------------ status


def test_a_wallet_sees_suspension_and_revocation(issuer: Issuer, wallet: Wallet) -> None:
    nik = str(issuer.resident.person["nik"])
    wallet.run("accept", issuer.offer("id_card"), "--copies", "2")
    wallet.run("accept", issuer.offer("tax_number", form=MDOC))

    def becomes(status: str) -> None:
        wait_until(lambda: [one["status"] for one in wallet.run("status")] == [status] * 3)

    becomes("valid")
    issuer.admin("credentials", "suspend", "--nik", nik, "--reason", "a check")
    becomes("suspended")
    issuer.admin("credentials", "resume", "--nik", nik, "--reason", "checked")
    becomes("valid")
    issuer.admin("credentials", "revoke", "--nik", nik, "--reason", "wrong data")
    becomes("revoked")
