"""One person, one active device: replacing, racing, and telling everybody."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

import pytest
from sqlalchemy import Update, func, select, update
from sqlalchemy.exc import IntegrityError

from tests.wallet_api.counter_desk import Counter, Phone, confirm, enrol, open_counter
from tests.wallet_api.racing import race
from tests.wallet_api.simulators import NIK, World
from wallet_api.errors import ActivationEnded
from wallet_api.models import AuditEvent, Credential, Device, StatusList, Wallet
from wallet_api.ports.registry import Contacts
from wallet_api.services import counter as service
from wallet_api.services import messages, outbox, wallets
from wallet_api.services.counter import Confirmation
from wallet_api.services.counter_queue import Desk


@pytest.fixture
def counter(world: World) -> Counter:
    return open_counter(world)


@pytest.fixture
def desk(counter: Counter) -> Desk:
    return counter.sign_in(counter.add_operator())


def activate(world: World, counter: Counter, desk: Desk, phone: Phone) -> str:
    assert confirm(world, desk, phone, phone.come_to(counter)) == "ACTIVATED"
    world.clock.advance(seconds=45)
    wallet = phone.row().wallet_id
    assert wallet is not None
    return wallet


def issue(world: World, wallet_id: str, status: str, index: int) -> str:
    """A credential as the issuing service leaves it."""
    now = world.clock.now()
    with world.deps.transaction() as db:
        if db.get(StatusList, 1) is None:
            db.add(StatusList(number=1, created_at=now))
            db.flush()
        row = Credential(
            wallet_id=wallet_id,
            batch=f"batch {index}",
            position=0,
            type="id_card",
            profile="full",
            unit_profile="full",
            profile_number=1,
            document_key=NIK,
            document_version="1",
            answer_hash="00",
            holder_jkt="jkt",
            list_number=1,
            list_index=index,
            kid=b"kid1",
            claims_sealed=b"",
            stage="DELIVERED",
            status=status,
            issued_at=now,
            renew_at=now + timedelta(days=7),
            expires_at=now + timedelta(days=14),
        )
        db.add(row)
        db.flush()
        return row.id


def states(world: World) -> dict[str, str]:
    with world.deps.transaction() as db:
        return {row.id: row.state for row in db.scalars(select(Wallet))}


def active_devices(world: World) -> int:
    with world.deps.transaction() as db:
        return db.scalar(select(func.count()).select_from(Device).where(Device.active)) or 0


def send(world: World) -> list[dict[str, str]]:
    handlers = {"email": messages.deliver_email, "sms": messages.deliver_sms}
    outbox.work_off(world.deps, handlers)
    return world.messages()


def test_a_new_activation_closes_the_old_wallet_and_revokes_its_credentials(
    world: World, counter: Counter, desk: Desk
) -> None:
    old = activate(world, counter, desk, enrol(world))
    good, held, gone = (
        issue(world, old, status, at) for at, status in enumerate(["good", "suspended", "revoked"])
    )
    new = activate(world, counter, desk, enrol(world))
    assert states(world) == {old: "CLOSED", new: "ACTIVE"}
    assert active_devices(world) == 1
    with world.deps.transaction() as db:
        assert {row.status for row in db.scalars(select(Credential))} == {"revoked"}
        told = db.scalars(
            select(AuditEvent.subject).where(AuditEvent.event == "credential.status_changed")
        ).all()
    assert set(told) == {good, held}
    assert gone not in told


def test_a_blocked_wallet_is_replaced_as_well(world: World, counter: Counter, desk: Desk) -> None:
    old = activate(world, counter, desk, enrol(world))
    with world.deps.transaction() as db:
        assert wallets.block_wallet(db, world.deps, old, reason="lost", actor="test")
    new = activate(world, counter, desk, enrol(world))
    assert states(world) == {old: "CLOSED", new: "ACTIVE"}


def test_blocking_suspends_the_credentials_once(world: World, counter: Counter, desk: Desk) -> None:
    wallet = activate(world, counter, desk, enrol(world))
    issue(world, wallet, "good", 1)
    with world.deps.transaction() as db:
        assert wallets.block_wallet(db, world.deps, wallet, reason="lost", actor="test")
        assert not wallets.block_wallet(db, world.deps, wallet, reason="lost", actor="test")
        assert db.scalars(select(Credential)).one().status == "suspended"


def test_the_activation_cancels_every_rival_enrolment(
    world: World, counter: Counter, desk: Desk
) -> None:
    rivals = [enrol(world, contact=f"thief{at}") for at in range(3)]
    rivals[0].come_to(counter)
    rivals[1].claim(counter)
    mine = enrol(world)
    other = enrol(world, "3174054512900002")
    world.clock.advance(seconds=10)
    activate(world, counter, desk, mine)
    assert [rival.state() for rival in rivals] == ["CANCELLED"] * 3
    assert other.state() == "PIN_SET"


def test_the_number_of_another_phone_does_not_confirm_a_squatter(
    world: World, counter: Counter, desk: Desk
) -> None:
    thief, owner = enrol(world, contact="thief"), enrol(world, contact="owner")
    numbers = {thief.come_to(counter), owner.come_to(counter)}
    while len(numbers) == 1:
        world.clock.advance(minutes=10)
        numbers = {thief.come_to(counter), owner.come_to(counter)}
    assert confirm(world, desk, owner, owner.row().number) == "ACTIVATED"
    assert thief.state() == "CANCELLED"


def test_two_enrolments_confirmed_at_once_make_one_active_device(
    world: World, counter: Counter
) -> None:
    desks = [counter.sign_in(counter.add_operator(name)) for name in ("budi", "citra")]
    for at in range(5):
        nik = f"317405451290{at:04d}"
        phones = [enrol(world, nik, contact=f"phone{at}{side}") for side in range(2)]
        numbers = [phone.come_to(counter) for phone in phones]
        world.clock.advance(seconds=45)
        came = race(
            [
                partial(confirm, world, desk, phone, number)
                for desk, phone, number in zip(desks, phones, numbers, strict=True)
            ]
        )
        assert came == {"ACTIVATED": 1, "ACTIVATION_ENDED": 1}
        assert active_devices(world) == at + 1
        assert sorted(phone.state() for phone in phones) == ["ACTIVATED", "CANCELLED"]


def test_forty_confirmations_of_one_person_open_one_wallet(
    world: World, counter: Counter, desk: Desk
) -> None:
    phone = enrol(world)
    number = phone.come_to(counter)
    came = race([partial(confirm, world, desk, phone, number)] * 40)
    assert came["ACTIVATED"] == 1
    assert set(came) <= {"ACTIVATED", "ACTIVATION_ENDED", "OPERATOR_LIMIT"}
    assert len(states(world)) == 1


def test_forty_wrong_numbers_at_once_cost_three_tries(
    world: World, counter: Counter, desk: Desk
) -> None:
    phone = enrol(world)
    wrong = f"{(int(phone.come_to(counter)) + 1) % 1000:03d}"
    came = race([partial(confirm, world, desk, phone, wrong)] * 40)
    assert came == {"NUMBER_WRONG": 2, "ACTIVATION_ENDED": 38}
    with world.deps.transaction() as db:
        charged = db.scalars(
            select(AuditEvent.id).where(AuditEvent.event == "enrolment.number_wrong")
        ).all()
    assert len(charged) == 3


def test_one_operator_at_two_consoles_confirms_one_person_in_45_seconds(
    world: World, counter: Counter, desk: Desk
) -> None:
    phones = [enrol(world, f"31740545129{at:05d}") for at in range(8)]
    numbers = [phone.come_to(counter) for phone in phones]
    came = race(
        [
            partial(confirm, world, desk, phone, number)
            for phone, number in zip(phones, numbers, strict=True)
        ]
    )
    assert came == {"ACTIVATED": 1, "OPERATOR_LIMIT": 7}


def test_new_and_previous_and_registered_contacts_are_told_once(
    world: World, counter: Counter, desk: Desk
) -> None:
    known = Contacts(("registry@example.net", "new@example.net"), ("+628119999999",))
    world.registry.add(NIK, contacts=known)
    activate(world, counter, desk, enrol(world, contact="old"))
    send(world)
    for path in world.outbox.glob("*.json"):
        path.unlink()
    activate(world, counter, desk, enrol(world, contact="new"))
    sent = send(world)
    mails = sorted((one["to"], one["kind"]) for one in sent if one["channel"] == "email")
    assert mails == [
        ("new@example.net", "wallet_activated"),
        ("old@example.net", "wallet_replaced"),
        ("registry@example.net", "wallet_activated"),
    ]
    texts = [one for one in sent if one["channel"] == "sms"]
    assert sorted(one["kind"] for one in texts) == [
        "wallet_activated_sms",
        "wallet_activated_sms",
        "wallet_replaced_sms",
    ]
    assert all("https://wallet.test/notices/" in one["text"] for one in sent)
    assert max(len(one["text"]) for one in texts) <= 160


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (update(Wallet).values(state="ACTIVE"), ActivationEnded),
        (update(Device).values(active=True), ActivationEnded),
        (update(Device).values(wallet_id=select(func.min(Wallet.id)).scalar_subquery()), None),
    ],
    ids=["a second wallet", "a second active device", "something else"],
)
def test_only_another_activation_is_told_as_one(
    world: World, change: Update, told: type[Exception] | None
) -> None:
    """What the database itself says of two wallets, and of any other broken constraint."""
    quick = world.with_settings(operator_interval_seconds=0)
    counter = open_counter(quick)
    desk = counter.sign_in(counter.add_operator())
    for contact in ("first", "second"):
        old = enrol(quick, contact=contact)
        confirm(quick, desk, old, old.come_to(counter))
    with pytest.raises(IntegrityError) as broken, quick.deps.transaction() as db:
        db.execute(change)
    phone = enrol(quick, contact="third")
    number = phone.come_to(counter)

    def break_off() -> float:
        raise broken.value

    with pytest.raises(told or IntegrityError):
        service.confirm(
            quick.deps, desk, phone.enrolment_id, Confirmation(number, None), draw=break_off
        )
    assert phone.state() == "AT_COUNTER"
