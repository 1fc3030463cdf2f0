"""Renewing: unattended, and never a moment with none or two that hold for long (C20)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from tests.wallet_api.handset import Handset, with_wallet
from tests.wallet_api.issuing.conftest import BUDI
from tests.wallet_api.simulators import World
from wallet_api.models import Credential, Parameter, Wallet
from wallet_api.ports.faces import FaceBusy
from wallet_api.ports.registry import RegistryStatus, make_answer
from wallet_api.services import holdings, renewals
from wallet_api.services.outbox import TryAgain

pytestmark = pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
Open = Callable[[str], Handset]
HALF = timedelta(days=7)


def states(world: World) -> dict[str, tuple[str, str]]:
    with world.deps.transaction() as db:
        held = db.execute(select(Credential.id, Credential.stage, Credential.status))
        return {row[0]: (row[1], row[2]) for row in held}


@pytest.fixture
def phone(open_for: Open) -> Handset:
    """A phone that holds everything of Budi's, delivered."""
    made = open_for(BUDI)
    made.first = made.issue()  # type: ignore[attr-defined]
    made.deliver(made.first)  # type: ignore[attr-defined]
    return made


def ids(credentials: list[dict[str, str]]) -> set[str]:
    return {held["id"] for held in credentials}


def test_nothing_is_renewed_before_half_of_its_life(world: World, phone: Handset) -> None:
    world.clock.advance(days=6, hours=23)
    assert phone.renew() == []
    world.clock.advance(hours=1)
    assert len(phone.renew()) == len(phone.first)


def test_c20_the_old_ones_hold_until_the_new_ones_have_arrived(
    world: World, phone: Handset
) -> None:
    world.clock.at += HALF
    fresh = phone.renew()
    old = ids(phone.first)
    assert {states(world)[held] for held in old} == {("DELIVERED", "good")}
    assert set(phone.deliver(fresh)) == old
    assert {states(world)[held] for held in old} == {("ENDED", "revoked")}
    assert {states(world)[held] for held in ids(fresh)} == {("DELIVERED", "good")}
    assert phone.renew() == []


def test_c20_what_never_arrived_ends_after_a_day_and_the_old_one_goes_on(
    world: World, phone: Handset
) -> None:
    world.clock.at += HALF
    lost = phone.renew()
    world.clock.advance(hours=24)
    assert holdings.end_undelivered(world.deps) == 0
    world.clock.advance(hours=1, seconds=1)
    assert holdings.end_undelivered(world.deps) == len(lost)
    assert {states(world)[held] for held in ids(lost)} == {("ENDED", "revoked")}
    assert {states(world)[held] for held in ids(phone.first)} == {("DELIVERED", "good")}
    assert len(phone.renew()) == len(lost)


def test_c20_delivery_may_be_told_twice_and_only_of_ones_own(world: World, phone: Handset) -> None:
    world.clock.at += HALF
    fresh = phone.renew()
    assert phone.deliver(fresh)
    assert phone.deliver(fresh) == []
    with world.deps.transaction() as db:
        db.query(Credential).update({"stage": "SIGNED"})
    answer = holdings.mark_delivered(world.deps, "another wallet", list(ids(fresh)), once=None)
    assert answer == {"retired": []}


def test_a_late_confirmation_does_not_end_what_is_newer(world: World, phone: Handset) -> None:
    world.clock.at += HALF
    first, second = phone.renew(), phone.renew()
    phone.deliver(second)
    assert phone.deliver(first) == []
    assert {states(world)[held] for held in ids(second)} == {("DELIVERED", "good")}


def test_the_list_tells_what_holds(world: World, phone: Handset) -> None:
    listed = phone.call("GET", "/v1/wallet/credentials").get_json()["credentials"]
    assert ids(listed) == ids(phone.first)
    assert {held["state"] for held in listed} == {"DELIVERED"}
    phone.session()
    phone.call("POST", "/v1/wallet/block", {"reason": "lost"})
    assert {status for _, status in states(world).values()} == {"suspended"}


