"""Refresh tokens: a bound one stays good for its key, a bearer's is good once (RFC 9700 4.14.2)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from tests.wallet_api.racing import race
from wallet_api.errors.openid import OpenIdError
from wallet_api.models import OpenIdGrant
from wallet_api.services import wallets

from .foreign_wallet import (
    ForeignWallet,
    error_of,
    new_signer,
    offer_id_card,
)

if TYPE_CHECKING:
    from tests.wallet_api.handset import Handset
    from tests.wallet_api.simulators import World

on_sqlite = pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)

NIK = "3174054512900001"


def grants(world: World) -> list[OpenIdGrant]:
    with world.deps.transaction() as db:
        return list(db.scalars(select(OpenIdGrant)))


def test_a_refresh_token_renews(world: World, phone: Handset, foreign: ForeignWallet) -> None:
    foreign.take(offer_id_card(world, NIK))
    world.clock.advance(days=30)
    with pytest.raises(OpenIdError):
        foreign.open()
    assert foreign.renew().status_code == 200
    assert foreign.open().configurations == ("id_card_sd_jwt",)
    assert foreign.renew(scope="id_card_sd_jwt nothing").status_code == 200
    assert error_of(foreign.renew(scope="tax_number_mdoc")) == (400, "invalid_scope")


def test_a_bound_refresh_token_stays_good(world: World, phone: Handset) -> None:
    """An answer that is lost on a bad line ends nothing."""
    foreign = ForeignWallet(world)
    foreign.take(offer_id_card(world, NIK))
    token = foreign.refresh_token
    app = foreign.app

    def renew() -> str:
        answer = ForeignWallet(world, key=foreign.key, app=app).renew(token)
        same = answer.get_json().get("refresh_token") == token
        return "200" if same else str(answer.get_json()["error"])

    came = race([renew] * 40)
    assert came["200"] + came["temporarily_unavailable"] == 40
    assert came["200"] > 0
    assert foreign.renew(token).status_code == 200
    assert foreign.open().grant


def test_a_bearers_refresh_token_that_comes_again_ends_the_grant(
    world: World, phone: Handset
) -> None:
    plain = ForeignWallet(world, key=None)
    plain.take(offer_id_card(world, NIK))
    stolen = plain.refresh_token
    assert plain.renew().status_code == 200
    assert plain.refresh_token != stolen
    assert plain.renew().status_code == 200
    assert plain.open().grant
    assert error_of(plain.renew(stolen)) == (400, "invalid_grant")
    assert error_of(plain.renew()) == (400, "invalid_grant")
    with pytest.raises(OpenIdError):
        plain.open()
    assert [one.end_reason for one in grants(world)] == ["refresh token reused"]


def test_of_forty_refreshes_of_a_bearer_one_succeeds(world: World, phone: Handset) -> None:
    plain = ForeignWallet(world, key=None)
    plain.take(offer_id_card(world, NIK))
    token, app = plain.refresh_token, plain.app

    def renew() -> str:
        answer = ForeignWallet(world, key=None, app=app).renew(token)
        return "200" if answer.status_code == 200 else str(answer.get_json()["error"])

    came = race([renew] * 40)
    assert came["200"] == 1
    assert came["200"] + came["invalid_grant"] + came["temporarily_unavailable"] == 40
    assert came["invalid_grant"] == 0 or grants(world)[0].ended_at is not None


@on_sqlite
def test_a_refresh_token_is_of_no_use_to_others(world: World, phone: Handset) -> None:
    foreign = ForeignWallet(world)
    foreign.take(offer_id_card(world, NIK))
    token = foreign.refresh_token
    for thief in (
        ForeignWallet(world),
        ForeignWallet(world, key=None),
        ForeignWallet(world, key=foreign.key, client_id="another"),
    ):
        assert error_of(thief.renew(token)) == (400, "invalid_grant")
    name, _, mac = token.rpartition(".")
    for bent in ("", "x", "..", f"{name}.{'A' * 43}", f"{name}9.{mac}", f"{mac}.{name}", "é.0.é"):
        answer = foreign.ask({"grant_type": "refresh_token", "refresh_token": bent})
        assert error_of(answer)[0] == 400
    assert foreign.renew(token).status_code == 200


def test_blocking_and_closing_the_wallet_end_all_access(world: World, phone: Handset) -> None:
    foreign, late = ForeignWallet(world), ForeignWallet(world)
    foreign.take(offer_id_card(world, NIK))
    waiting = offer_id_card(world, NIK)
    with world.deps.transaction() as db:
        wallets.block_wallet(db, world.deps, phone.wallet, reason="lost", actor="test")
    with pytest.raises(OpenIdError, match="invalid_token"):
        foreign.open()
    assert error_of(foreign.renew()) == (400, "invalid_grant")
    assert error_of(late.take(waiting)) == (400, "invalid_grant")
    with world.deps.transaction() as db:
        wallets.close_wallet(db, world.deps, phone.wallet, reason="closed", actor="test")
    assert [one.end_reason for one in grants(world)] == ["wallet closed"]
    with pytest.raises(OpenIdError, match="invalid_token"):
        foreign.open()
    assert error_of(foreign.renew()) == (400, "invalid_grant")


def test_a_grant_ends_after_its_days(world: World, phone: Handset, foreign: ForeignWallet) -> None:
    foreign.take(offer_id_card(world, NIK))
    world.clock.advance(days=90)
    assert error_of(foreign.renew()) == (400, "invalid_grant")


@on_sqlite
def test_a_bearers_grant_that_ran_out_was_not_misused(world: World, phone: Handset) -> None:
    plain = ForeignWallet(world, key=None)
    plain.take(offer_id_card(world, NIK))
    world.clock.advance(days=90)
    assert error_of(plain.renew()) == (400, "invalid_grant")
    assert [one.end_reason for one in grants(world)] == [None]


@on_sqlite
def test_where_dpop_is_demanded_an_older_bearers_grant_brings_no_more_bearer_tokens(
    world: World, phone: Handset
) -> None:
    plain = ForeignWallet(world, key=None)
    plain.take(offer_id_card(world, NIK))
    bound = world.with_settings(openid_require_dpop=True)
    token = plain.refresh_token
    assert error_of(ForeignWallet(bound, key=None).renew(token)) == (400, "invalid_dpop_proof")
    assert error_of(ForeignWallet(bound).renew(token)) == (400, "invalid_grant")
    assert plain.renew().status_code == 200  # nothing was used up


@on_sqlite
def test_a_key_in_place_of_another_opens_nothing(world: World, phone: Handset) -> None:
    foreign = ForeignWallet(world)
    foreign.take(offer_id_card(world, NIK))
    with pytest.raises(OpenIdError, match="invalid_token"):
        foreign.open(key=new_signer())
