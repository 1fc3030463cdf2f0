"""OpenID4VCI and OpenID4VP with oid4vc-ts, @sd-jwt/* and @owf/mdoc as the wallet.

Issuer, status lists and relying party are processes of ours; the wallet is nobody's of ours. What
its release cannot do is tested by plain HTTP in `tests/wallet_api/openid`: encrypted requests and
answers (it cannot ask for them) and a notification after a deferred answer (it refuses the id).
"""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import requests
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from samples.phone import approval
from tests.interop.approving import Asking
from tests.interop.clients import Client, RefusedError, Wallet
from tests.interop.documents import CATALOGUE, TYPES
from tests.interop.documents import ROOT as ANOTHER_ROOT
from tests.journey.resident import PIN, wait_until

if TYPE_CHECKING:
    from tests.interop.conftest import Issuer
    from tests.interop.relying_party import Asker

SD_JWT, MDOC = "dc+sd-jwt", "mso_mdoc"


def _type_names(issuer: Issuer, form: str) -> list[str]:
    if form == MDOC:
        return [CATALOGUE.document_type(name).doctype for name in TYPES]
    return [f"{issuer.url}/openid/types/{name}" for name in TYPES]


def _indices(credentials: list[dict[str, Any]]) -> list[int]:
    return [one["status"]["idx"] for one in credentials]


@pytest.mark.parametrize("form", [SD_JWT, MDOC])
def test_every_type_is_issued_valid_presented_and_verified(
    issuer: Issuer, bank: Asker, wallet: Wallet, form: str
) -> None:
    told = wallet.run("accept", issuer.offer(*TYPES, form=form))
    assert told["seen"] == {
        "signedMetadata": "trusted",
        "dpop": True,
        "tokenType": "DPoP",
        "notified": "credential_accepted",
    }
    assert [one["type"] for one in told["credentials"]] == _type_names(issuer, form)
    wait_until(lambda: requests.get(told["credentials"][0]["status"]["uri"], timeout=5).ok)
    assert {one["status"] for one in wallet.run("status")} == {"valid"}
    for name in TYPES:
        link = bank.ask(name, form)
        answered = wallet.run("present", link)
        assert answered["status"] == 200, answered
        assert (answered["client"], answered["seen"]["verifier"]) == ("x509_hash", "trusted")
        report = bank.report(link)
        assert report["state"] == "verified", report
        assert (report["result"]["type"], report["result"]["status"]) == (name, "good")


# ------------------------------------------------------------------ issuance


def test_a_verifier_of_others_understands_what_each_type_means(
    issuer: Issuer, javascript: Client
) -> None:
    for name in TYPES:
        document = requests.get(f"{issuer.url}/openid/types/{name}", timeout=10).json()
        (understood,) = javascript.do(("type_metadata", {"document": document}))
        assert understood["vct"] == f"{issuer.url}/openid/types/{name}"
        assert [one["locale"] for one in understood["display"]] == ["id", "en"]
        assert understood["claims"]


def test_a_wallet_that_trusts_another_root_takes_nothing(issuer: Issuer, tmp_path: Path) -> None:
    root = tmp_path / "root.pem"
    certificate = x509.load_der_x509_certificate(ANOTHER_ROOT)
    root.write_bytes(certificate.public_bytes(Encoding.PEM))
    with pytest.raises(RefusedError, match="anchor"):
        Wallet(tmp_path, root).run("accept", issuer.offer("id_card"))


def test_a_wrong_transaction_code_gets_nothing(issuer: Issuer, wallet: Wallet) -> None:
    offer = issuer.offer("id_card", form=MDOC, with_=("--tx-code", "4711", "--by-reference"))
    assert "credential_offer_uri=" in offer
    with pytest.raises(RefusedError, match="invalid_grant"):
        wallet.run("accept", offer, "--tx-code", "4712")
    (held,) = wallet.run("accept", offer, "--tx-code", "4711")["credentials"]
    card = held["shows"]["org.iso.23220.1"]
    assert card["family_name"] == issuer.resident.person["name"]
    assert card["age_over_18"] is True
    assert "portrait" in card
    with pytest.raises(RefusedError, match="no such offer"):
        wallet.run("accept", offer, "--tx-code", "4711")


@pytest.mark.parametrize("form", [SD_JWT, MDOC])
def test_a_batch_of_ten_has_nothing_in_common(issuer: Issuer, wallet: Wallet, form: str) -> None:
    held = wallet.run("accept", issuer.offer("id_card", form=form), "--copies", "10")["credentials"]
    indices = _indices(held)
    assert len(held) == len(set(indices)) == len({one["key"]["x"] for one in held}) == 10
    assert len({after - before for before, after in pairwise(indices)}) > 1
    assert len({one["status"]["uri"] for one in held}) == 1
    if form == SD_JWT:
        texts = [set(one["credential"].split("~")[1:-1]) for one in held]
        assert sum(map(len, texts)) == len(set.union(*texts))


