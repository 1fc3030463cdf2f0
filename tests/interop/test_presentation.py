"""OpenID4VP with oid4vc-ts, @sd-jwt/* and @owf/mdoc as the wallet: issue → present → verify.

Issuer, status lists and relying party are processes of ours; the wallet is nobody's of ours.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.interop.clients import RefusedError, Wallet
from tests.interop.documents import TYPES
from tests.interop.relying_party import Asker
from tests.journey.resident import wait_until

if TYPE_CHECKING:
    from tests.interop.conftest import Issuer

FORMS = ["dc+sd-jwt", "mso_mdoc"]


@pytest.fixture(scope="module")
def bank(issuer: Issuer) -> Asker:
    asker = Asker(issuer.office)
    asker.bank.prepare(issuer.administrator)
    asker.open()
    return asker


@pytest.fixture
def wallet(issuer: Issuer, bank: Asker, tmp_path: Path) -> Wallet:
    return Wallet(tmp_path, issuer.root, "--verifier-root", str(bank.root))


@pytest.mark.parametrize("form", FORMS)
def test_every_type_is_issued_presented_and_verified(
    issuer: Issuer, bank: Asker, wallet: Wallet, form: str
) -> None:
    wallet.run("accept", issuer.offer(*TYPES, form=form))
    for name in TYPES:
        link = bank.ask(name, form)
        answered = wallet.run("present", link)
        assert answered["status"] == 200, answered
        assert (answered["client"], answered["seen"]["verifier"]) == ("x509_hash", "trusted")
        report = bank.report(link)
        assert report["state"] == "verified", report
        assert report["result"]["type"] == name
    assert report["result"]["issuer"] == "Dukcapil (contoh)"


@pytest.mark.parametrize("form", FORMS)
def test_the_bank_gets_what_it_asked_for_and_no_more(
    issuer: Issuer, bank: Asker, wallet: Wallet, form: str
) -> None:
    wallet.run("accept", issuer.offer("id_card", form=form))
    link = bank.command("request", "--policy", "bank-kyc", "--format", form, "--post")
    assert link.startswith("openid4vp://?")
    answered = wallet.run("present", link)
    assert answered["seen"]["encryption"] == {"alg": "ECDH-ES", "enc": "A256GCM"}
    values = json.loads(bank.command("result", link))["result"]["claims"]
    assert values["nik"] == issuer.resident.person["nik"]
    assert values["name"] == issuer.resident.person["name"]
    assert {"religion", "blood_type"}.isdisjoint(values)


@pytest.mark.parametrize("form", FORMS)
def test_an_age_is_shown_without_the_birthday(
    issuer: Issuer, bank: Asker, wallet: Wallet, form: str
) -> None:
    wallet.run("accept", issuer.offer("id_card", form=form))
    link = bank.ask("id_card", form, policy="age-check")
    assert wallet.run("present", link)["status"] == 200
    claims = bank.report(link)["result"]["claims"]
    assert claims["age_over"] == 18
    assert {"birth_date", "nik", "name"}.isdisjoint(claims)


@pytest.mark.parametrize("form", FORMS)
def test_a_tampered_answer_is_refused(
    issuer: Issuer, bank: Asker, wallet: Wallet, form: str
) -> None:
    wallet.run("accept", issuer.offer("tax_number", form=form))
    link = bank.ask("tax_number", form)
    answered = wallet.run("present", link, "--tamper")
    assert 400 <= answered["status"] < 500
    assert "error" in answered["body"]
    assert bank.report(link)["state"] == "refused"


def test_a_revoked_credential_is_refused(issuer: Issuer, bank: Asker, wallet: Wallet) -> None:
    nik = str(issuer.resident.person["nik"])
    wallet.run("accept", issuer.offer("vehicle_ownership", form="dc+sd-jwt"))
    wallet.run("accept", issuer.offer("vehicle_ownership", form="mso_mdoc"))
    issuer.admin("credentials", "revoke", "--nik", nik, "--reason", "sold")
    wait_until(lambda: {one["status"] for one in wallet.run("status")} == {"revoked"})
    bank.open()  # forgets the list, which it may keep for as long as the list itself allows
    for form in FORMS:
        link = bank.ask("vehicle_ownership", form)
        answered = wallet.run("present", link)
        assert 400 <= answered["status"] < 500
        assert "REVOKED" in json.dumps(bank.report(link))


def test_an_answer_counts_once(issuer: Issuer, bank: Asker, wallet: Wallet) -> None:
    wallet.run("accept", issuer.offer("tax_number"))
    link = bank.ask("tax_number", "dc+sd-jwt")
    assert wallet.run("present", link)["status"] == 200
    with pytest.raises(RefusedError, match="invalid_request_uri"):
        wallet.run("present", link)
    assert bank.report(link)["state"] == "verified"
