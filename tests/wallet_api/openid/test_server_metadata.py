"""What the authorization server says about itself, and whether it is true (RFC 8414)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from credentials.jose import parse_jws, verify_jws
from credentials.jwk import load_jwk
from wallet_api.app import create_app

from .foreign_wallet import ForeignWallet, error_of, offer_id_card

if TYPE_CHECKING:
    from tests.wallet_api.handset import Handset
    from tests.wallet_api.simulators import World

pytestmark = pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)

NAME = "/.well-known/oauth-authorization-server"
NIK = "3174054512900001"


def test_every_address_is_below_the_public_one_and_answers(world: World) -> None:
    http = create_app(deps=world.deps).test_client()
    answer = http.get(NAME)
    found, public = answer.get_json(), world.deps.settings.public_url
    assert answer.mimetype == "application/json"
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert found["issuer"] == public
    addresses = [held for name, held in found.items() if name.endswith(("_endpoint", "_uri"))]
    assert len(addresses) == 4
    for address in addresses:
        assert address.startswith(f"{public}/openid/")
        path = address.removeprefix(public)
        assert {http.get(path).status_code, http.post(path, data={}).status_code} & {200, 400}
    assert found["require_pushed_authorization_requests"] is True
    assert found["code_challenge_methods_supported"] == ["S256"]
    assert found["response_types_supported"] == ["code"]
    assert found["dpop_signing_alg_values_supported"] == ["ES256"]
    assert found["authorization_response_iss_parameter_supported"] is True
    assert len(found["grant_types_supported"]) == 3
    assert "id_card_mdoc" in found["scopes_supported"]


def test_a_public_address_with_a_path_stands_behind_the_name(world: World, phone: Handset) -> None:
    below = world.with_settings(public_url="https://gov.test/id/wallet")
    http = create_app(deps=below.deps).test_client()
    for path in (f"{NAME}/id/wallet", NAME):
        assert http.get(path).get_json()["issuer"] == "https://gov.test/id/wallet"
    for path in (f"{NAME}/id", f"{NAME}/id/wallet/x", f"{NAME}/x/%00"):
        assert error_of(http.get(path)) == (404, "invalid_request")
    found = http.get(NAME, headers={"Host": "evil.test", "X-Forwarded-Host": "evil.test"})
    assert "evil" not in found.text
    foreign = ForeignWallet(below)
    assert foreign.take(offer_id_card(below, NIK)).status_code == 200
    assert foreign.open().configurations == ("id_card_sd_jwt",)


def test_access_tokens_verify_with_the_published_key(world: World, phone: Handset) -> None:
    http = create_app(deps=world.deps).test_client()
    (key,) = http.get("/openid/jwks").get_json()["keys"]
    assert set(key) == {"kty", "crv", "x", "y", "kid", "alg", "use"}
    foreign = ForeignWallet(world)
    foreign.take(offer_id_card(world, NIK))
    claims = verify_jws(parse_jws(foreign.token, typ="at+jwt"), load_jwk(key))
    assert claims["aud"] == claims["iss"] == world.deps.settings.public_url
    assert phone.wallet not in str(claims)
