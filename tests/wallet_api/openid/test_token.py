"""The token endpoint: pre-authorized codes, each good once (section 6)."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select

from tests.wallet_api.racing import race
from wallet_api.app import create_app
from wallet_api.errors.openid import OpenIdError
from wallet_api.models import AuditEvent, OpenIdGrant
from wallet_api.services.openid.offers import TxCode

from .foreign_wallet import (
    PRE_AUTHORIZED,
    ForeignWallet,
    code_of,
    error_of,
    offer_id_card,
)

if TYPE_CHECKING:
    from tests.wallet_api.handset import Handset
    from tests.wallet_api.simulators import World

on_sqlite = pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)

NIK = "3174054512900001"
CODE = TxCode("1234", by_message=False)


def grants(world: World) -> list[OpenIdGrant]:
    with world.deps.transaction() as db:
        return list(db.scalars(select(OpenIdGrant)))


def test_a_code_opens_what_was_offered(world: World, phone: Handset) -> None:
    foreign = ForeignWallet(world)
    answer = foreign.take(offer_id_card(world, NIK))
    body = answer.get_json()
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["DPoP-Nonce"]
    assert body["token_type"] == "DPoP"
    assert body["expires_in"] == 600
    assert "authorization_details" not in body
    opened = foreign.open()
    assert opened.wallet == phone.wallet
    assert opened.configurations == ("id_card_sd_jwt",)
    assert opened.identifiers is None
    assert opened.jkt is not None


def test_a_wallet_without_dpop_gets_a_bearer_token(world: World, phone: Handset) -> None:
    plain = ForeignWallet(world, key=None)
    assert plain.take(offer_id_card(world, NIK)).get_json()["token_type"] == "Bearer"
    assert plain.open(scheme="bearer").jkt is None
    with pytest.raises(OpenIdError) as refused:
        plain.open(scheme="DPoP")
    assert refused.value.status == 401


def test_an_anonymous_wallet_is_served(world: World, phone: Handset) -> None:
    nobody = ForeignWallet(world, client_id=None)
    assert nobody.take(offer_id_card(world, NIK)).status_code == 200
    assert nobody.open().client_id == ""
    assert nobody.renew().status_code == 200


def test_unknown_parameters_are_ignored(world: World, phone: Handset, foreign: Any) -> None:
    extra = {"resource": "https://wallet.test", "user_pin": "9", "zvx": "", "client_secret": "no"}
    assert foreign.take(offer_id_card(world, NIK), **extra).status_code == 200


@on_sqlite
@pytest.mark.parametrize(
    ("form", "error"),
    [
        ({"pre-authorized_code": "x" * 43}, "invalid_grant"),
        ({"pre-authorized_code": "\x00é'"}, "invalid_grant"),
        ({"pre-authorized_code": None}, "invalid_request"),
        ({"pre-authorized_code": ""}, "invalid_request"),
        ({"grant_type": None}, "invalid_request"),
        ({"grant_type": "password"}, "unsupported_grant_type"),
        ({"grant_type": "authorization_code", "code": "x"}, "invalid_grant"),
        ({"tx_code": "1234"}, "invalid_request"),  # unexpected
        ({"client_id": "a\nb"}, "invalid_request"),
        ({"client_id": "x" * 600}, "invalid_request"),
        ({"authorization_details": "{"}, "invalid_authorization_details"),
        ({"authorization_details": "[]"}, "invalid_authorization_details"),
        ({"authorization_details": '[{"type":"x"}]'}, "invalid_authorization_details"),
        ({"authorization_details": "[" * 9000}, "invalid_authorization_details"),
    ],
)
def test_a_bad_request_is_refused_by_the_specifications_names(
    world: World, phone: Handset, foreign: ForeignWallet, form: dict[str, Any], error: str
) -> None:
    offer = offer_id_card(world, NIK)
    asked = {"grant_type": PRE_AUTHORIZED, "pre-authorized_code": code_of(offer)} | form
    assert error_of(foreign.ask(asked)) == (400, error)
    assert foreign.take(offer).status_code == 200  # nothing was used up


@on_sqlite
def test_a_body_of_another_kind_is_refused(world: World, foreign: ForeignWallet) -> None:
    for sent in (
        {"json": {"grant_type": PRE_AUTHORIZED}},
        {"data": "grant_type=a&grant_type=b", "content_type": "application/x-www-form-urlencoded"},
        {"data": b"\xff\xfe=\xff", "content_type": "application/x-www-form-urlencoded"},
        {"data": b"", "content_type": "application/x-www-form-urlencoded"},
    ):
        assert error_of(foreign.http.post("/openid/token", **sent)) == (400, "invalid_request")
    large = {"data": b"a=" + b"x" * 70_000, "content_type": "application/x-www-form-urlencoded"}
    assert error_of(foreign.http.post("/openid/token", **large)) == (413, "invalid_request")
    assert error_of(foreign.http.get("/openid/token")) == (405, "invalid_request")
    assert error_of(foreign.http.get("/openid/nothing")) == (404, "invalid_request")


def test_a_code_is_used_once(world: World, phone: Handset, foreign: ForeignWallet) -> None:
    offer = offer_id_card(world, NIK)
    assert foreign.take(offer).status_code == 200
    assert error_of(foreign.take(offer)) == (400, "invalid_grant")
    assert error_of(ForeignWallet(world).take(offer)) == (400, "invalid_grant")


def test_a_code_ends_with_its_offer(world: World, phone: Handset, foreign: ForeignWallet) -> None:
    offer = offer_id_card(world, NIK)
    world.clock.advance(minutes=15)
    assert error_of(foreign.take(offer)) == (400, "invalid_grant")


def test_of_forty_wallets_with_one_code_one_gets_a_token(world: World, phone: Handset) -> None:
    offer = offer_id_card(world, NIK)
    app = create_app(deps=world.deps)
    came = race([partial(_status, ForeignWallet(world, app=app), offer) for _ in range(40)])
    assert came["200"] == 1
    assert came["200"] + came["invalid_grant"] + came["temporarily_unavailable"] == 40
    assert len(grants(world)) == 1


def _status(foreign: ForeignWallet, offer: dict[str, Any], tx_code: str | None = None) -> str:
    answer = foreign.take(offer, tx_code=tx_code)
    return "200" if answer.status_code == 200 else answer.get_json()["error"]


def test_the_transaction_code_is_demanded(world: World, phone: Handset) -> None:
    foreign, offer = ForeignWallet(world), offer_id_card(world, NIK, tx_code=CODE)
    assert error_of(foreign.take(offer)) == (400, "invalid_request")
    assert error_of(foreign.take(offer, tx_code="")) == (400, "invalid_request")
    for wrong in ("1235", "12345", "é\x00", "1" * 5000):
        assert error_of(foreign.take(offer, tx_code=wrong)) == (400, "invalid_grant")
    assert foreign.take(offer, tx_code="1234").status_code == 200
    with world.deps.transaction() as db:
        events = select(AuditEvent.facts).where(AuditEvent.event == "openid.tx_code_wrong")
        facts = db.scalars(events).all()
    assert len(facts) == 4


def test_t16_five_wrong_transaction_codes_end_the_offer(world: World, phone: Handset) -> None:
    foreign, offer = ForeignWallet(world), offer_id_card(world, NIK, tx_code=CODE)
    for _ in range(5):
        assert error_of(foreign.take(offer, tx_code="0000")) == (400, "invalid_grant")
    assert error_of(foreign.take(offer, tx_code="1234")) == (400, "invalid_grant")


def test_t16_guesses_at_once_are_charged_one_by_one(world: World, phone: Handset) -> None:
    offer = offer_id_card(world, NIK, tx_code=CODE)
    guesses = [f"{number:04}" for number in range(1215, 1255)]
    app = create_app(deps=world.deps)
    works = [partial(_status, ForeignWallet(world, app=app), offer, one) for one in guesses]
    came = race(works)
    assert came["200"] <= 1
    with world.deps.transaction() as db:
        events = select(AuditEvent.id).where(AuditEvent.event == "openid.tx_code_wrong")
        assert len(db.scalars(events).all()) + came["200"] <= 5


def test_identifiers_come_only_when_details_were_asked(world: World, phone: Handset) -> None:
    foreign = ForeignWallet(world)
    details = (
        '[{"type":"openid_credential","credential_configuration_id":"id_card_sd_jwt","x":1,'
        '"locations":["https://wallet.test"]}]'
    )
    answer = foreign.take(offer_id_card(world, NIK), authorization_details=details)
    found = answer.get_json()["authorization_details"]
    assert [one["credential_configuration_id"] for one in found] == ["id_card_sd_jwt"]
    names = found[0]["credential_identifiers"]
    assert foreign.open().identifiers == dict.fromkeys(names, "id_card_sd_jwt")
    assert foreign.renew().get_json()["authorization_details"] == found


@on_sqlite
def test_details_beyond_the_offer_are_refused(world: World, phone: Handset) -> None:
    foreign = ForeignWallet(world)
    details = '[{"type":"openid_credential","credential_configuration_id":"tax_number_sd_jwt"}]'
    answer = foreign.take(offer_id_card(world, NIK), authorization_details=details)
    assert error_of(answer) == (400, "invalid_authorization_details")
