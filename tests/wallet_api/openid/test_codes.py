"""Authorization codes: bound to their request, a minute long, good once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select

from tests.wallet_api.handset import Handset
from tests.wallet_api.racing import race
from wallet_api.errors.openid import OpenIdError
from wallet_api.models import OpenIdGrant

from .foreign_wallet import (
    ForeignWallet,
    approved,
    error_of,
)

if TYPE_CHECKING:
    from tests.wallet_api.simulators import World

on_sqlite = pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)

NIK = "3174054512900001"
OTHER_NIK = "3174054512900002"
DETAILS = '[{"type":"openid_credential","credential_configuration_id":"id_card_mdoc","zz":[]}]'


@on_sqlite
@pytest.mark.parametrize(
    ("form", "error"),
    [
        ({"code_verifier": "x" * 43}, "invalid_grant"),
        ({"code_verifier": "short"}, "invalid_grant"),
        ({"code_verifier": "é" * 50}, "invalid_grant"),
        ({"code_verifier": None}, "invalid_request"),
        ({"client_id": "another"}, "invalid_grant"),
        ({"redirect_uri": "https://evil.example/"}, "invalid_grant"),
        ({"code": "x" * 43}, "invalid_grant"),
        ({"code": None}, "invalid_request"),
        ({"authorization_details": DETAILS}, "invalid_authorization_details"),
    ],
)
def test_a_code_is_bound_to_its_request(
    world: World, phone: Handset, foreign: ForeignWallet, form: dict[str, Any], error: str
) -> None:
    code = approved(world, phone, foreign)
    assert error_of(foreign.redeem(code, **form)) == (400, error)
    assert error_of(foreign.redeem(code, client_id=None)) == (401, "invalid_client")
    assert error_of(ForeignWallet(world, verifier=foreign.verifier).redeem(code)) == (
        400,
        "invalid_grant",
    )
    bearer = ForeignWallet(world, key=None, verifier=foreign.verifier)
    assert error_of(bearer.redeem(code)) == (400, "invalid_grant")
    assert foreign.redeem(code).status_code == 200


@on_sqlite
def test_a_code_lives_a_minute(world: World, phone: Handset, foreign: ForeignWallet) -> None:
    code = approved(world, phone, foreign)
    world.clock.advance(seconds=60)
    assert error_of(foreign.redeem(code)) == (400, "invalid_grant")


def test_a_code_that_comes_again_ends_what_it_opened(world: World, phone: Handset) -> None:
    foreign = ForeignWallet(world)
    code = approved(world, phone, foreign)
    assert foreign.redeem(code).status_code == 200
    assert foreign.open().grant
    assert error_of(foreign.redeem(code)) == (400, "invalid_grant")
    with pytest.raises(OpenIdError):
        foreign.open()


def test_of_forty_with_one_code_one_gets_a_token(world: World, phone: Handset) -> None:
    foreign = ForeignWallet(world)
    code = approved(world, phone, foreign)

    def redeem() -> str:
        twin = ForeignWallet(world, key=foreign.key, verifier=foreign.verifier, app=foreign.app)
        answer = twin.redeem(code)
        return "200" if answer.status_code == 200 else str(answer.get_json()["error"])

    came = race([redeem] * 40)
    assert came["200"] == 1
    assert came["200"] + came["invalid_grant"] + came["temporarily_unavailable"] == 40
    with world.deps.transaction() as db:
        assert len(db.scalars(select(OpenIdGrant)).all()) == 1
