"""One act on the resident's wallet reaches every credential of it, in whosever wallet it lies."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from sqlalchemy import select

from credentials.status_token import parse_status_jwt, verify_status_token
from credentials.token_claims import StatusReference
from credentials.x509_chain import Anchors, verify_chain
from tests.wallet_api.issuing.conftest import BUDI
from wallet_api.models import ForeignKeyHeld
from wallet_api.services import person_credentials, publication, wallets

from .credential_wallet import CredentialWallet, verify_mdoc, verify_sd_jwt

if TYPE_CHECKING:
    from tests.wallet_api.handset import Handset
    from tests.wallet_api.simulators import World


@pytest.fixture
def held(world: World, holder: CredentialWallet) -> list[StatusReference]:
    """Two SD-JWT VCs in one wallet and an mdoc in another, by their status entries."""
    found = [verify_sd_jwt(world, text).status for text in holder.fetch_texts(keys=2)]
    other = CredentialWallet(world).offered(BUDI, "tax_number", form="mso_mdoc")
    found.append(verify_mdoc(world, other.fetch_texts("tax_number_mdoc")[0]).status)
    return [one for one in found if one is not None]


def published(world: World, holder: CredentialWallet, held: list[StatusReference]) -> list[int]:
    """What the published list says, read as relying parties read it."""
    world.clock.advance(seconds=60)
    publication.publish(world.deps)
    path = held[0].uri.removeprefix(world.deps.settings.public_url)
    answer = holder.http.get(path, headers={"Accept": "application/statuslist+jwt"})
    assert answer.status_code == 200
    unverified = parse_status_jwt(answer.text)
    root = Anchors((world.deps.keys.issuer_root.public_bytes(Encoding.DER),))
    now = int(world.clock.now().timestamp())
    leaf = verify_chain(unverified.chain, root, now=now)
    token = verify_status_token(unverified, leaf.public_key, uri=held[0].uri, now=now)
    return [token.get(one.index) for one in held]


def test_blocked_is_suspended_and_resumed_is_good_again(
    world: World, holder: CredentialWallet, national: Handset, held: list[StatusReference]
) -> None:
    assert published(world, holder, held) == [0, 0, 0]
    with world.deps.transaction() as db:
        wallets.block_wallet(db, world.deps, national.wallet, reason="lost", actor="test")
    assert published(world, holder, held) == [2, 2, 2]
    person_credentials.change_all(world.deps, BUDI, "good", reason="found again")
    assert published(world, holder, held) == [0, 0, 0]


def test_closed_is_revoked_for_good_and_the_keys_end(
    world: World, holder: CredentialWallet, national: Handset, held: list[StatusReference]
) -> None:
    with world.deps.transaction() as db:
        wallets.close_wallet(db, world.deps, national.wallet, reason="holder", actor="test")
    assert published(world, holder, held) == [1, 1, 1]
    person_credentials.change_all(world.deps, BUDI, "good", reason="never again")
    assert published(world, holder, held) == [1, 1, 1]
    with world.deps.transaction() as db:
        assert all(key.ended_at for key in db.scalars(select(ForeignKeyHeld)))
    assert holder.fetch().status_code == 401


def test_one_credential_is_revoked_and_the_others_hold(
    world: World, holder: CredentialWallet, held: list[StatusReference]
) -> None:
    answer = holder.fetch()
    named = answer.get_json()["notification_id"]
    body = {"notification_id": named, "event": "credential_deleted"}
    assert holder.send("notification", body).status_code == 204
    gone = verify_sd_jwt(world, answer.get_json()["credentials"][0]["credential"]).status
    assert gone is not None
    assert published(world, holder, [*held, gone]) == [0, 0, 0, 1]


def test_a_blocked_resident_gets_nothing_more(
    world: World, holder: CredentialWallet, national: Handset
) -> None:
    with world.deps.transaction() as db:
        wallets.block_wallet(db, world.deps, national.wallet, reason="lost", actor="test")
    assert holder.fetch().status_code == 401
