"""Encrypted requests and answers: strict as the specification, lenient where the setting says."""

from __future__ import annotations

import json
import secrets
from typing import TYPE_CHECKING, Any

import pytest

from credentials.jwe import encrypt_jwe
from credentials.jwk import b64url_encode

from .credential_wallet import (
    CredentialWallet,
    decrypt,
    new_signer,
    response_key,
    verify_sd_jwt,
)
from .test_refusals import refusal

if TYPE_CHECKING:
    from tests.wallet_api.simulators import World

pytestmark = pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
JWT = "application/jwt"


def request_of(wallet: CredentialWallet, **members: Any) -> dict[str, Any]:
    return {
        "credential_configuration_id": "id_card_sd_jwt",
        "proofs": wallet.proofs(new_signer()),
        **members,
    }


@pytest.mark.parametrize("enc", ["A128GCM", "A256GCM"])
def test_an_encrypted_request_gets_an_encrypted_answer(
    world: World, holder: CredentialWallet, enc: str
) -> None:
    key, parameter = response_key(enc)
    body = request_of(holder, credential_response_encryption=parameter)
    answer = holder.send("credential", holder.encrypt(body, enc=enc), media=JWT)
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    (held,) = decrypt(answer, key)["credentials"]
    assert verify_sd_jwt(world, held["credential"]).claims["birthdate"]


def test_an_encrypted_request_may_get_a_plain_answer(holder: CredentialWallet) -> None:
    answer = holder.send("credential", holder.encrypt(request_of(holder)), media=JWT)
    assert (answer.status_code, answer.mimetype) == (200, "application/json")


def test_strict_refuses_a_plain_request_for_an_encrypted_answer(holder: CredentialWallet) -> None:
    _, parameter = response_key()
    body = request_of(holder, credential_response_encryption=parameter)
    assert refusal(holder.send("credential", body)) == "invalid_encryption_parameters"


def test_lenient_encrypts_the_answer_to_a_plain_request(
    world: World, holder: CredentialWallet
) -> None:
    lenient = CredentialWallet(world.with_settings(openid_encryption="lenient"), key=holder.key)
    lenient.token = holder.token
    key, parameter = response_key()
    body = request_of(lenient, credential_response_encryption=parameter)
    assert decrypt(lenient.send("credential", body), key)["credentials"]


@pytest.mark.parametrize(
    "change",
    [
        {"enc": "A128CBC-HS256"},
        {"enc": None},
        {"enc": ["A128GCM"]},
        {"zip": "DEF"},
        {"jwk": None},
        {"jwk": "key"},
        {"jwk": {"kty": "RSA", "alg": "RSA-OAEP", "n": "AQAB", "e": "AQAB"}},
        {"jwk": {"kty": "oct", "alg": "dir", "k": "AAAA"}},
    ],
)
def test_what_the_metadata_does_not_offer_is_refused_in_clear(
    holder: CredentialWallet, change: dict[str, Any]
) -> None:
    _, parameter = response_key()
    body = request_of(holder, credential_response_encryption=parameter | change)
    answer = holder.send("credential", holder.encrypt(body), media=JWT)
    assert refusal(answer) == "invalid_encryption_parameters"


@pytest.mark.parametrize(
    "change",
    [
        {"alg": None},
        {"alg": "ECDH-ES+A128KW"},
        {"crv": "P-384"},
        {"x": "AAAA"},
        {"y": b64url_encode(bytes(32))},
        {"d": b64url_encode(bytes(32))},
        {"kid": 7},
    ],
)
def test_a_key_that_cannot_be_used_is_refused(
    holder: CredentialWallet, change: dict[str, Any]
) -> None:
    _, parameter = response_key()
    parameter["jwk"] |= change
    body = request_of(holder, credential_response_encryption=parameter)
    answer = holder.send("credential", holder.encrypt(body), media=JWT)
    assert refusal(answer) == "invalid_encryption_parameters"


def test_a_request_to_another_key_is_refused(holder: CredentialWallet) -> None:
    text = encrypt_jwe(
        json.dumps(request_of(holder)).encode(),
        new_signer().public_key,
        enc="A128GCM",
        random=secrets.token_bytes,
    )
    for body in (text.encode(), b"a.b.c", b"", b"{}", "é".encode()):
        answer = holder.send("credential", body, media=JWT)
        assert refusal(answer) == "invalid_encryption_parameters"


def test_a_refusal_is_never_encrypted(holder: CredentialWallet) -> None:
    _, parameter = response_key()
    body = {
        "credential_configuration_id": "id_card_sd_jwt",
        "credential_response_encryption": parameter,
    }
    answer = holder.send("credential", holder.encrypt(body), media=JWT)
    assert refusal(answer) == "invalid_proof"