def change(world: World, **values: object) -> None:
    """The registry changes a value of Budi's identity card."""
    old = world.registry.people[BUDI]
    assert old.person is not None
    world.registry.add(
        BUDI,
        dict(old.person) | values,
        photo=old.photo,
        documents=[held for held in old.documents if held.type != "id_card"],
        contacts=old.contacts,
    )


def test_a_changed_document_is_due_at_once_and_only_that(world: World, phone: Handset) -> None:
    change(world, marital_status="WIDOWED")
    assert renewals.follow_registry(world.deps) == 1
    fresh = phone.renew()
    assert {held["type"] for held in fresh} == {"id_card"}
    assert {states(world)[held] for held in ids(phone.first)} == {("DELIVERED", "good")}
    phone.deliver(fresh)
    assert renewals.follow_registry(world.deps) == 0
    assert phone.renew() == []


def test_a_document_that_is_gone_is_revoked_and_a_new_one_is_due(
    world: World, phone: Handset
) -> None:
    """A sold vehicle: there will be nothing newer, so the old one must not hold on."""
    old = world.registry.people[BUDI]
    kept = [held for held in old.documents if held.type not in ("id_card", "vehicle_ownership")]
    world.registry.people[BUDI] = make_answer(
        RegistryStatus.FOUND,
        BUDI,
        person=old.person,
        photo=old.photo,
        documents=kept,
        contacts=old.contacts,
    )
    world.registry.changed.append(BUDI)
    renewals.follow_registry(world.deps)
    sold = {held["id"] for held in phone.first if held["type"] == "vehicle_ownership"}
    now = states(world)
    assert sold
    assert {now[held] for held in sold} == {("ENDED", "revoked")}
    assert {now[held] for held in ids(phone.first) - sold} == {("DELIVERED", "good")}
    world.registry.people[BUDI] = old
    world.registry.changed.append(BUDI)
    renewals.follow_registry(world.deps)
    assert {held["type"] for held in phone.renew()} == {"vehicle_ownership"}


@pytest.mark.parametrize("status", [RegistryStatus.DECEASED, RegistryStatus.INACTIVE])
def test_whoever_died_or_left_has_no_wallet(
    world: World, phone: Handset, status: RegistryStatus
) -> None:
    world.registry.set_status(BUDI, status)
    renewals.follow_registry(world.deps)
    with world.deps.transaction() as db:
        wallet = db.get_one(Wallet, phone.wallet)
        assert (wallet.state, wallet.reason) == ("CLOSED", f"registry {status.value}")
    assert {held for _, held in states(world).values()} == {"revoked"}
    assert phone.session(scope="renew").get_json()["code"] == "WALLET_CLOSED"


def cursor(world: World) -> str | None:
    with world.deps.transaction() as db:
        held = db.get(Parameter, renewals.CURSOR)
        return held.value if held else None


def test_a_registry_that_is_down_loses_no_change(world: World, phone: Handset) -> None:
    change(world, marital_status="WIDOWED")
    world.registry.down = True
    assert renewals.follow_registry(world.deps) == 0
    assert cursor(world) is None
    world.registry.down = False
    assert renewals.follow_registry(world.deps) == 1
    assert cursor(world) == str(len(world.registry.changed))


class BusyPortraits:
    def make(self, photo: bytes, *, max_bytes: int = 700) -> bytes:
        raise FaceBusy(5)


def test_no_death_waits_for_another_ones_portrait(world: World, phone: Handset) -> None:
    other = with_wallet(world, "3174054512900002")
    change(world, marital_status="WIDOWED")
    world.registry.set_status("3174054512900002", RegistryStatus.DECEASED)
    busy = replace(world.deps, portraits=BusyPortraits())
    with pytest.raises(TryAgain):
        renewals.follow_registry(busy)
    assert other.session().get_json()["code"] == "WALLET_CLOSED"
    assert renewals.follow_registry(world.deps) == 1
    assert {held["type"] for held in phone.renew()} == {"id_card"}
