"""Access tokens and DPoP proofs at the credential endpoint's door (RFC 6750, RFC 9449)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import jwt
import pytest

from credentials.jose import sign_jws, sign_with_jwk
from credentials.jwk import public_jwk
from tests.wallet_api.racing import race
from wallet_api.errors.openid import OpenIdError
from wallet_api.services import nonces
from wallet_api.services.openid import access

from .foreign_wallet import ForeignWallet, new_signer, offer_id_card

if TYPE_CHECKING:
    from tests.wallet_api.handset import Handset
    from tests.wallet_api.simulators import World

on_sqlite = pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)

NIK = "3174054512900001"


@pytest.fixture
def opened(world: World, phone: Handset) -> ForeignWallet:
    made = ForeignWallet(world)
    assert made.take(offer_id_card(world, NIK)).status_code == 200
    return made


def refusal(foreign: ForeignWallet, **bent: Any) -> OpenIdError:
    with pytest.raises(OpenIdError) as refused:
        foreign.open(**bent)
    assert refused.value.status == 401
    return refused.value


@on_sqlite
@pytest.mark.parametrize(
    ("bent", "error"),
    [
        ({"htm": "GET"}, "invalid_dpop_proof"),
        ({"htu": "https://wallet.test/openid/token"}, "invalid_dpop_proof"),
        ({"htu": "https://evil.test/openid/credential"}, "invalid_dpop_proof"),
        ({"htu": "http://wallet.test/openid/credential"}, "invalid_dpop_proof"),
        ({"htu": "https://[::1"}, "invalid_dpop_proof"),
        ({"htu": None}, "invalid_dpop_proof"),
        ({"htu": 7}, "invalid_dpop_proof"),
        ({"ath": "x" * 43}, "invalid_dpop_proof"),
        ({"ath": None}, "invalid_dpop_proof"),
        ({"jti": None}, "invalid_dpop_proof"),
        ({"jti": ""}, "invalid_dpop_proof"),
        ({"jti": "x" * 300}, "invalid_dpop_proof"),
        ({"jti": 5}, "invalid_dpop_proof"),
        ({"iat": None}, "invalid_dpop_proof"),
        ({"iat": "now"}, "invalid_dpop_proof"),
        ({"iat": True}, "invalid_dpop_proof"),
        ({"iat": 10**15}, "invalid_dpop_proof"),
        ({"exp": 1}, "invalid_dpop_proof"),
        ({"nbf": 2**33}, "invalid_dpop_proof"),
        ({"typ": "JWT"}, "invalid_dpop_proof"),
        ({"nonce": None}, "use_dpop_nonce"),
        ({"nonce": "x" * 54}, "use_dpop_nonce"),
        ({"nonce": 5}, "use_dpop_nonce"),
    ],
)
def test_t20_a_proof_for_something_else_is_refused(
    opened: ForeignWallet, bent: dict[str, Any], error: str
) -> None:
    refused = refusal(opened, **bent)
    assert refused.error == error
    assert f'error="{error}"' in refused.headers["WWW-Authenticate"]
    assert refused.headers["WWW-Authenticate"].startswith("DPoP ")
    assert ("DPoP-Nonce" in refused.headers) is (error == "use_dpop_nonce")


@on_sqlite
@pytest.mark.parametrize(
    ("skew", "good"), [(-60, True), (-10, True), (10, True), (-61, False), (11, False)]
)
def test_a_proof_is_of_this_minute(opened: ForeignWallet, skew: int, *, good: bool) -> None:
    if good:
        assert opened.open(iat=opened.unix() + skew)
    else:
        assert refusal(opened, iat=opened.unix() + skew).error == "invalid_dpop_proof"


@on_sqlite
def test_the_address_is_compared_after_normalisation(opened: ForeignWallet) -> None:
    for htu in (
        "HTTPS://Wallet.Test:443/openid/credential",
        "https://wallet.test/openid/credential?a=b#c",
    ):
        assert opened.open(htu=htu)


def test_t20_a_proof_is_used_once(opened: ForeignWallet) -> None:
    proof = opened.dpop("POST", opened.url("credential"), token=opened.token)
    came = race([lambda: "opened" if opened.open(proof=proof) else "not"] * 40)
    busy = sum(count for name, count in came.items() if name.startswith("BUSY"))
    assert came["opened"] == 1
    assert came["opened"] + came["invalid_dpop_proof"] + busy == 40
    assert refusal(opened, proof=proof).error == "invalid_dpop_proof"


@on_sqlite
def test_t20_an_old_nonce_brings_a_fresh_one(world: World, opened: ForeignWallet) -> None:
    old = nonces.make(world.deps)
    world.clock.advance(minutes=5)
    fresh = refusal(opened, nonce=old).headers["DPoP-Nonce"]
    assert opened.open(nonce=fresh)


@on_sqlite
def test_t29_confused_proofs_are_refused(opened: ForeignWallet) -> None:
    key, url = new_signer(), opened.url("credential")
    good = {"jti": "1", "htm": "POST", "htu": url, "iat": opened.unix()}
    other = public_jwk(new_signer().public_key)
    for proof in (
        "x",
        "a.b.c",
        "x" * 5000,
        sign_jws(good, key, typ="dpop+jwt"),  # without a key
        sign_with_jwk(good, key, typ="dpop+jwt", jwk=other),  # with another
        sign_with_jwk(good, key, typ="dpop+jwt", jwk=other | {"d": "x"}),
        jwt.encode(good, "s" * 32, "HS256", headers={"typ": "dpop+jwt", "jwk": other}),
        jwt.encode(good, "", "none", headers={"typ": "dpop+jwt", "jwk": other}),
    ):
        assert refusal(opened, proof=proof).error == "invalid_dpop_proof"


@on_sqlite
def test_t29_a_bent_token_is_refused(world: World, opened: ForeignWallet) -> None:
    claims = jwt.decode(opened.token, options={"verify_signature": False})
    key, typ = world.deps.keys.token_key, {"typ": "at+jwt"}
    good, signed = opened.token, opened.token.rpartition(".")[0]
    for bent in (
        "x",
        "x" * 5000,
        f"{signed}.{'A' * 86}",
        jwt.encode(claims, "", "none", headers=typ),
        jwt.encode(claims, "secret" * 8, "HS256", headers=typ),
        jwt.encode(claims, key, "ES256", headers={"typ": "JWT"}),
        jwt.encode(claims | {"iss": "https://evil.test"}, key, "ES256", headers=typ),
        jwt.encode(claims | {"aud": "https://evil.test"}, key, "ES256", headers=typ),
        jwt.encode(claims | {"aud": [claims["aud"]]}, key, "ES256", headers=typ),
        jwt.encode(claims | {"sub": "no-such-grant"}, key, "ES256", headers=typ),
        jwt.encode(claims | {"exp": None}, key, "ES256", headers=typ),
        jwt.encode(claims | {"cnf": {"jkt": "x" * 43}}, key, "ES256", headers=typ),
    ):
        opened.token = bent
        assert refusal(opened).error == "invalid_token"
    claims.pop("cnf")  # a bound token cannot be made a bearer's
    opened.token = jwt.encode(claims, key, "ES256", headers=typ)
    assert refusal(opened, scheme="Bearer").error == "invalid_token"
    opened.token = good
    assert opened.open(scheme="dpop").wallet


@on_sqlite
def test_a_bound_token_is_no_bearer_token(world: World, opened: ForeignWallet) -> None:
    assert refusal(opened, scheme="Bearer").error == "invalid_token"
    for authorization in (None, "", "DPoP", "Basic eA==", f" {opened.token}"):
        with pytest.raises(OpenIdError) as refused:
            access.check_access(
                world.deps, authorization=authorization, proof=None, method="POST", url="x"
            )
        assert refused.value.status == 401
        assert "WWW-Authenticate" in refused.value.headers


@on_sqlite
def test_a_token_ends_after_ten_minutes(world: World, opened: ForeignWallet) -> None:
    world.clock.advance(seconds=599)
    assert opened.open()
    world.clock.advance(seconds=1)
    assert refusal(opened).error == "invalid_token"


@on_sqlite
def test_the_apps_token_and_the_foreign_one_are_not_exchangeable(
    world: World, phone: Handset, opened: ForeignWallet
) -> None:
    assert phone.session().status_code == 201
    mine, foreign = phone.token, opened.token
    opened.token, opened.key = mine, phone.device
    assert refusal(opened).error == "invalid_token"
    phone.token = foreign
    answer = phone.call("GET", "/v1/wallet")
    assert (answer.status_code, answer.get_json()["code"]) == (401, "TOKEN_INVALID")


@on_sqlite
def test_the_token_endpoint_asks_for_its_nonce(world: World, phone: Handset) -> None:
    foreign, offer = ForeignWallet(world), offer_id_card(world, NIK)
    code = offer["grants"][next(iter(offer["grants"]))]["pre-authorized_code"]
    form = {
        "grant_type": "urn:ietf:params:oauth:grant-type:pre-authorized_code",
        "pre-authorized_code": code,
    }
    asked = foreign.ask(form, nonce=None)
    assert (asked.status_code, asked.get_json()["error"]) == (400, "use_dpop_nonce")
    assert len(asked.headers.getlist("DPoP-Nonce")) == 1
    assert foreign.ask(form, nonce=asked.headers["DPoP-Nonce"]).status_code == 200
