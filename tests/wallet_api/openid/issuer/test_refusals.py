"""What the credential endpoint refuses, in the words of OpenID4VCI 1.0 section 8.3.1."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import func, select

from credentials.jwk import public_jwk
from tests.wallet_api.issuing.conftest import NO_PHOTO
from wallet_api.models import Credential
from wallet_api.services import wallets

from .conftest import Open
from .credential_wallet import CredentialWallet, new_signer

if TYPE_CHECKING:
    from werkzeug.test import TestResponse

    from tests.wallet_api.handset import Handset
    from tests.wallet_api.simulators import World

pytestmark = pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)

DESCRIPTION = re.compile(r"[\x20-\x21\x23-\x5B\x5D-\x7E]+")
OTHER = new_signer()

BENT: dict[str, dict[str, Any]] = {
    "another audience": {"aud": "https://other.example"},
    "no audience": {"aud": None},
    "another client": {"iss": "https://other.example/client"},
    "no nonce": {"nonce": None},
    "no time": {"iat": None},
    "a time of text": {"iat": "1790000000"},
    "an hour old": {"iat": 1},
    "of the future": {"iat": 1 << 39},
    "signed by another key": {"signer": OTHER},
    "no typ": {"header": {"typ": None}},
    "typ JWT": {"header": {"typ": "JWT"}},
    "alg none": {"header": {"alg": "none"}},
    "alg HS256": {"header": {"alg": "HS256"}},
    "no key": {"header": {"jwk": None}},
    "a key id": {"header": {"jwk": None, "kid": "did:key:z6Mk"}},
    "a key and a key id": {"header": {"kid": "one"}},
    "a critical header": {"header": {"crit": ["exp"], "exp": 1}},
    "the address of a key": {"header": {"jku": "https://other.example/keys"}},
    "a private key": {"header": {"jwk": {**public_jwk(OTHER.public_key), "d": "AA"}}},
    "an attestation of nobody we know": {"header": {"key_attestation": "a.b.c"}},
}


def refusal(answer: TestResponse) -> str:
    """The error of a refusal, whose form is what section 8.3.1 says."""
    body = answer.get_json()
    assert answer.status_code == 400, answer.text
    assert answer.mimetype == "application/json"
    assert answer.headers["Cache-Control"] == "no-store"
    assert set(body) == {"error", "error_description"}
    assert DESCRIPTION.fullmatch(body["error_description"])
    return str(body["error"])


@pytest.fixture(autouse=True)
def nothing_is_issued(world: World, holder: CredentialWallet) -> Any:
    """Whatever is refused here leaves no credential behind."""
    yield
    with world.deps.transaction() as db:
        assert db.scalar(select(func.count(Credential.id))) == 0


@pytest.mark.parametrize("how", BENT)
def test_a_proof_that_does_not_hold_is_an_invalid_proof(holder: CredentialWallet, how: str) -> None:
    answer = holder.fetch(proofs=holder.proofs(new_signer(), **BENT[how]))
    assert refusal(answer) == "invalid_proof"


@pytest.mark.parametrize(
    "proofs",
    [
        None,
        {},
        [],
        "jwt",
        {"jwt": []},
        {"jwt": "a.b.c"},
        {"jwt": [1]},
        {"jwt": ["a.b.c"]},
        {"jwt": ["a.b"]},
        {"cwt": ["a.b.c"]},
        {"ldp_vp": [{}]},
        {"attestation": ["a.b.c"]},
        {"attestation": ["a.b.c", "d.e.f"]},
        {"jwt": ["a.b.c"], "attestation": ["a.b.c"]},
    ],
)
def test_proofs_of_another_form_are_an_invalid_proof(
    holder: CredentialWallet, proofs: object
) -> None:
    assert refusal(holder.fetch(proofs=proofs)) == "invalid_proof"


def test_one_proof_that_does_not_hold_spoils_the_batch(holder: CredentialWallet) -> None:
    nonce = holder.nonce()
    texts = [holder.proof(new_signer(), nonce=nonce) for _ in range(3)]
    texts[1] = holder.proof(new_signer(), nonce=nonce, signer=OTHER)
    assert refusal(holder.fetch(proofs={"jwt": texts})) == "invalid_proof"


@pytest.mark.parametrize("nonce", ["", "x", "AAAA" * 13 + "AA", "Ω"])
def test_a_nonce_that_is_not_ours_is_an_invalid_nonce(holder: CredentialWallet, nonce: str) -> None:
    answer = holder.fetch(proofs=holder.proofs(new_signer(), nonce=nonce))
    assert refusal(answer) == "invalid_nonce"


def test_an_old_nonce_is_an_invalid_nonce(world: World, holder: CredentialWallet) -> None:
    nonce = holder.nonce()
    world.clock.advance(minutes=5)
    answer = holder.fetch(proofs=holder.proofs(new_signer(), nonce=nonce))
    assert refusal(answer) == "invalid_nonce"


@pytest.mark.parametrize(
    ("members", "error"),
    [
        ({"credential_configuration_id": "no_such"}, "unknown_credential_configuration"),
        ({"credential_configuration_id": 1}, "unknown_credential_configuration"),
        ({"credential_configuration_id": None}, "invalid_credential_request"),
        ({"credential_identifier": "no_such"}, "invalid_credential_request"),
        (
            {"credential_configuration_id": None, "credential_identifier": "no_such"},
            "unknown_credential_identifier",
        ),
        (
            {"credential_configuration_id": None, "credential_identifier": ["x"]},
            "unknown_credential_identifier",
        ),
    ],
)
def test_what_is_not_offered_is_named(
    holder: CredentialWallet, members: dict[str, Any], error: str
) -> None:
    assert refusal(holder.fetch(**members)) == error


@pytest.mark.parametrize(
    ("body", "media"),
    [
        (b"", "application/json"),
        (b"[]", "application/json"),
        (b"{", "application/json"),
        (b'{"a":1,"a":2}', "application/json"),
        (b"\xff", "application/json"),
        (b"[" * 4000, "application/json"),
        (b"a=b", "application/x-www-form-urlencoded"),
        (b"{}", "text/plain"),
    ],
)
def test_a_body_that_is_no_request_is_refused(
    holder: CredentialWallet, body: bytes, media: str
) -> None:
    assert refusal(holder.send("credential", body, media=media)) == "invalid_credential_request"


def test_what_the_grant_does_not_cover_is_beyond_the_token(holder: CredentialWallet) -> None:
    answer = holder.fetch("tax_number_mdoc")
    assert (answer.status_code, answer.get_json()["error"]) == (403, "insufficient_scope")
    assert 'DPoP error="insufficient_scope"' in answer.headers["WWW-Authenticate"]


def test_a_person_without_the_document_is_told_so(world: World, open_national: Open) -> None:
    open_national(NO_PHOTO)
    wallet = CredentialWallet(world).offered(NO_PHOTO, "id_card", "vehicle_ownership")
    answer = wallet.fetch("vehicle_ownership_sd_jwt")
    assert refusal(answer) == "credential_request_denied"


def test_an_access_token_in_the_address_is_refused(holder: CredentialWallet) -> None:
    for name in ("credential", "deferred", "notification"):
        answer = holder.http.post(f"/openid/{name}?access_token={holder.token}", json={})
        assert refusal(answer) == "invalid_request"


@pytest.mark.parametrize("name", ["credential", "deferred", "notification"])
def test_without_a_token_the_challenge_names_the_scheme(
    holder: CredentialWallet, name: str
) -> None:
    for headers in ({}, {"Authorization": "Bearer nonsense"}, {"Authorization": "DPoP"}):
        answer = holder.http.post(f"/openid/{name}", json={}, headers=headers)
        assert answer.status_code == 401
        assert answer.get_json()["error"] == "invalid_token"
        assert answer.headers["WWW-Authenticate"].startswith(("DPoP", "Bearer"))


def test_a_blocked_wallet_opens_nothing(
    world: World, holder: CredentialWallet, national: Handset
) -> None:
    with world.deps.transaction() as db:
        wallets.block_wallet(db, world.deps, national.wallet, reason="lost", actor="test")
    assert holder.fetch().status_code == 401


def test_when_issuing_is_stopped_the_wallet_may_come_again(
    world: World, holder: CredentialWallet
) -> None:
    stopped = CredentialWallet(world.with_settings(issuing_stopped=True))
    stopped.key, stopped.token = holder.key, holder.token
    answer = stopped.fetch()
    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "60"
    assert answer.get_json()["error"] == "temporarily_unavailable"


def test_other_methods_and_paths_answer_in_oauths_words(holder: CredentialWallet) -> None:
    for method, path, status in (
        ("GET", "/openid/credential", 405),
        ("PUT", "/openid/nonce", 405),
        ("POST", "/openid/nothing", 404),
        ("GET", "/.well-known/openid-credential-issuer/other", 404),
    ):
        answer = holder.http.open(path, method=method)
        assert answer.status_code == status
        assert "error" in answer.get_json()


def test_a_guessed_transaction_leads_nowhere(holder: CredentialWallet) -> None:
    answer = holder.send("deferred", {"transaction_id": "x" * 43})
    assert refusal(answer) == "invalid_transaction_id"
