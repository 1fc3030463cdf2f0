"""FAPI 2.0 on the authorization server: proofs of the DPoP key (RFC 9449)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from credentials.jose import sign_with_jwk
from credentials.jwk import public_jwk, thumbprint
from tests.conformance.code_flow import ask, code_for, statuses, with_tokens, without_proof
from tests.conformance.steps import FalseSigner, make_wallet
from tests.wallet_api.openid.foreign_wallet import error_of
from tests.wallet_api.openid.issuer.credential_wallet import new_signer

if TYPE_CHECKING:
    from tests.conformance.conftest import Place
    from tests.conformance.steps import ConformanceWallet

module = pytest.mark.module
SERVED = [(201, ""), (200, ""), (200, "")]
REFUSED = [(400, "invalid_dpop_proof"), (400, "invalid_dpop_proof"), (401, "invalid_dpop_proof")]


@module("fapi2-security-profile-final-ensure-dpopproof-with-iat-10seconds-before-succeeds")
def test_iat_before(haip: Place) -> None:
    """A proof of 10 seconds ago is good everywhere; one of two minutes ago is not."""
    wallet = with_tokens(haip)
    assert statuses(haip, wallet, iat=wallet.unix() - 10) == SERVED
    assert statuses(haip, wallet, iat=wallet.unix() - 120) == REFUSED


@module("fapi2-security-profile-final-ensure-dpopproof-with-iat-10seconds-after-succeeds")
def test_iat_after(haip: Place) -> None:
    """A proof of 10 seconds ahead is good everywhere; one of more than a minute ahead is not."""
    wallet = with_tokens(haip)
    assert statuses(haip, wallet, iat=wallet.unix() + 10) == SERVED
    assert statuses(haip, wallet, iat=wallet.unix() + 61) == REFUSED


@module("fapi2-security-profile-final-check-dpop-proof-nbf-exp")
def test_nbf_and_exp(haip: Place) -> None:
    """A proof may say from when until when it is good; then that is kept to."""
    wallet = with_tokens(haip)
    now = wallet.unix()
    assert statuses(haip, wallet, nbf=now - 5, exp=now + 60) == SERVED
    assert statuses(haip, wallet, exp=now - 60) == REFUSED
    assert statuses(haip, wallet, nbf=now + 60) == REFUSED


@module("fapi2-security-profile-final-ensure-mismatched-dpop-jkt-fails")
def test_jkt_mismatch(haip: Place) -> None:
    """A `dpop_jkt` that is not the key of the proof beside it is refused."""
    wallet = make_wallet(haip)
    other = thumbprint(new_signer().public_key)
    assert error_of(wallet.push(dpop_jkt=other)) == (400, "invalid_dpop_proof")
    assert wallet.key is not None
    assert wallet.push(dpop_jkt=thumbprint(wallet.key.public_key)).status_code == 201


@module("fapi2-security-profile-final-ensure-dpopproof-at-par-endpoint-binding-success")
def test_bound_by_proof(haip: Place) -> None:
    """A code of a request that was pushed with a proof is good for that proof's key."""
    wallet = make_wallet(haip)
    assert wallet.redeem(code_for(haip, wallet)).status_code == 200


@module("fapi2-security-profile-final-ensure-dpop-auth-code-binding-success")
def test_bound_by_name(haip: Place) -> None:
    """A code of a request that named its key as `dpop_jkt` is good for that key."""
    wallet = make_wallet(haip)
    assert wallet.redeem(code_for(haip, wallet, **naming_key(wallet))).status_code == 200


@module("fapi2-security-profile-final-ensure-token-endpoint-fails-with-mismatched-dpop-proof-jkt")
def test_bound_by_proof_to_another_key(haip: Place) -> None:
    """The key of the proof at the push is another than at the token endpoint: refused."""
    wallet = make_wallet(haip)
    code = code_for(haip, wallet)
    other = make_wallet(haip, verifier=wallet.verifier)
    assert error_of(other.redeem(code)) == (400, "invalid_grant")


