"""FAPI 2.0 on the authorization server: the flow as a whole."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.conformance.code_flow import (
    OTHER_CLIENT,
    VARIANT,
    answer_for,
    ask,
    code_for,
    twin_of,
    with_tokens,
    without_proof,
)
from tests.conformance.steps import check_nonce, fetch, make_wallet, sprinkled
from tests.wallet_api.openid.foreign_wallet import CLIENT, ForeignWallet, error_of
from tests.wallet_api.openid.issuer.credential_wallet import new_signer

if TYPE_CHECKING:
    from tests.conformance.conftest import Place

module = pytest.mark.module
SERVER = "/.well-known/oauth-authorization-server"
ANY_TEXT = "Ω is no such text, but &=+%?#/ ~ and a space are" * 20


@module("fapi2-security-profile-final-discovery-end-point-verification")
def test_discovery(haip: Place) -> None:
    """Everything that the profile asks of the metadata, and every endpoint where it says."""
    found = haip.served.test_client().get(SERVER).get_json()
    public = haip.world.deps.settings.public_url
    assert found["issuer"] == public
    assert found["response_types_supported"] == ["code"]
    assert found["response_modes_supported"] == ["query"]
    assert found["code_challenge_methods_supported"] == ["S256"]
    assert found["require_pushed_authorization_requests"] is True
    assert found["authorization_response_iss_parameter_supported"] is True
    assert found["dpop_signing_alg_values_supported"] == ["ES256"]
    assert found["token_endpoint_auth_methods_supported"] == ["attest_jwt_client_auth"]
    assert found["client_attestation_signing_alg_values_supported"] == ["ES256"]
    assert {"authorization_code", "refresh_token"} <= set(found["grant_types_supported"])
    assert "implicit" not in found["grant_types_supported"]
    assert "password" not in found["grant_types_supported"]
    for name in ("pushed_authorization_request_endpoint", "token_endpoint"):
        path = found[name].removeprefix(public)
        assert haip.served.test_client().post(path, data={}).status_code in (400, 401)


@module("fapi2-security-profile-final-happy-flow")
@pytest.mark.parametrize("client_id", [CLIENT, OTHER_CLIENT])
def test_happy_flow(haip: Place, client_id: str) -> None:
    """Push, approve, redeem, fetch; `iss` and `state` come back; either of two clients."""
    wallet = make_wallet(haip, client_id)
    pushed = wallet.push(**sprinkled())
    assert pushed.status_code == 201
    assert pushed.headers["Cache-Control"] == "no-store"
    assert set(pushed.get_json()) == {"request_uri", "expires_in"}
    assert 5 <= pushed.get_json()["expires_in"] < 600
    answer = answer_for(haip, wallet, **sprinkled())
    assert set(answer) == {"code", "state", "iss"}
    assert answer["iss"] == haip.world.deps.settings.public_url
    assert len(answer["code"]) >= 22  # 128 bit
    tokens = wallet.redeem(answer["code"])
    assert (tokens.status_code, tokens.get_json()["token_type"]) == (200, "DPoP")
    check_nonce(haip)
    fetch(haip, wallet, VARIANT)


@module("fapi2-security-profile-final-user-rejects-authentication")
def test_user_rejects(haip: Place) -> None:
    """The resident refuses: access_denied goes back with `state` and `iss`, and no code."""
    answer = answer_for(haip, make_wallet(haip), decision="refuse", state="mine")
    public = haip.world.deps.settings.public_url
    assert answer == {"error": "access_denied", "state": "mine", "iss": public}


@module("fapi2-security-profile-final-ensure-authorization-request-without-state-success")
def test_without_state(haip: Place) -> None:
    """A request without `state` is served, and none is made up."""
    assert set(answer_for(haip, make_wallet(haip), state=None)) == {"code", "iss"}


@module("fapi2-security-profile-final-ensure-authorization-request-with-long-state")
@pytest.mark.parametrize("state", ["x", ANY_TEXT.replace("Ω", "W")], ids=["short", "long"])
def test_any_state(haip: Place, state: str) -> None:
    """Whatever `state` is, it comes back as it was."""
    assert answer_for(haip, make_wallet(haip), state=state)["state"] == state


@module("fapi2-security-profile-final-ensure-response-type-token-fails")
@pytest.mark.parametrize("wrong", ["token", "id_token", "none"])
def test_response_type_token(haip: Place, wrong: str) -> None:
    """A response type other than `code` is refused when it is pushed."""
    refused = error_of(make_wallet(haip).push(response_type=wrong))
    assert refused == (400, "unsupported_response_type")


@module("fapi2-security-profile-final-ensure-response-type-code-idtoken-fails")
@pytest.mark.parametrize("wrong", ["code id_token", "code token", "code code"])
def test_response_type_code_and_more(haip: Place, wrong: str) -> None:
    """A response type that asks for more beside the code is refused when it is pushed."""
    refused = error_of(make_wallet(haip).push(response_type=wrong))
    assert refused == (400, "unsupported_response_type")


@module("fapi2-security-profile-final-ensure-different-state-inside-and-outside-request-object")
def test_another_state_outside(haip: Place) -> None:
    """Another `state` in the page's address changes nothing: what was pushed comes back."""
    answer = answer_for(haip, make_wallet(haip), state="pushed", outside={"state": "other"})
    assert answer["state"] == "pushed"


