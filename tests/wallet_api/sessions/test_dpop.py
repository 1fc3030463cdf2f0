"""Sessions: a token of ten minutes that only its phone can use, once a proof (T20)."""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import Any

import jwt
import pytest

from credentials.jwk import public_jwk
from samples.phone.proofs import compact_jws
from tests.wallet_api.handset import Handset, new_signer, with_wallet
from tests.wallet_api.simulators import World
from wallet_api.models import Wallet
from wallet_api.services import nonces, wallets

pytestmark = pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)

PATH = "/v1/wallet"
OTHER_NIK = "3174054512900002"


@pytest.fixture
def phone(world: World) -> Handset:
    made = with_wallet(world)
    assert made.session().status_code == 201
    return made


def code_of(answer: Any) -> str:
    return str(answer.get_json().get("code"))


def test_a_session_opens_the_menu(phone: Handset) -> None:
    menu = phone.call("GET", PATH)
    assert menu.status_code == 200
    found = menu.get_json()
    assert found["wallet"] == phone.wallet
    assert {group["group"] for group in found["groups"]} == {"kependudukan", "lainnya"}
    available = {
        held["type"]: held["available"] for group in found["groups"] for held in group["documents"]
    }
    assert available["id_card"]
    assert not available["vehicle_ownership"]


@pytest.mark.parametrize(
    ("bent", "code"),
    [
        ({"htm": "POST"}, "DPOP_INVALID"),
        ({"htu": "https://wallet.test/v1/wallet/"}, "DPOP_INVALID"),
        ({"htu": "https://evil.test/v1/wallet"}, "DPOP_INVALID"),
        ({"ath": "x" * 43}, "DPOP_INVALID"),
        ({"ath": None}, "DPOP_INVALID"),
        ({"jti": "short"}, "DPOP_INVALID"),
        ({"jti": "x" * 129}, "DPOP_INVALID"),
        ({"jti": None}, "DPOP_INVALID"),
        ({"jti": 7}, "DPOP_INVALID"),
        ({"iat": "now"}, "DPOP_INVALID"),
        ({"iat": None}, "DPOP_INVALID"),
        ({"iat": True}, "DPOP_INVALID"),
        ({"iat": float("nan")}, "DPOP_INVALID"),
        ({"iat": float("inf")}, "DPOP_INVALID"),
        ({"iat": -(10**300)}, "DPOP_INVALID"),
        ({"iat": 10**300}, "DPOP_INVALID"),
        ({"nonce": None}, "USE_DPOP_NONCE"),
        ({"nonce": "x" * 54}, "USE_DPOP_NONCE"),
        ({"nonce": 5}, "USE_DPOP_NONCE"),
    ],
)
def test_t20_a_proof_for_something_else_is_refused(
    phone: Handset, bent: dict[str, object], code: str
) -> None:
    answer = phone.call("GET", PATH, **bent)
    assert (answer.status_code, code_of(answer)) == (401, code)
    assert answer.headers["DPoP-Nonce"]


@pytest.mark.parametrize(("skew", "good"), [(-10, True), (10, True), (-11, False), (11, False)])
def test_t20_a_proof_is_ten_seconds_old_at_most(phone: Handset, skew: int, *, good: bool) -> None:
    answer = phone.call("GET", PATH, iat=phone.unix() + skew)
    assert (answer.status_code == 200) is good
    assert good or answer.get_json()["server_time"]


def test_t20_a_replayed_proof_is_refused(phone: Handset) -> None:
    proof = phone.dpop("GET", PATH)
    assert phone.call("GET", PATH, dpop=proof).status_code == 200
    assert code_of(phone.call("GET", PATH, dpop=proof)) == "DPOP_INVALID"
    post = phone.dpop("POST", "/v1/wallet/block")
    body = {"reason": "typo"}
    assert phone.call("POST", "/v1/wallet/block", body, dpop=post).status_code == 422
    assert code_of(phone.call("POST", "/v1/wallet/block", body, dpop=post)) == "DPOP_INVALID"


def test_t20_an_old_nonce_is_refused_with_a_fresh_one(world: World, phone: Handset) -> None:
    old = nonces.make(world.deps)
    world.clock.advance(minutes=5)
    answer = phone.call("GET", PATH, nonce=old)
    assert code_of(answer) == "USE_DPOP_NONCE"
    assert phone.call("GET", PATH, nonce=answer.headers["DPoP-Nonce"]).status_code == 200


def test_a_nonce_has_one_spelling(world: World) -> None:
    nonce = nonces.make(world.deps)
    assert nonces.is_fresh(world.deps, nonce)
    for other in (f"{nonce}!", f"{nonce[:5]}\n{nonce[5:]}", f"{nonce}=", f" {nonce}", ""):
        assert not nonces.is_fresh(world.deps, other)
    world.clock.advance(seconds=-1)
    assert not nonces.is_fresh(world.deps, nonce)  # from the future: not ours, or the clock fell


def test_t20_a_token_is_of_no_use_to_another_phone(world: World, phone: Handset) -> None:
    thief = with_wallet(world, OTHER_NIK)
    thief.session()
    thief.token = phone.token
    assert code_of(thief.call("GET", PATH)) == "TOKEN_INVALID"
    assert code_of(phone.call("GET", PATH, device=new_signer())) == "TOKEN_INVALID"


