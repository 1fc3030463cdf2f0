"""Credentials that come later: fetched once, by the grant that asked for them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import func, select

from credentials.jwk import thumbprint
from tests.wallet_api.issuing.conftest import BUDI
from tests.wallet_api.racing import race
from wallet_api.models import Credential
from wallet_api.services import housekeeping, wallets

from .credential_wallet import (
    CredentialWallet,
    decrypt,
    new_signer,
    response_key,
    verify_mdoc,
    verify_sd_jwt,
)
from .test_refusals import refusal

if TYPE_CHECKING:
    from tests.wallet_api.handset import Handset
    from tests.wallet_api.simulators import World

on_sqlite = pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)


@pytest.fixture
def waiting(world: World, national: Handset) -> CredentialWallet:
    """A wallet at an issuer that takes a minute."""
    return CredentialWallet(world.with_settings(openid_deferred_seconds=60)).offered(
        BUDI, "id_card"
    )


def ask(wallet: CredentialWallet, **members: Any) -> str:
    answer = wallet.fetch(**members)
    assert answer.status_code == 202, answer.text
    assert answer.headers["Cache-Control"] == "no-store"
    body = answer.get_json()
    assert set(body) == {"transaction_id", "interval"}
    assert type(body["interval"]) is int
    assert body["interval"] > 0
    return str(body["transaction_id"])


def issued(world: World) -> int:
    with world.deps.transaction() as db:
        return db.scalar(select(func.count(Credential.id))) or 0


def test_it_is_there_when_its_time_has_come_and_once(
    world: World, waiting: CredentialWallet
) -> None:
    keys = [new_signer() for _ in range(3)]
    transaction = ask(waiting, proofs=waiting.proofs(*keys))
    early = waiting.send("deferred", {"transaction_id": transaction})
    assert early.status_code == 202
    assert early.get_json() == {"transaction_id": transaction, "interval": 60}
    assert issued(world) == 0
    world.clock.advance(seconds=60)
    answer = waiting.send("deferred", {"transaction_id": transaction, "unknown": True})
    assert answer.status_code == 200
    assert set(answer.get_json()) == {"credentials"}
    found = [verify_sd_jwt(world, one["credential"]) for one in answer.get_json()["credentials"]]
    assert [thumbprint(one.holder_key) for one in found if one.holder_key] == [
        thumbprint(key.public_key) for key in keys
    ]
    again = waiting.send("deferred", {"transaction_id": transaction})
    assert refusal(again) == "invalid_transaction_id"
    assert issued(world) == 3


def test_forty_requests_race_for_what_was_promised(world: World, waiting: CredentialWallet) -> None:
    transaction = ask(waiting)
    world.clock.advance(seconds=60)

    def fetch() -> str:
        answer = waiting.send("deferred", {"transaction_id": transaction})
        return str(answer.get_json().get("error", answer.status_code))

    came = race([fetch] * 40)
    assert came["200"] == 1
    assert came["200"] + came["invalid_transaction_id"] + came["temporarily_unavailable"] == 40
    assert issued(world) == 1


@on_sqlite
def test_an_mdoc_comes_later_as_well(world: World, national: Handset) -> None:
    wallet = CredentialWallet(world.with_settings(openid_deferred_seconds=1))
    wallet.offered(BUDI, "vehicle_ownership", form="mso_mdoc")
    transaction = ask(wallet, configuration="vehicle_ownership_mdoc")
    world.clock.advance(seconds=1)
    answer = wallet.send("deferred", {"transaction_id": transaction})
    assert verify_mdoc(world, answer.get_json()["credentials"][0]["credential"]).status


@on_sqlite
def test_another_grant_fetches_nothing(world: World, waiting: CredentialWallet) -> None:
    transaction = ask(waiting)
    world.clock.advance(seconds=60)
    other = CredentialWallet(waiting.world).offered(BUDI, "id_card")
    answer = other.send("deferred", {"transaction_id": transaction})
    assert refusal(answer) == "invalid_transaction_id"


@on_sqlite
def test_the_key_of_the_fetching_request_encrypts(world: World, waiting: CredentialWallet) -> None:
    """Section 9.1: what the first request said of encryption counts no more."""
    _, first = response_key()
    body = {
        "credential_configuration_id": "id_card_sd_jwt",
        "proofs": waiting.proofs(new_signer()),
        "credential_response_encryption": first,
    }
    encrypted = waiting.encrypt(body)
    answer = waiting.send("credential", encrypted, media="application/jwt")
    assert (answer.status_code, answer.mimetype) == (202, "application/jwt")
    plain = ask(waiting)
    key, second = response_key()
    fetching = {"transaction_id": plain, "credential_response_encryption": second}
    assert refusal(waiting.send("deferred", fetching)) == "invalid_encryption_parameters"
    sealed = waiting.encrypt(fetching)
    early = waiting.send("deferred", sealed, media="application/jwt")
    assert early.status_code == 202
    assert decrypt(early, key)["transaction_id"] == plain
    world.clock.advance(seconds=60)
    late = waiting.send("deferred", sealed, media="application/jwt")
    assert decrypt(late, key)["credentials"]


@on_sqlite
def test_what_nobody_fetches_is_forgotten(world: World, waiting: CredentialWallet) -> None:
    ask(waiting)
    assert housekeeping.clean_up(world.deps) >= 0
    world.clock.advance(days=8)
    assert housekeeping.clean_up(world.deps) >= 1


@on_sqlite
def test_a_wallet_that_closes_meanwhile_gets_nothing(
    world: World, waiting: CredentialWallet, national: Handset
) -> None:
    transaction = ask(waiting)
    with world.deps.transaction() as db:
        wallets.close_wallet(db, world.deps, national.wallet, reason="holder", actor="test")
    world.clock.advance(seconds=60)
    assert waiting.send("deferred", {"transaction_id": transaction}).status_code == 401
    assert issued(world) == 0


@on_sqlite
@pytest.mark.parametrize("body", [{}, {"transaction_id": None}, {"transaction_id": ["x"]}, []])
def test_a_request_without_a_transaction_is_refused(
    waiting: CredentialWallet, body: object
) -> None:
    assert refusal(waiting.send("deferred", body)) == "invalid_credential_request"
