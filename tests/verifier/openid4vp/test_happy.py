"""What a wallet and a relying party do together when all is well."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import requests

from tests.credentials.claims.people import DOCUMENTS
from tests.verifier.openid4vp.conftest import NAME, Party
from tests.verifier.openid4vp.wallet import (
    Bends,
    answer,
    fetch,
    make_form,
    post,
    read_link,
)
from tests.verifier.openid4vp.world import World

FORMATS = ("dc+sd-jwt", "mso_mdoc")


def document(world: World, format_name: str, type_name: str = "id_card") -> str | bytes:
    return world.sd_jwt(type_name) if format_name == FORMATS[0] else world.mdoc(type_name)


@pytest.mark.parametrize("format_name", FORMATS)
def test_a_bank_learns_what_its_policy_shows_and_nothing_else(
    bank: Party, world: World, format_name: str
) -> None:
    """oid4vp-1final-verifier-happy-flow."""
    link = bank.ask(format_name)
    got = answer(link, document(world, format_name), world.holder)
    assert got.status_code == 200, got.text
    assert got.json()["redirect_uri"].startswith(f"{bank.url}/done/")
    report = bank.report(link)
    result = report["result"]
    claims = result.pop("claims")
    assert report["state"] == "verified"
    assert claims.pop("portrait").startswith("data:image/webp;base64,")
    _, values = DOCUMENTS["id_card"]
    shown = bank.party.policy("bank-kyc").shown or ()
    wanted = {name: one for name, one in values.items() if name in shown and name != "portrait"}
    assert claims == wanted
    assert "religion" not in claims
    assert (result["status"], result["issuer"]) == ("good", "Dukcapil")


@pytest.mark.parametrize("format_name", FORMATS)
@pytest.mark.parametrize("type_name", sorted(DOCUMENTS))
def test_every_type_of_the_catalogue_can_be_asked_for(
    bank: Party, world: World, type_name: str, format_name: str
) -> None:
    link = bank.ask(format_name, policy="default", document_type=type_name)
    got = answer(link, document(world, format_name, type_name), world.holder)
    assert got.status_code == 200, got.text
    assert bank.report(link)["result"]["claims"]


@pytest.mark.parametrize("prefix", ["x509_hash", "x509_san_dns"])
def test_the_request_object_is_what_the_specification_says(bank: Party, prefix: str) -> None:
    link = bank.ask(client_prefix=prefix)
    asked = fetch(link)
    claims = asked.claims
    assert claims["client_id"].startswith(f"{prefix}:")
    assert claims["aud"] == "https://self-issued.me/v2"
    assert (claims["response_type"], claims["response_mode"]) == ("vp_token", "direct_post.jwt")
    assert len(claims["nonce"]) >= 22
    assert claims["response_uri"].startswith(f"{bank.url}/")
    assert not {"redirect_uri", "client_id_scheme", "presentation_definition"} & claims.keys()
    assert (asked.jwk["alg"], asked.jwk["use"]) == ("ECDH-ES", "enc")
    metadata = claims["client_metadata"]
    assert metadata["encrypted_response_enc_values_supported"] == ["A128GCM", "A256GCM"]
    assert metadata["client_name"] == NAME
    assert metadata["vp_formats_supported"] == {
        "dc+sd-jwt": {"sd-jwt_alg_values": ["ES256"], "kb-jwt_alg_values": ["ES256"]}
    }


def test_each_request_has_its_own_nonce_state_key_and_address(bank: Party) -> None:
    asked = [fetch(bank.ask()) for _ in range(3)]
    for find in (
        lambda one: one.claims["nonce"],
        lambda one: one.claims["state"],
        lambda one: one.jwk["x"],
        lambda one: one.claims["response_uri"],
    ):
        assert len({find(one) for one in asked}) == 3


def test_request_uri_fetched_twice(bank: Party, world: World) -> None:
    """oid4vp-1final-verifier-request-uri-fetched-twice."""
    link = bank.ask()
    first, second = fetch(link), fetch(link)
    assert {**first.claims, "iat": 0} == {**second.claims, "iat": 0}
    assert post(second, make_form(second, world.sd_jwt(), world.holder)).status_code == 200


def test_request_uri_method_post(bank: Party, world: World) -> None:
    """oid4vp-1final-verifier-request-uri-method-post."""
    link = bank.ask(post=True)
    assert read_link(link)[2] == "post"
    asked = fetch(link, wallet_nonce="qPmxiNFCR3QTm19POc8u", wallet_metadata="{}", unknown="1")
    assert asked.claims["wallet_nonce"] == "qPmxiNFCR3QTm19POc8u"
    without = fetch(link, vp_formats_supported="{}")
    assert "wallet_nonce" not in without.claims
    assert post(asked, make_form(asked, world.sd_jwt(), world.holder)).status_code == 200


def test_a_wallet_nonce_that_could_break_out_is_refused(bank: Party) -> None:
    _, uri, _ = read_link(bank.ask())
    for nonce in ("", "a b", "x" * 513, "é"):
        got = requests.post(uri, data={"wallet_nonce": nonce}, timeout=10)
        assert (got.status_code, got.json()["code"]) == (400, "WALLET_NONCE")


@pytest.mark.parametrize("enc", ["A128GCM", "A256GCM"])
def test_both_ciphers_and_party_information_are_honoured(
    bank: Party, world: World, enc: str
) -> None:
    bends = Bends(enc=enc, apu=b"wallet", apv=b"the nonce")
    assert answer(bank.ask(), world.sd_jwt(), world.holder, bends).status_code == 200


def test_what_a_document_may_lack_may_be_missing(bank: Party, world: World) -> None:
    """A policy shows the nationality; only what it requires must be there."""
    got = answer(bank.ask(), world.sd_jwt(), world.holder, Bends(choice=-1))
    assert got.status_code == 200, got.text


def test_an_age_check_learns_an_age_and_not_a_birthday(bank: Party, world: World) -> None:
    for format_name in FORMATS:
        link = bank.ask(format_name, policy="age-check")
        asked = fetch(link)
        assert len(asked.choices()[0]) == 2
        got = post(asked, make_form(asked, _with_age(world, format_name), world.holder))
        assert got.status_code == 200, got.text
        assert bank.report(link)["result"]["claims"]["age_over"] == 18


def _with_age(world: World, format_name: str) -> str | bytes:
    from credentials.mdoc_elements import make_elements
    from credentials.vc_claims import make_claims
    from tests.credentials.claims.people import AUTHORITY
    from tests.credentials.made import CATALOGUE

    kind = CATALOGUE.document_type("id_card")
    _, values = DOCUMENTS["id_card"]
    values = values | {"age_over": 18}
    if format_name == FORMATS[0]:
        claims = make_claims(kind, kind.profile("age"), values, authority=AUTHORITY)
        return world.sd_jwt(claims=claims)
    elements = make_elements(kind, kind.profile("age"), values, authority=AUTHORITY)
    return world.mdoc(elements=elements)


def test_the_public_address_with_a_path_stands_in_every_address(
    start_bank: Callable[..., Party], world: World
) -> None:
    bank = start_bank(path="/verifikasi/v1")
    link = bank.ask()
    assert read_link(link)[1].startswith(f"{bank.url}/openid4vp/")
    assert answer(link, world.sd_jwt(), world.holder).status_code == 200