def test_a_token_ends_after_ten_minutes(world: World, phone: Handset) -> None:
    world.clock.advance(seconds=599)
    assert phone.call("GET", PATH).status_code == 200
    world.clock.advance(seconds=1)
    assert code_of(phone.call("GET", PATH)) == "TOKEN_INVALID"


def test_t29_a_forged_or_bent_token_is_refused(world: World, phone: Handset) -> None:
    claims = jwt.decode(phone.token, options={"verify_signature": False})
    key, typ = world.deps.keys.token_key, {"typ": "at+jwt"}
    signed = phone.token.rpartition(".")[0]
    bent = [
        "",
        "x",
        "x" * 5000,
        f"{signed}.{'A' * 86}",
        jwt.encode(claims, "", "none", headers=typ),
        jwt.encode(claims, "secret" * 8, "HS256", headers=typ),
        jwt.encode(claims, key, "ES256", headers={"typ": "JWT"}),
        jwt.encode(claims | {"iss": "https://evil.test"}, key, "ES256", headers=typ),
        jwt.encode(claims | {"iat": claims["iat"] + 11}, key, "ES256", headers=typ),
        *(
            jwt.encode(claims | {name: None}, key, "ES256", headers=typ)
            for name in ("exp", "iat", "jti", "cnf", "scope")
        ),
    ]
    for token in bent:
        phone.token = token
        answer = phone.call("GET", PATH)
        assert (answer.status_code, code_of(answer)) == (401, "TOKEN_INVALID"), token[:40]


def test_t29_a_proof_of_another_kind_is_none(world: World, phone: Handset) -> None:
    url = world.deps.settings.public_url + PATH
    claims: dict[str, object] = {"jti": secrets.token_hex(16), "htm": "GET", "htu": url}
    for proof in ("", "x.y.z", "x" * 5000, compact_jws("ikd-holder+jwt", claims, phone.device)):
        answer = phone.call("GET", PATH, dpop=proof or " ")
        assert code_of(answer) == "DPOP_INVALID"


def test_without_a_token_or_with_a_bearer_nothing_opens(phone: Handset) -> None:
    for headers in ({}, {"Authorization": f"Bearer {phone.token}"}, {"Authorization": "DPoP"}):
        answer = phone.api.get(PATH, headers=headers)
        assert (answer.status_code, code_of(answer)) == (401, "TOKEN_INVALID")


def test_t34_the_renewing_session_may_renew_and_nothing_else(phone: Handset) -> None:
    opened = phone.session(scope="renew")
    assert opened.get_json()["scope"] == "renew"
    body = {"holder_keys": phone.holder_keys()}
    for path, sent in (
        ("/v1/wallet/credentials", body),
        ("/v1/wallet/block", {"reason": "lost"}),
        ("/v1/wallet/close", {}),
    ):
        answer = phone.call("POST", path, sent)
        assert (answer.status_code, code_of(answer)) == (403, "SCOPE_INSUFFICIENT")
    assert code_of(phone.call("GET", PATH)) == "SCOPE_INSUFFICIENT"
    assert phone.call("GET", "/v1/wallet/credentials").status_code == 200


@pytest.mark.parametrize(
    ("path", "code"), [("block", "WALLET_BLOCKED"), ("close", "WALLET_CLOSED")]
)
def test_t20_a_blocked_or_closed_wallet_opens_nothing(phone: Handset, path: str, code: str) -> None:
    sent = {"reason": "lost"} if path == "block" else {}
    assert phone.call("POST", f"/v1/wallet/{path}", sent).status_code == 200
    for answer in (phone.call("GET", PATH), phone.session(), phone.session(scope="renew")):
        assert (answer.status_code, code_of(answer)) == (403, code)


def test_t20_a_replaced_phone_is_shut_out_at_once(world: World, phone: Handset) -> None:
    with world.deps.transaction() as db:
        person = db.get_one(Wallet, phone.wallet).person_id
        wallets.close_others(db, world.deps, person, actor="test")
    assert code_of(phone.call("GET", PATH)) == "WALLET_CLOSED"
    assert code_of(phone.session(scope="renew")) == "WALLET_CLOSED"


def test_an_unknown_wallet_and_another_ones_wallet(world: World, phone: Handset) -> None:
    other = with_wallet(world, OTHER_NIK)
    stranger = Handset(world, wallet="no-such-wallet")
    assert code_of(stranger.session()) == "WALLET_NOT_FOUND"
    phone.wallet = other.wallet
    assert code_of(phone.session()) == "STATEMENT_INVALID"


def test_a_body_that_names_another_wallet_than_the_statement(world: World, phone: Handset) -> None:
    other = with_wallet(world, OTHER_NIK)
    body = {"wallet": other.wallet, "scope": "renew"}
    answer = phone.step("/v1/sessions", "session", body, sub=phone.wallet)
    assert code_of(answer) == "STATEMENT_INVALID"


def test_a_session_lasts_no_longer_than_the_settings_say(world: World) -> None:
    short = world.with_settings(session_seconds=60)
    phone = with_wallet(short)
    assert phone.session().get_json()["expires_in"] == 60
    claims = jwt.decode(phone.token, options={"verify_signature": False})
    assert timedelta(seconds=claims["exp"] - claims["iat"]) == timedelta(minutes=1)
    assert set(claims["cnf"]) == {"jkt"}
    assert public_jwk(phone.device.public_key)["x"] not in phone.token