def test_a_wallet_without_dpop(issuer: Issuer, wallet: Wallet) -> None:
    told = wallet.run("accept", issuer.offer("tax_number"), "--bearer", "--no-notice")
    assert (told["seen"]["tokenType"], told["seen"]["dpop"]) == ("Bearer", False)
    assert len(told["credentials"]) == 1
    assert len(wallet.run("renew")["credentials"]) == 1


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


def _asking(issuer: Issuer, wallet: Wallet) -> Asking:
    offer = issuer.offer("id_card", form=MDOC, with_=("--grant", "authorization-code"))
    return Asking(wallet, wallet.start("accept", offer))


def test_the_resident_approves_in_the_national_app(issuer: Issuer, wallet: Wallet) -> None:
    phone = issuer.resident.phone

    def approve(request: str, number: str) -> None:
        asked = approval.look(phone, request)
        assert asked["number"] == number
        assert [(one["type"], one["format"]) for one in asked["documents"]] == [("id_card", MDOC)]
        approval.decide(phone, request, number, "approve", PIN)

    asking = _asking(issuer, wallet)
    asking.decide(approve)
    (held,) = asking.finish()["credentials"]
    assert held["configuration"] == "id_card_mdoc"


def test_the_resident_refuses(issuer: Issuer, wallet: Wallet) -> None:
    phone = issuer.resident.phone
    asking = _asking(issuer, wallet)
    asking.decide(lambda request, number: approval.decide(phone, request, number, "refuse"))
    with pytest.raises(RefusedError, match="access_denied"):
        asking.finish()


# ------------------------------------------------------------------ presentation


@pytest.mark.parametrize("form", [SD_JWT, MDOC])
def test_a_bank_gets_what_it_asked_for_and_no_more(
    issuer: Issuer, bank: Asker, wallet: Wallet, form: str
) -> None:
    wallet.run("accept", issuer.offer("id_card", form=form))
    link = bank.command("request", "--policy", "bank-kyc", "--format", form, "--post")
    assert link.startswith("openid4vp://?")
    answered = wallet.run("present", link)
    assert answered["seen"]["encryption"] == {"alg": "ECDH-ES", "enc": "A256GCM"}
    claims = json.loads(bank.command("result", link))["result"]["claims"]
    assert claims["nik"] == issuer.resident.person["nik"]
    assert claims["name"] == issuer.resident.person["name"]
    assert {"religion", "blood_type"}.isdisjoint(claims)
    # An age, without the birthday; and a question that was answered is answered once.
    link = bank.ask("id_card", form, policy="age-check", client_prefix="x509_san_dns")
    assert wallet.run("present", link)["client"] == "x509_san_dns"
    claims = bank.report(link)["result"]["claims"]
    assert claims["age_over"] == 18
    assert {"birth_date", "nik", "name"}.isdisjoint(claims)
    with pytest.raises(RefusedError, match="invalid_request_uri"):
        wallet.run("present", link)


@pytest.mark.parametrize("form", [SD_JWT, MDOC])
def test_a_tampered_answer_is_refused(
    issuer: Issuer, bank: Asker, wallet: Wallet, form: str
) -> None:
    wallet.run("accept", issuer.offer("tax_number", form=form))
    link = bank.ask("tax_number", form)
    answered = wallet.run("present", link, "--tamper")
    assert (answered["status"], answered["body"]["code"]) == (400, "SIGNATURE_INVALID")
    assert bank.report(link)["state"] == "refused"


# ------------------------------------------------------------------ status


def test_wallet_and_bank_see_suspension_and_revocation(
    issuer: Issuer, bank: Asker, wallet: Wallet
) -> None:
    nik = str(issuer.resident.person["nik"])
    wallet.run("accept", issuer.offer("id_card"), "--copies", "2")
    wallet.run("accept", issuer.offer("tax_number", form=MDOC))

    def change(action: str, *, becomes: str) -> None:
        issuer.admin("credentials", action, "--nik", nik, "--reason", "a test")
        wait_until(lambda: {one["status"] for one in wallet.run("status")} == {becomes})

    change("suspend", becomes="suspended")
    bank.open()  # it may keep a list for as long as the list allows: start it anew
    assert "SUSPENDED" in json.dumps(wallet.run("present", bank.ask("id_card", SD_JWT)))
    change("resume", becomes="valid")
    change("revoke", becomes="revoked")
    bank.open()
    for name, form in (("id_card", SD_JWT), ("tax_number", MDOC)):
        link = bank.ask(name, form)
        assert wallet.run("present", link)["status"] == 400
        assert "REVOKED" in bank.report(link)["code"]
