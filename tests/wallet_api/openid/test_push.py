"""Pushed authorization requests: what is kept, and what is refused by the specifications' names."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select

from tests.wallet_api.handset import Handset
from wallet_api.models import OpenIdRequest

from .foreign_wallet import (
    Browser,
    ForeignWallet,
    decide,
    error_of,
    number_on,
    request_on,
)

if TYPE_CHECKING:
    from tests.wallet_api.simulators import World

on_sqlite = pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)

NIK = "3174054512900001"
OTHER_NIK = "3174054512900002"
DETAILS = '[{"type":"openid_credential","credential_configuration_id":"id_card_mdoc","zz":[]}]'


@on_sqlite
@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"response_type": "code id_token"}, "unsupported_response_type"),
        ({"response_type": None}, "invalid_request"),
        ({"response_mode": "fragment"}, "invalid_request"),
        ({"request_uri": "urn:ietf:params:oauth:request_uri:x"}, "invalid_request"),
        ({"request": "x.y.z"}, "request_not_supported"),
        ({"client_id": None}, "invalid_request"),
        ({"client_id": ""}, "invalid_request"),
        ({"client_id": "a\x00b"}, "invalid_request"),
        ({"code_challenge": None}, "invalid_request"),
        ({"code_challenge": "short"}, "invalid_request"),
        ({"code_challenge_method": None}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"scope": None}, "invalid_scope"),
        ({"scope": "openid passport"}, "invalid_scope"),
        ({"authorization_details": "[{}]"}, "invalid_authorization_details"),
        ({"issuer_state": "x" * 43}, "invalid_request"),
        ({"state": "x" * 3000}, "invalid_request"),
        ({"state": "line\nbreak"}, "invalid_request"),
        ({"dpop_jkt": "x" * 43}, "invalid_dpop_proof"),
        ({"dpop_jkt": "x"}, "invalid_dpop_proof"),
        ({"redirect_uri": None}, "invalid_request"),
        ({"redirect_uri": "javascript:alert(1)"}, "invalid_request"),
        ({"redirect_uri": "JavaScript:alert(1)"}, "invalid_request"),
        ({"redirect_uri": "data:text/html,x"}, "invalid_request"),
        ({"redirect_uri": "http://evil.example/back"}, "invalid_request"),
        ({"redirect_uri": "https://user:pw@wallet.example/"}, "invalid_request"),
        ({"redirect_uri": "https://wallet.example/#x"}, "invalid_request"),
        ({"redirect_uri": "https://wallet.example/#"}, "invalid_request"),
        ({"redirect_uri": "https://[::1"}, "invalid_request"),
        ({"redirect_uri": "https://evil.example\\.wallet.example/"}, "invalid_request"),
        ({"redirect_uri": "https://"}, "invalid_request"),
        ({"redirect_uri": "/back"}, "invalid_request"),
        ({"redirect_uri": "intent://x#Intent;end"}, "invalid_request"),
        ({"redirect_uri": "https://wallet.example/\r\nSet-Cookie: x"}, "invalid_request"),
        ({"redirect_uri": "https://wallet.example/" + "x" * 3000}, "invalid_request"),
    ],
)
def test_a_bad_request_is_not_kept(
    world: World, foreign: ForeignWallet, changes: dict[str, Any], error: str
) -> None:
    assert error_of(foreign.push(**changes)) == (400, error)
    with world.deps.transaction() as db:
        assert db.scalars(select(OpenIdRequest)).all() == []


@on_sqlite
@pytest.mark.parametrize(
    "redirect_uri",
    [
        "https://wallet.example/a?b=c",
        "eudi-openid4ci://authorize",
        "http://127.0.0.1:9/cb",
        "a.b:/c",
    ],
)
def test_it_leads_back_to_web_app_and_device(
    world: World, phone: Handset, foreign: ForeignWallet, redirect_uri: str
) -> None:
    browser = Browser(world)
    page = browser.show(foreign.request_uri(redirect_uri=redirect_uri))
    decide(phone, request_on(page), number_on(page))
    target = browser.carry_on(request_on(page)).headers["Location"]
    joint = "&" if "?" in redirect_uri else "?"
    assert target.startswith(f"{redirect_uri}{joint}code=")


@on_sqlite
def test_unknown_parameters_and_many_states_are_fine(world: World, foreign: ForeignWallet) -> None:
    for changes in ({"state": None}, {"state": "x" * 384}, {"nonce": "1", "claims": "{}"}):
        assert foreign.push(**changes).status_code == 201
    answer = foreign.push()
    assert answer.get_json()["expires_in"] == 90
    assert answer.headers["Cache-Control"] == "no-store"


@on_sqlite
def test_a_network_pushes_no_more_than_it_may(world: World) -> None:
    few = ForeignWallet(world.with_settings(openid_requests_per_network_hour=2))
    assert [few.push().status_code for _ in range(2)] == [201, 201]
    answer = few.push()
    assert error_of(answer) == (429, "temporarily_unavailable")
    assert int(answer.headers["Retry-After"]) > 0