@module("fapi2-security-profile-final-state-only-outside-request-object-not-used")
def test_state_only_outside(haip: Place) -> None:
    """A `state` in the page's address alone is not used."""
    answer = answer_for(haip, make_wallet(haip), state=None, outside={"state": "other"})
    assert set(answer) == {"code", "iss"}


@module("fapi2-security-profile-final-refresh-token")
def test_refresh_token(haip: Place) -> None:
    """It brings new access, with proof and attestation, for its key and client, unrotated."""
    wallet = with_tokens(haip)
    first, token = wallet.token, wallet.refresh_token
    without = without_proof(wallet)["proof"]
    form = {"grant_type": "refresh_token", "refresh_token": token}
    assert error_of(wallet.ask(form, **without)) == (400, "invalid_dpop_proof")
    alone = {"headers": {"DPoP": wallet.dpop("POST", wallet.url("token"))}}
    assert error_of(wallet.ask(form, **alone)) == (401, "invalid_client")
    other_key = make_wallet(haip, verifier=wallet.verifier)
    assert error_of(other_key.renew(token)) == (400, "invalid_grant")
    assert error_of(twin_of(haip, wallet).renew(token))[1] in ("invalid_grant", "invalid_client")
    for _ in range(2):
        haip.world.clock.advance(seconds=1)
        assert wallet.renew(token).status_code == 200
        assert wallet.refresh_token == token
        assert wallet.token != first
        fetch(haip, wallet, VARIANT)


@module("fapi2-security-profile-final-ensure-client-id-in-token-endpoint")
def test_client_id_at_token_endpoint(haip: Place) -> None:
    """`client_id` may come with the attestation, or not; one that is another's is refused."""
    wallet = make_wallet(haip)
    code = code_for(haip, wallet)
    assert error_of(wallet.redeem(code, client_id=OTHER_CLIENT)) == (401, "invalid_client")
    assert wallet.redeem(code, client_id=CLIENT).status_code == 200
    assert wallet.redeem(code_for(haip, wallet), client_id=None).status_code == 200


@module("fapi2-security-profile-final-access-token-type-header-case-sensitivity")
@pytest.mark.parametrize("scheme", ["DPoP", "dpop", "DPOP", "dPoP"])
def test_scheme_in_any_case(haip: Place, scheme: str) -> None:
    """The name of the authorization scheme is read in any case (RFC 9110, section 11.1)."""
    assert ask(with_tokens(haip), scheme=scheme).status_code == 200


@module("fapi2-security-profile-final-ensure-holder-of-key-required")
def test_holder_of_key(haip: Place) -> None:
    """Without the key neither code nor access token is good, under any scheme."""
    wallet = make_wallet(haip)
    code = code_for(haip, wallet)
    wrong = (400, "invalid_dpop_proof")
    assert error_of(wallet.redeem(code, **without_proof(wallet))) == wrong
    assert wallet.redeem(code).status_code == 200
    unbound = code_for(haip, wallet, **without_proof(wallet))
    assert error_of(wallet.redeem(unbound, **without_proof(wallet))) == wrong
    assert wallet.redeem(unbound).status_code == 200
    for scheme in ("Bearer", "DPoP"):
        alone = {"Authorization": f"{scheme} {wallet.token}"}
        assert ask(wallet, headers=alone).status_code == 401
    assert ask(wallet, key=new_signer()).status_code == 401
    assert ask(wallet).status_code == 200


def test_bearers_are_other_wallets(plain: Place) -> None:
    """Where no attestation is demanded a wallet may speak bearer, and gets no bound token."""
    bearer = ForeignWallet(plain.world, key=None, app=plain.served)  # type: ignore[arg-type]
    code = code_for(plain, bearer)  # type: ignore[arg-type]
    assert bearer.redeem(code).get_json()["token_type"] == "Bearer"
