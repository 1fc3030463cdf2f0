"""Credential offers: by value, by reference, for people with an ACTIVE wallet and nobody else."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

import pytest
from sqlalchemy import select

from credentials.jwk import b64url_encode
from tests.wallet_api.handset import work_off
from wallet_api.app import create_app
from wallet_api.errors import InputInvalid, WalletNotFound
from wallet_api.models import AuditEvent, OpenIdOffer
from wallet_api.services import wallets
from wallet_api.services.openid import offers

from .foreign_wallet import PRE_AUTHORIZED, ForeignWallet, error_of, offer_id_card, read_offer

if TYPE_CHECKING:
    from tests.wallet_api.handset import Handset
    from tests.wallet_api.simulators import World

pytestmark = pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)

NIK = "3174054512900001"


def test_an_offer_by_value_says_all_that_a_wallet_needs(world: World, phone: Handset) -> None:
    code = offers.TxCode("123456", by_message=False)
    uri = offers.make_offer(world.deps, NIK, ["id_card", "tax_number"], "mso_mdoc", tx_code=code)
    assert uri.startswith("openid-credential-offer://?credential_offer=%7B")
    offer = read_offer(uri)
    assert offer["credential_issuer"] == world.deps.settings.public_url
    assert offer["credential_configuration_ids"] == ["id_card_mdoc", "tax_number_mdoc"]
    grant = offer["grants"][PRE_AUTHORIZED]
    assert len(grant["pre-authorized_code"]) == 43
    assert grant["tx_code"]["length"] == 6
    assert grant["tx_code"]["input_mode"] == "numeric"
    assert len(grant["tx_code"]["description"]) <= 300


def test_an_offer_by_reference_is_fetched_and_is_the_same(world: World, phone: Handset) -> None:
    uri = offers.make_offer(world.deps, NIK, ["id_card"], "dc+sd-jwt", by_reference=True)
    address = parse_qs(urlsplit(uri).query)["credential_offer_uri"][0]
    public = world.deps.settings.public_url
    assert address.startswith(f"{public}/openid/offers/")
    http = create_app(deps=world.deps).test_client()
    answer = http.get(address.removeprefix(public))
    assert (answer.status_code, answer.mimetype) == (200, "application/json")
    assert answer.headers["Cache-Control"] == "no-store"
    assert ForeignWallet(world).take(answer.get_json()).status_code == 200
    assert error_of(http.get(address.removeprefix(public))) == (404, "invalid_request")


def test_what_database_and_audit_know_of_an_offer_does_not_open_it(
    world: World, phone: Handset
) -> None:
    uri = offers.make_offer(world.deps, NIK, ["id_card"], "dc+sd-jwt", by_reference=True)
    reference = parse_qs(urlsplit(uri).query)["credential_offer_uri"][0].rpartition("/")[2]
    with world.deps.transaction() as db:
        row = db.scalars(select(OpenIdOffer)).one()
        known = json.loads(
            db.scalars(select(AuditEvent).where(AuditEvent.event == "openid.offered")).one().facts
        )
    assert (reference.partition(".")[0], known["offer"]) == (row.id, row.id)
    http = create_app(deps=world.deps).test_client()
    stored = (row.id, row.code_hash.hex(), b64url_encode(row.code_hash))
    guesses = [row.id, *(f"{row.id}.{one}" for one in ("", *stored, "A" * 43, "%C3%A9"))]
    for guess in (*guesses, f".{reference}", f"{reference}A"):
        assert error_of(http.get(f"/openid/offers/{guess}")) == (404, "invalid_request")
    assert http.get(f"/openid/offers/{reference}").status_code == 200


def test_an_offer_by_reference_ends_with_its_time(world: World, phone: Handset) -> None:
    uri = offers.make_offer(world.deps, NIK, ["id_card"], "dc+sd-jwt", by_reference=True)
    address = parse_qs(urlsplit(uri).query)["credential_offer_uri"][0]
    world.clock.advance(minutes=15)
    http = create_app(deps=world.deps).test_client()
    for path in (urlsplit(address).path, "/openid/offers/no-such-offer", "/openid/offers/%00"):
        assert error_of(http.get(path)) == (404, "invalid_request")


def test_an_offer_for_the_code_flow_has_an_issuer_state(world: World, phone: Handset) -> None:
    offer = offer_id_card(world, NIK, grant="authorization-code")
    assert set(offer["grants"]) == {"authorization_code"}
    assert len(offer["grants"]["authorization_code"]["issuer_state"]) == 43


def test_a_chosen_transaction_code_or_one_sent_by_sms(world: World, phone: Handset) -> None:
    sent = offers.choose_tx_code(None, wanted=True)
    assert sent is not None
    offer = offer_id_card(world, NIK, tx_code=sent)
    work_off(world)
    texts = [held["text"] for held in world.messages() if held["kind"] == "openid_offer_sms"]
    assert len(texts) == 1
    assert sent.digits in texts[0]
    assert ForeignWallet(world).take(offer, tx_code=sent.digits).status_code == 200
    assert offers.choose_tx_code("1234", wanted=True) == offers.TxCode("1234", by_message=False)
    assert offers.choose_tx_code("1234", wanted=False) is None
    for bad in ("123", "1" * 13, "12a4", "١٢٣٤", ""):
        with pytest.raises(InputInvalid):
            offers.choose_tx_code(bad, wanted=True)


def test_nobody_without_an_active_wallet_gets_an_offer(world: World, phone: Handset) -> None:
    with pytest.raises(WalletNotFound) as unknown:
        offer_id_card(world, "3174054512900099")
    assert "ACTIVE wallet" in unknown.value.facts["errors"][0]  # type: ignore[index]
    with world.deps.transaction() as db:
        wallets.block_wallet(db, world.deps, phone.wallet, reason="lost", actor="test")
    with pytest.raises(WalletNotFound):
        offer_id_card(world, NIK)


def test_an_offer_names_known_types_and_a_possible_nik(world: World, phone: Handset) -> None:
    for types, nik in (
        (["passport"], NIK),
        ([], NIK),
        (["id_card"], "12"),
        (["id_card"], "x" * 16),
    ):
        with pytest.raises(InputInvalid):
            offers.make_offer(world.deps, nik, types, "dc+sd-jwt")
    with pytest.raises(InputInvalid):
        offers.make_offer(world.deps, NIK, ["id_card"], "jwt_vc_json")