@module("fapi2-security-profile-final-ensure-token-endpoint-fails-with-mismatched-dpop-jkt")
def test_bound_by_name_to_another_key(haip: Place) -> None:
    """The key named as `dpop_jkt` is another than at the token endpoint: refused."""
    wallet = make_wallet(haip)
    code = code_for(haip, wallet, **naming_key(wallet))
    other = make_wallet(haip, verifier=wallet.verifier)
    assert error_of(other.redeem(code)) == (400, "invalid_grant")


def naming_key(wallet: ConformanceWallet) -> dict[str, Any]:
    """What makes a push name the key instead of proving it."""
    assert wallet.key is not None
    return {"dpop_jkt": thumbprint(wallet.key.public_key), **without_proof(wallet)}


@module("fapi2-security-profile-final-dpop-negative-tests")
@pytest.mark.parametrize(
    "bent",
    [
        {"htm": "GET"},
        {"htm": None},
        {"htu": "https://other.example/openid/token"},
        {"htu": None},
        {"jti": None},
        {"iat": None},
        {"iat": "now"},
        {"typ": "JWT"},
        {"typ": ""},
    ],
    ids=repr,
)
def test_a_proof_of_something_else(haip: Place, bent: dict[str, Any]) -> None:
    """A proof for another method or address, or with a member missing, is refused everywhere."""
    assert statuses(haip, with_tokens(haip), **bent) == REFUSED


@module("fapi2-security-profile-final-dpop-negative-tests")
def test_a_proof_without_a_nonce(haip: Place) -> None:
    """A proof without our nonce, or with a stranger's, gets one: use_dpop_nonce and DPoP-Nonce."""
    wallet = with_tokens(haip)
    named = [(status, "use_dpop_nonce") for status, _ in REFUSED]
    assert statuses(haip, wallet, nonce=None) == named
    assert statuses(haip, wallet, nonce="a nonce of elsewhere") == named
    fresh = ask(wallet, nonce=None).headers["DPoP-Nonce"]
    assert ask(wallet, nonce=fresh).status_code == 200


@module("fapi2-security-profile-final-dpop-negative-tests")
def test_a_proof_for_another_token(haip: Place) -> None:
    """At the credential endpoint a proof is for one access token (`ath`) and by its key."""
    wallet = with_tokens(haip)
    for bent in ({"ath": "x" * 43}, {"ath": None}):
        assert ask(wallet, **bent).status_code == 401
    for key in (new_signer(), FalseSigner(wallet.key)):  # type: ignore[arg-type] - it has one
        assert ask(wallet, key=key).status_code == 401
    assert ask(wallet).status_code == 200


@module("fapi2-security-profile-final-dpop-negative-tests")
def test_a_proof_that_is_confused(haip: Place) -> None:
    """A proof used twice, two at once, none signed, with a private key, or not a JWT at all."""
    wallet = with_tokens(haip)
    good = wallet.dpop("POST", wallet.url("credential"), token=wallet.token)
    assert send(wallet, good) == 200
    fresh = wallet.dpop("POST", wallet.url("credential"), token=wallet.token)
    signer = new_signer()
    private = public_jwk(signer.public_key) | {"d": "AA"}
    for wrong in (
        good,
        f"{fresh}, {fresh}",
        fresh.rpartition(".")[0] + ".",
        sign_with_jwk({"jti": "x"}, signer, typ="dpop+jwt", jwk=private),
        "no proof",
        "a.b.c",
    ):
        assert send(wallet, wrong) == 401
    assert send(wallet, fresh) == 200


def send(wallet: ConformanceWallet, proof: str) -> int:
    headers = {"Authorization": f"DPoP {wallet.token}", "DPoP": proof}
    return ask(wallet, headers=headers).status_code
