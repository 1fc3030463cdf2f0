"""What wallets tell of their credentials, renewal, and which document an identifier means."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select

from credentials.vc_claims import read_claims
from tests.wallet_api.issuing.conftest import BUDI
from tests.wallet_api.openid.foreign_wallet import read_offer
from wallet_api.models import Credential
from wallet_api.services import holdings, renewals
from wallet_api.services.openid import offers
from wallet_api.services.openid.configurations import offered_types

from .conftest import Open
from .credential_wallet import CredentialWallet, verify_sd_jwt
from .test_refusals import refusal

if TYPE_CHECKING:
    from samples.people import build_registry  # noqa: F401
    from tests.wallet_api.handset import Handset
    from tests.wallet_api.simulators import World

pytestmark = pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
TWO_VEHICLES = "1271012512889952"  # a motorcycle and a car
ACCEPTED = "credential_accepted"


def states(world: World) -> list[tuple[str, str, str | None]]:
    """(stage, status, reason) of each credential in the order of issuing."""
    with world.deps.transaction() as db:
        rows = db.scalars(select(Credential).order_by(Credential.list_number)).all()
    return sorted((row.stage, row.status, row.status_reason) for row in rows)


def fetch(wallet: CredentialWallet, keys: int = 1) -> str:
    """Fetch; return the notification's id."""
    answer = wallet.fetch(keys=keys)
    assert answer.status_code == 200, answer.text
    return str(answer.get_json()["notification_id"])


def tell(wallet: CredentialWallet, named: str, event: str = ACCEPTED, **more: Any) -> None:
    """Tell an event; it is taken note of without a word."""
    body = {"notification_id": named, "event": event, **more}
    answer = wallet.send("notification", body)
    assert (answer.status_code, answer.data) == (204, b"")


def test_what_has_arrived_is_delivered_however_often_it_is_told(
    world: World, holder: CredentialWallet
) -> None:
    named = fetch(holder, keys=2)
    for _ in range(3):
        tell(holder, named, event_description="stored", unknown=[1])
    assert states(world) == [("DELIVERED", "good", None)] * 2


@pytest.mark.parametrize(
    ("event", "reason"),
    [
        ("credential_failure", "not kept by the wallet"),
        ("credential_deleted", "deleted by the wallet"),
    ],
)
def test_what_the_wallet_does_not_have_is_revoked(
    world: World, holder: CredentialWallet, event: str, reason: str
) -> None:
    named, other = fetch(holder), fetch(holder)
    tell(holder, other)
    for _ in range(2):
        tell(holder, named, event)
    tell(holder, named)  # too late: what was revoked never returns
    assert states(world) == [("DELIVERED", "good", None), ("ENDED", "revoked", reason)]


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ({"notification_id": "x", "event": ACCEPTED}, "invalid_notification_id"),
        ({"notification_id": 1, "event": ACCEPTED}, "invalid_notification_request"),
        ({"notification_id": "x"}, "invalid_notification_request"),
        ({"event": ACCEPTED}, "invalid_notification_request"),
        ({"notification_id": "x", "event": "Accepted"}, "invalid_notification_request"),
        ({"notification_id": "x", "event": [ACCEPTED]}, "invalid_notification_request"),
        ([], "invalid_notification_request"),
        (b"{", "invalid_notification_request"),
    ],
)
def test_a_notification_that_is_none_is_refused(
    holder: CredentialWallet, body: object, error: str
) -> None:
    assert refusal(holder.send("notification", body)) == error


def test_another_grant_tells_nothing(world: World, holder: CredentialWallet) -> None:
    named = fetch(holder)
    other = CredentialWallet(world).offered(BUDI, "id_card")
    body = {"notification_id": named, "event": "credential_deleted"}
    assert refusal(other.send("notification", body)) == "invalid_notification_id"
    assert states(world) == [("SIGNED", "good", None)]


