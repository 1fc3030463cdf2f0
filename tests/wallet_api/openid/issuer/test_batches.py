"""Several copies of one document: what sets them apart, and what must not join them."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from credentials.jwk import b64url_decode, thumbprint
from credentials.mdoc_issuer import parse_issuer_signed
from tests.wallet_api.issuing.conftest import BUDI
from tests.wallet_api.racing import race
from wallet_api.models import Credential, ForeignKeyHeld
from wallet_api.services.issued import SIGNED

from .conftest import Open
from .credential_wallet import (
    CredentialWallet,
    new_signer,
    verify_mdoc,
    verify_sd_jwt,
)

if TYPE_CHECKING:
    from tests.wallet_api.handset import Handset
    from tests.wallet_api.simulators import World

on_sqlite = pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
FATHER_OF_13 = "3374010901789132"


def rows(world: World) -> list[Credential]:
    with world.deps.transaction() as db:
        return list(db.scalars(select(Credential).order_by(Credential.batch, Credential.position)))


def test_a_batch_of_twenty_shares_nothing_but_the_document(
    world: World, holder: CredentialWallet
) -> None:
    keys = [new_signer() for _ in range(20)]
    texts = holder.fetch_texts(proofs=holder.proofs(*keys))
    found = [verify_sd_jwt(world, text) for text in texts]
    assert [thumbprint(one.holder_key) for one in found if one.holder_key] == [
        thumbprint(key.public_key) for key in keys
    ]
    indices = [one.status.index for one in found if one.status]
    steps = {second - first for first, second in pairwise(indices)}
    assert len(set(indices)) == 20
    assert len(steps) > 10  # neither in sequence nor at even distances
    assert len({(one.issued_at, one.expires_at, one.vct) for one in found}) == 1
    salted = [set(text.split("~")[1:-1]) for text in texts]
    assert len(set().union(*salted)) == sum(map(len, salted))  # no salt twice
    kept = rows(world)
    assert {row.stage for row in kept} == {SIGNED}
    assert {row.format for row in kept} == {"dc+sd-jwt"}
    assert all(row.signed_sealed is None and row.signed_digest for row in kept)


def test_copies_of_an_mdoc_have_salts_and_status_entries_of_their_own(
    world: World, national: Handset
) -> None:
    wallet = CredentialWallet(world).offered(BUDI, "id_card", form="mso_mdoc")
    texts = wallet.fetch_texts("id_card_mdoc", keys=10)
    found = [verify_mdoc(world, text) for text in texts]
    assert len({one.status.index for one in found if one.status}) == 10
    assert len({one.validity for one in found}) == 1
    items = [
        item.encoded
        for text in texts
        for part in parse_issuer_signed(b64url_decode(text)).items.values()
        for item in part
    ]
    assert len(set(items)) == len(items)


def test_more_proofs_than_batch_size_are_refused(holder: CredentialWallet) -> None:
    answer = holder.fetch(keys=21)
    assert (answer.status_code, answer.get_json()["error"]) == (400, "invalid_proof")


def test_a_key_gets_one_credential_of_a_request(holder: CredentialWallet) -> None:
    key = new_signer()
    answer = holder.fetch(proofs=holder.proofs(key, key))
    assert (answer.status_code, answer.get_json()["error"]) == (400, "invalid_proof")


def test_the_nonce_of_a_batch_is_good_once(world: World, holder: CredentialWallet) -> None:
    nonce = holder.nonce()
    keys = [new_signer() for _ in range(3)]
    assert len(holder.fetch_texts(proofs=holder.proofs(*keys, nonce=nonce))) == 3
    again = holder.fetch(proofs=holder.proofs(new_signer(), nonce=nonce))
    assert (again.status_code, again.get_json()["error"]) == (400, "invalid_nonce")
    assert len(rows(world)) == 3


def test_forty_requests_race_for_one_nonce(world: World, holder: CredentialWallet) -> None:
    """Each has a key and a body of its own: the nonce alone decides that one is served."""
    nonce = holder.nonce()

    def ask(body: dict[str, object]) -> str:
        answer = holder.send("credential", body)
        return str(answer.get_json().get("error", answer.status_code))

    bodies = [
        {
            "credential_configuration_id": "id_card_sd_jwt",
            "proofs": holder.proofs(new_signer(), nonce=nonce),
        }
        for _ in range(40)
    ]
    came = race([lambda body=body: ask(body) for body in bodies])  # type: ignore[misc]
    busy = came["temporarily_unavailable"]
    assert came["200"] == 1
    assert came["200"] + came["invalid_nonce"] + busy == 40
    assert len(rows(world)) == 1


def test_a_key_of_one_resident_is_never_good_for_another(
    world: World, holder: CredentialWallet, open_national: Open
) -> None:
    open_national(FATHER_OF_13)
    other = CredentialWallet(world).offered(FATHER_OF_13, "id_card")
    key = new_signer()
    holder.fetch_texts(proofs=holder.proofs(key))
    refused = other.fetch(proofs=other.proofs(key))
    assert (refused.status_code, refused.get_json()["error"]) == (400, "invalid_proof")
    holder.fetch_texts(proofs=holder.proofs(key))  # its own may come again
    with world.deps.transaction() as db:
        (held,) = db.scalars(select(ForeignKeyHeld)).all()
    assert held.jkt == thumbprint(key.public_key)
    assert held.client_id == holder.client_id


def test_two_residents_race_for_one_key(
    world: World, holder: CredentialWallet, open_national: Open
) -> None:
    open_national(FATHER_OF_13)
    other = CredentialWallet(world).offered(FATHER_OF_13, "id_card")
    key = new_signer()

    def ask(wallet: CredentialWallet) -> str:
        answer = wallet.fetch(proofs=wallet.proofs(key))
        return str(answer.get_json().get("error", answer.status_code))

    race([lambda wallet=wallet: ask(wallet) for wallet in [holder, other] * 20])  # type: ignore[misc]
    assert len({row.wallet_id for row in rows(world)}) == 1


@on_sqlite
def test_the_key_of_a_national_app_is_refused(holder: CredentialWallet, national: Handset) -> None:
    answer = holder.fetch(proofs=holder.proofs(national.device))
    assert (answer.status_code, answer.get_json()["error"]) == (400, "invalid_proof")
