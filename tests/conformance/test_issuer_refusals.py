"""Modules for issuers in which the credential request is wrong, in one thing each."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from tests.conformance.steps import (
    FORMATS,
    GRANTS,
    SD_JWT,
    FalseSigner,
    Variant,
    fetch,
    gain_access,
    make_wallet,
    request,
    with_access,
)
from tests.wallet_api.openid.issuer.credential_wallet import new_signer, response_key
from tests.wallet_api.openid.issuer.test_key_attestations import attest
from tests.wallet_api.openid.issuer.test_refusals import refusal

if TYPE_CHECKING:
    from tests.conformance.conftest import Places
    from tests.conformance.steps import ConformanceWallet

module = pytest.mark.module
ENCRYPTED = [replace(one, encrypted=True) for one in FORMATS]
everywhere = pytest.mark.parametrize("variant", [*GRANTS, *ENCRYPTED], ids=str)


def refused(wallet: ConformanceWallet, variant: Variant, **members: Any) -> str:
    """The error of a request that is wrong; it comes in clear, also to an encrypted request."""
    return refusal(request(wallet, variant, new_signer(), **members)[0])


@module("oid4vci-1_0-issuer-fail-invalid-nonce")
@everywhere
def test_invalid_nonce(places: Places, variant: Variant) -> None:
    """A nonce that is not the issuer's, or was used before: 400 invalid_nonce."""
    place, wallet = with_access(places, variant)
    own = wallet.proofs(new_signer(), nonce="a nonce of the wallet's own")
    assert refused(wallet, variant, proofs=own) == "invalid_nonce"
    nonce = wallet.nonce()
    assert (
        request(wallet, variant, proofs=wallet.proofs(new_signer(), nonce=nonce))[0].status_code
        == 200
    )
    again = wallet.proofs(new_signer(), nonce=nonce)
    assert refused(wallet, variant, proofs=again) == "invalid_nonce"
    fetch(place, wallet, variant)


@module("oid4vci-1_0-issuer-fail-invalid-jwt-proof-signature")
@everywhere
def test_invalid_jwt_proof_signature(places: Places, variant: Variant) -> None:
    """A proof whose signature is wrong, alone or among good ones: 400 invalid_proof."""
    place, wallet = with_access(places, variant)
    key, nonce = new_signer(), wallet.nonce()
    false = wallet.proof(key, signer=FalseSigner(key), nonce=nonce)
    others = [wallet.proof(new_signer(), nonce=nonce) for _ in range(2)]
    for proofs in ([false], [*others, false]):
        assert refused(wallet, variant, proofs={"jwt": proofs}) == "invalid_proof"
    fetch(place, wallet, variant)


@module("oid4vci-1_0-issuer-fail-invalid-key-attestation-signature")
@everywhere
def test_invalid_key_attestation_signature(places: Places, variant: Variant) -> None:
    """A key attestation whose signature is wrong, in a proof or as one: 400 invalid_proof."""
    place, wallet = with_access(places, variant)
    key = new_signer()
    good = attest(place.attester, wallet, [key])
    false = attest(place.attester, wallet, [key], signer=FalseSigner(place.attester.key))
    inside = wallet.proof(key, header={"key_attestation": false})
    assert refused(wallet, variant, proofs={"jwt": [inside]}) == "invalid_proof"
    assert refused(wallet, variant, proofs={"attestation": [false]}) == "invalid_proof"
    assert request(wallet, variant, proofs={"attestation": [good]})[0].status_code == 200


@module("oid4vci-1_0-issuer-fail-missing-proof")
@everywhere
@pytest.mark.parametrize("proofs", [None, {}, {"jwt": []}], ids=repr)
def test_missing_proof(places: Places, variant: Variant, proofs: object) -> None:
    """Without any proof of a key: 400 invalid_proof."""
    _, wallet = with_access(places, variant)
    assert refused(wallet, variant, proofs=proofs) == "invalid_proof"


@module("oid4vci-1_0-issuer-fail-unknown-credential-configuration")
@everywhere
def test_unknown_credential_configuration(places: Places, variant: Variant) -> None:
    """A configuration that the metadata does not have: 400 unknown_credential_configuration."""
    place, wallet = with_access(places, variant)
    named = {"credential_configuration_id": "a configuration that nobody knows"}
    assert refused(wallet, variant, **named) == "unknown_credential_configuration"
    fetch(place, wallet, variant)


@module("oid4vci-1_0-issuer-fail-unknown-credential-identifier")
@everywhere
def test_unknown_credential_identifier(places: Places, variant: Variant) -> None:
    """An identifier that no token response named: 400 unknown_credential_identifier."""
    named = {"credential_configuration_id": None, "credential_identifier": "nobody knows it"}
    _, by_scope = with_access(places, variant)
    assert refused(by_scope, variant, **named) == "unknown_credential_identifier"
    place = variant.place(places)
    wallet = make_wallet(place)
    one = {"type": "openid_credential", "credential_configuration_id": variant.configuration}
    gain_access(place, wallet, variant, authorization_details=json.dumps([one]))
    assert refused(wallet, variant, **named) == "unknown_credential_identifier"
    assert refused(wallet, variant) == "invalid_credential_request"  # section 8.2: identifiers now


@module("oid4vci-1_0-issuer-fail-unsupported-encryption-algorithm")
@pytest.mark.parametrize("variant", ENCRYPTED, ids=str)
@pytest.mark.parametrize(
    "bent",
    [{"enc": "XC20P"}, {"enc": "A128CBC-HS256"}, {"jwk": {"alg": "ECDH-ES+A256KW"}}],
    ids=repr,
)
def test_unsupported_encryption(places: Places, variant: Variant, bent: dict[str, Any]) -> None:
    """An algorithm that is not offered: 400 invalid_encryption_parameters, in clear."""
    place, wallet = with_access(places, variant)
    _, parameter = response_key()
    jwk = parameter["jwk"] | bent.get("jwk", {})
    asked = {"credential_response_encryption": parameter | bent | {"jwk": jwk}}
    assert refused(wallet, variant, **asked) == "invalid_encryption_parameters"
    fetch(place, wallet, variant)


@module("oid4vci-1_0-issuer-fail-on-access-token-in-query")
@pytest.mark.parametrize("variant", GRANTS, ids=str)
def test_access_token_in_query(places: Places, variant: Variant) -> None:
    """The access token in the address opens nothing, with a proof or without, bound or not."""
    place, wallet = with_access(places, variant)
    assert query(wallet, variant) == 400
    if variant == Variant(SD_JWT):
        bearer = make_wallet(place, key=None)
        gain_access(place, bearer, variant)
        assert query(bearer, variant) == 400
    fetch(place, wallet, variant)


def query(wallet: ConformanceWallet, variant: Variant) -> int:
    headers = wallet.authorization("credential")
    headers.pop("Authorization")
    proofs = wallet.proofs(new_signer())
    body = {"credential_configuration_id": variant.configuration, "proofs": proofs}
    path = f"/openid/credential?access_token={wallet.token}"
    answer = wallet.http.post(path, json=body, headers=headers)
    assert "credentials" not in answer.get_json()
    return answer.status_code