def test_a_renewed_credential_takes_the_place_of_those_that_were_due(
    world: World, holder: CredentialWallet
) -> None:
    tell(holder, fetch(holder, keys=2))
    world.clock.advance(days=8)  # past half of its fourteen days
    assert holder.renew().status_code == 200
    named = fetch(holder)
    assert [status for _, status, _ in states(world)] == ["good"] * 3  # until it has arrived
    tell(holder, named)
    assert states(world) == [
        ("DELIVERED", "good", None),
        ("ENDED", "revoked", "superseded"),
        ("ENDED", "revoked", "superseded"),
    ]


def test_more_copies_end_none_of_those_there_are(world: World, holder: CredentialWallet) -> None:
    tell(holder, fetch(holder, keys=3))
    tell(holder, fetch(holder, keys=3))
    assert states(world) == [("DELIVERED", "good", None)] * 6


def test_the_renewal_of_one_wallet_leaves_the_other_alone(
    world: World, holder: CredentialWallet
) -> None:
    other = CredentialWallet(world).offered(BUDI, "id_card")
    tell(other, fetch(other))
    fetch(holder)
    world.clock.advance(days=8)
    assert holder.renew().status_code == 200
    tell(holder, fetch(holder))
    assert sum(status == "good" for _, status, _ in states(world)) == 2


def test_nothing_that_a_foreign_wallet_holds_is_the_national_apps(
    world: World, holder: CredentialWallet, national: Handset
) -> None:
    named = fetch(holder)
    with world.deps.transaction() as db:
        (held,) = db.scalars(select(Credential)).all()
    assert holdings.list_held(world.deps, national.wallet) == {"credentials": []}
    delivered = holdings.mark_delivered(world.deps, national.wallet, [held.id], once=None)
    assert delivered == {"retired": []}
    world.clock.advance(days=2)
    assert holdings.end_undelivered(world.deps) == 0  # nobody has to tell us anything
    assert states(world) == [("SIGNED", "good", None)]
    assert holder.renew().status_code == 200
    tell(holder, named)


def test_a_document_that_is_gone_is_revoked_in_every_wallet(
    world: World, national: Handset
) -> None:
    wallet = CredentialWallet(world).offered(BUDI, "vehicle_ownership")
    wallet.fetch_texts("vehicle_ownership_sd_jwt", keys=2)
    answer = world.registry.people[BUDI]
    kept = [held for held in answer.documents if held.type == "tax_number"]
    world.registry.add(BUDI, answer.person, documents=kept, contacts=answer.contacts)
    assert renewals.follow_registry(world.deps) == 1
    assert states(world) == [("ENDED", "revoked", "document gone")] * 2
    assert refusal(wallet.fetch("vehicle_ownership_sd_jwt")) == "credential_request_denied"


def test_an_identifier_names_one_document_of_several(world: World, open_national: Open) -> None:
    """Asked for by authorization_details, each of two vehicles has an identifier of its own."""
    open_national(TWO_VEHICLES)
    person = world.registry.people[TWO_VEHICLES]
    uri = offers.make_offer(world.deps, TWO_VEHICLES, ["vehicle_ownership"], "dc+sd-jwt")
    name = "vehicle_ownership_sd_jwt"
    details = [{"type": "openid_credential", "credential_configuration_id": name}]
    wallet = CredentialWallet(world)
    answer = wallet.take(read_offer(uri), authorization_details=json.dumps(details))
    (granted,) = answer.get_json()["authorization_details"]
    identifiers = granted["credential_identifiers"]
    vehicles = [held for held in person.documents if held.type == "vehicle_ownership"]
    assert len(identifiers) == len(vehicles) == 2
    plates = []
    for identifier in identifiers:
        members = {"credential_configuration_id": None, "credential_identifier": identifier}
        (text,) = wallet.fetch_texts(name, **members)
        claims = verify_sd_jwt(world, text).claims
        plates.append(read_claims(offered_types(world.deps)["vehicle_ownership"].type, claims))
    assert [one["plate"] for one in plates] == [held.values["plate"] for held in vehicles]
    assert refusal(wallet.fetch(name)) == "invalid_credential_request"
    other = {"credential_configuration_id": None, "credential_identifier": identifiers[0][::-1]}
    assert refusal(wallet.fetch(name, **other)) == "unknown_credential_identifier"
