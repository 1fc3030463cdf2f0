"""Modules about what issuer and authorization server say of themselves."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import jwt
import pytest

from tests.conformance.trust import leaf_of_x5c, unpad
from tests.wallet_api.issuing.conftest import BUDI
from tests.wallet_api.openid.foreign_wallet import read_offer
from tests.wallet_api.openid.issuer.test_metadata import addresses, faults
from wallet_api.services.openid import offers

if TYPE_CHECKING:
    from tests.conformance.conftest import Place, Places

module = pytest.mark.module
ISSUER = "/.well-known/openid-credential-issuer"
SERVER = "/.well-known/oauth-authorization-server"
LOCALE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")  # BCP 47, as far as we use it
SCOPE = re.compile(r"[\x21\x23-\x5B\x5D-\x7E]+")  # RFC 6749, section 3.3
PRIVATE = {"d", "p", "q", "dp", "dq", "qi", "k"}


def get(place: Place, path: str, **headers: str) -> dict[str, Any]:
    answer = place.served.test_client().get(path, headers=headers)
    assert (answer.status_code, answer.mimetype) == (200, "application/json")
    found: dict[str, Any] = answer.get_json()
    return found


@pytest.fixture(params=["plain", "haip"])
def place(places: Places, request: pytest.FixtureRequest) -> Place:
    """The issuer of either plan."""
    found: Place = getattr(places, request.param)
    return found


@module("oid4vci-1_0-issuer-metadata-test")
def test_issuer_metadata(place: Place) -> None:
    """Section 12.2: schema, https everywhere, our identity, kinds of values, languages, scopes."""
    found, public = get(place, ISSUER), place.world.deps.settings.public_url
    assert faults("credential_issuer_metadata-1_0", found) == []
    assert found["credential_issuer"] == public
    assert all(one.startswith("https://") for one in addresses(found))
    assert "authorization_servers" not in found  # we are our own
    assert found["batch_credential_issuance"]["batch_size"] >= 2
    assert found["nonce_endpoint"]
    check_display(found["display"])
    for one in found["credential_configurations_supported"].values():
        check_configuration(one)


@module("oid4vci-1_0-issuer-metadata-test")
def test_encryption_metadata(place: Place) -> None:
    """Encryption: keys with `kid` and `alg`, public only; never demanded of answers alone."""
    found = get(place, ISSUER)
    asked, answered = (found[f"credential_{name}_encryption"] for name in ("request", "response"))
    assert asked["jwks"]["keys"]
    for key in asked["jwks"]["keys"]:
        assert {"kty", "kid", "alg"} <= set(key)
        assert not PRIVATE & set(key)
    for one in (asked, answered):
        assert {"A128GCM", "A256GCM"} <= set(one["enc_values_supported"])
        assert type(one["encryption_required"]) is bool
    assert "ECDH-ES" in answered["alg_values_supported"]
    assert asked["encryption_required"] or not answered["encryption_required"]


@module("oid4vci-1_0-issuer-metadata-test")
def test_server_metadata(place: Place) -> None:
    """RFC 8414: issuer as the issuer names it, what HAIP demands, and public keys only."""
    found, public = get(place, SERVER), place.world.deps.settings.public_url
    assert faults("oauth_authorization_server_metadata", found) == []
    assert found["issuer"] == public
    assert all(one.startswith("https://") for one in addresses(found))
    assert found["require_pushed_authorization_requests"] is True
    assert found["pushed_authorization_request_endpoint"]
    assert found["code_challenge_methods_supported"] == ["S256"]
    assert found["authorization_response_iss_parameter_supported"] is True
    assert "ES256" in found["dpop_signing_alg_values_supported"]
    assert found["response_types_supported"] == ["code"]
    scopes = [
        one["scope"] for one in get(place, ISSUER)["credential_configurations_supported"].values()
    ]
    assert set(scopes) <= set(found["scopes_supported"])
    assert "openid_credential" in found["authorization_details_types_supported"]
    methods = found["token_endpoint_auth_methods_supported"]
    demanded = place.world.deps.settings.openid_require_wallet_attestation
    assert "attest_jwt_client_auth" in methods
    assert ("none" in methods) is not demanded
    keys = get(place, found["jwks_uri"].removeprefix(public))["keys"]
    assert keys
    assert not any(PRIVATE & set(key) for key in keys)


@module("oid4vci-1_0-issuer-metadata-test")
@pytest.mark.parametrize("grant", ["pre-authorized", "authorization-code"])
def test_offers_fit_the_metadata(place: Place, grant: Any) -> None:
    """An offer has the schema's form, our identity, and configurations that the metadata has."""
    uri = offers.make_offer(
        place.world.deps, BUDI, ["id_card", "tax_number"], "mso_mdoc", grant=grant
    )
    offer, found = read_offer(uri), get(place, ISSUER)
    assert faults("credential_offer-1_0", offer) == []
    assert offer["credential_issuer"] == found["credential_issuer"]
    names = offer["credential_configuration_ids"]
    assert len(set(names)) == len(names) == 2
    assert set(names) <= set(found["credential_configurations_supported"])


@module("oid4vci-1_0-issuer-metadata-test-signed")
def test_signed_metadata(place: Place) -> None:
    """With `Accept: application/jwt` the same as a JWT: typ, sub, iat, chain without the anchor."""
    answer = place.served.test_client().get(ISSUER, headers={"Accept": "application/jwt"})
    assert (answer.status_code, answer.mimetype) == (200, "application/jwt")
    header = json.loads(unpad(answer.text.split(".")[0]))
    public = place.world.deps.settings.public_url
    assert header["typ"] == "openidvci-issuer-metadata+jwt"
    leaf = leaf_of_x5c(place, header["x5c"], uri=public)
    claims = jwt.decode(
        answer.text,
        leaf.public_key(),  # type: ignore[arg-type] - a P-256 key, or decoding fails
        algorithms=["ES256"],
        options={"verify_iat": False},
    )
    assert claims.pop("sub") == public
    assert claims.pop("iat") <= int(place.world.clock.now().timestamp())
    assert claims == get(place, ISSUER)


def check_configuration(one: dict[str, Any]) -> None:
    """What a single configuration has to say, and of which kind its values are."""
    assert SCOPE.fullmatch(one["scope"])
    both = {"cryptographic_binding_methods_supported", "proof_types_supported"}
    assert both <= set(one)
    for proof in one["proof_types_supported"].values():
        assert proof["proof_signing_alg_values_supported"] == ["ES256"]
    kind = int if one["format"] == "mso_mdoc" else str
    assert {type(name) for name in one["credential_signing_alg_values_supported"]} == {kind}
    assert one["vct" if kind is str else "doctype"]
    check_display(one["credential_metadata"]["display"])
    for claim in one["credential_metadata"]["claims"]:
        assert kind is str or len(claim["path"]) == 2
        check_display(claim.get("display", []))


def check_display(entries: list[dict[str, Any]]) -> None:
    locales = [one["locale"] for one in entries]
    assert len(set(locales)) == len(locales)
    assert all(LOCALE.fullmatch(one) for one in locales)
    assert all(one["name"] for one in entries)
