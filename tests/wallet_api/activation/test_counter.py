"""The officer's side of an activation: number, face, limits, second officer (T12, T14)."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from tests.wallet_api.counter_desk import Counter, confirm, enrol, open_counter
from tests.wallet_api.simulators import NIK, PHOTO, World
from wallet_api.errors import (
    ActivationEnded,
    EnrolmentNotFound,
    FaceDecisionNeeded,
    InputInvalid,
    KioskBlocked,
    KioskCertificateExpired,
    NoPhoto,
    NumberWrong,
    OperatorLimit,
    PersonNotEligible,
    RegistryDown,
    ShiftEnded,
)
from wallet_api.models import AuditEvent, Device, Enrolment, Wallet
from wallet_api.ports.registry import RegistryStatus
from wallet_api.services import counter as service
from wallet_api.services import counter_queue, kiosks, shifts
from wallet_api.services.counter_queue import Desk


@pytest.fixture
def counter(world: World) -> Counter:
    return open_counter(world)


@pytest.fixture
def desk(counter: Counter) -> Desk:
    return counter.sign_in(counter.add_operator())


def test_the_right_number_opens_the_wallet_on_this_phone(
    world: World, counter: Counter, desk: Desk
) -> None:
    phone = enrol(world)
    assert confirm(world, desk, phone, phone.come_to(counter)) == "ACTIVATED"
    row = phone.row()
    assert row.state == "ACTIVATED"
    assert (row.number, row.photo_sealed, row.pin_key_sealed) == (None, None, None)
    with world.deps.transaction() as db:
        wallet = db.scalars(select(Wallet)).one()
        device = db.scalars(select(Device)).one()
    assert (wallet.id, wallet.state, wallet.kiosk_id) == (row.wallet_id, "ACTIVE", counter.kiosk_id)
    assert (device.active, device.jkt) == (True, row.device_jkt)


def test_the_console_shows_who_waits_masked(world: World, counter: Counter, desk: Desk) -> None:
    phone = enrol(world)
    phone.come_to(counter)
    queue = counter_queue.list_queue(world.deps, desk)
    waiting = queue["waiting"]
    assert isinstance(waiting, list)
    assert len(waiting) == 1
    assert waiting[0] | {"since": "", "deadline_at": ""} == {
        "id": phone.enrolment_id,
        "state": "AT_COUNTER",
        "name_masked": "S*** N***",
        "nik_masked": f"{NIK[:4]}********{NIK[-4:]}",
        "device_model": "Pixel 9",
        "platform": "android",
        "since": "",
        "deadline_at": "",
        "face": "machine",
        "face_reasons": [],
        "face_no_match": False,
        "pictures": {"registry": True, "selfie": False, "taken_at": None},
        "second_officer": False,
        "approved_by_you": False,
        "numbers_left": 3,
    }
    assert counter_queue.load_photo(world.deps, desk, phone.enrolment_id) == PHOTO


def test_today_counts_what_was_confirmed_and_refused(
    world: World, counter: Counter, desk: Desk
) -> None:
    first, second = enrol(world), enrol(world, "3174054512900002")
    confirm(world, desk, first, first.come_to(counter))
    second.come_to(counter)
    service.refuse(world.deps, desk, second.enrolment_id, "not_the_person")
    queue = counter_queue.list_queue(world.deps, desk)
    assert (queue["waiting"], queue["today"]) == ([], {"confirmed": 1, "refused": 1})
    world.clock.advance(days=1)
    assert counter_queue.list_queue(world.deps, desk)["today"] == {"confirmed": 0, "refused": 0}


def test_another_counter_sees_and_confirms_nobody_of_ours(
    world: World, counter: Counter, desk: Desk
) -> None:
    phone = enrol(world)
    number = phone.come_to(counter)
    other = open_counter(world, add_office=False)
    stranger = other.sign_in(other.add_operator("citra"))
    assert counter_queue.list_queue(world.deps, stranger)["waiting"] == []
    with pytest.raises(EnrolmentNotFound):
        confirm(world, stranger, phone, number)
    with pytest.raises(EnrolmentNotFound):
        counter_queue.load_photo(world.deps, stranger, phone.enrolment_id)


def test_who_has_no_photo_is_shown_without_one(world: World, counter: Counter, desk: Desk) -> None:
    phone = enrol(world, photo_sealed=None)
    phone.come_to(counter)
    with pytest.raises(NoPhoto):
        counter_queue.load_photo(world.deps, desk, phone.enrolment_id)


def test_three_wrong_numbers_end_it(world: World, counter: Counter, desk: Desk) -> None:
    phone = enrol(world)
    number = phone.come_to(counter)
    wrong = f"{(int(number) + 1) % 1000:03d}"
    left = []
    for _ in range(2):
        with pytest.raises(NumberWrong) as refused:
            confirm(world, desk, phone, wrong)
        left.append(refused.value.facts["numbers_left"])
    assert left == [2, 1]
    with pytest.raises(ActivationEnded):
        confirm(world, desk, phone, wrong)
    assert phone.state() == "REFUSED"
    with pytest.raises(ActivationEnded):
        confirm(world, desk, phone, number)


def test_the_right_number_costs_no_try(world: World, counter: Counter, desk: Desk) -> None:
    phone = enrol(world, face_outcome="officer")
    number = phone.come_to(counter)
    with pytest.raises(FaceDecisionNeeded):
        confirm(world, desk, phone, number)
    assert phone.row().numbers_left == 3


def test_without_a_number_nobody_is_confirmed(world: World, counter: Counter, desk: Desk) -> None:
    phone = enrol(world)
    phone.come_to(counter)
    with pytest.raises(InputInvalid):
        confirm(world, desk, phone, None)


def test_after_ten_minutes_the_number_is_worth_nothing(
    world: World, counter: Counter, desk: Desk
) -> None:
    phone = enrol(world)
    number = phone.come_to(counter)
    world.clock.advance(minutes=10)
    with pytest.raises(ActivationEnded):
        confirm(world, desk, phone, number)


def test_an_operator_confirms_once_in_45_seconds(
    world: World, counter: Counter, desk: Desk
) -> None:
    first, second = enrol(world), enrol(world, "3174054512900002")
    numbers = [first.come_to(counter), second.come_to(counter)]
    confirm(world, desk, first, numbers[0])
    world.clock.advance(seconds=44)
    with pytest.raises(OperatorLimit):
        confirm(world, desk, second, numbers[1])
    world.clock.advance(seconds=1)
    assert confirm(world, desk, second, numbers[1]) == "ACTIVATED"


def test_the_last_confirmation_of_the_day_is_the_150th(
    world: World, counter: Counter, desk: Desk
) -> None:
    few = world.with_settings(operator_interval_seconds=0, operator_per_day=2)
    for at in range(2):
        phone = enrol(few, f"317405451290000{at}")
        confirm(few, desk, phone, phone.come_to(counter))
    third = enrol(few, "3174054512900009")
    number = third.come_to(counter)
    with pytest.raises(OperatorLimit):
        confirm(few, desk, third, number)
    assert third.state() == "AT_COUNTER"
    assert type(few.deps.settings).model_fields["operator_per_day"].default == 150


@pytest.mark.parametrize(
    "status", [RegistryStatus.DECEASED, RegistryStatus.DUPLICATE, RegistryStatus.INACTIVE]
)
def test_who_died_or_lost_their_record_since_is_refused(
    world: World, counter: Counter, desk: Desk, status: RegistryStatus
) -> None:
    phone = enrol(world)
    number = phone.come_to(counter)
    world.registry.set_status(NIK, status)
    with pytest.raises(PersonNotEligible):
        confirm(world, desk, phone, number)
    assert phone.row().ended_reason == f"registry {status}"


def test_a_registry_that_is_down_changes_nothing(
    world: World, counter: Counter, desk: Desk
) -> None:
    phone = enrol(world)
    number = phone.come_to(counter)
    world.registry.down = True
    with pytest.raises(RegistryDown):
        confirm(world, desk, phone, number)
    world.registry.down = False
    assert confirm(world, desk, phone, number) == "ACTIVATED"


def test_a_kiosk_blocked_meanwhile_confirms_nobody(
    world: World, counter: Counter, desk: Desk
) -> None:
    phone = enrol(world)
    number = phone.come_to(counter)
    kiosks.block_kiosk(world.deps, counter.kiosk_id, reason="stolen")
    with pytest.raises(KioskBlocked):
        confirm(world, desk, phone, number)


def test_a_closed_shift_confirms_nobody(world: World, counter: Counter, desk: Desk) -> None:
    phone = enrol(world)
    number = phone.come_to(counter)
    shifts.close_shift(world.deps, desk.shift)
    with pytest.raises(ShiftEnded):
        confirm(world, desk, phone, number)


def test_a_kiosk_whose_certificate_is_over_confirms_nobody(world: World, counter: Counter) -> None:
    long = world.with_settings(shift_hours=24)
    made = Counter(long, counter.office, counter.kiosk_id)
    desk = made.sign_in(made.add_operator("dewi"))
    world.clock.advance(hours=23, minutes=54)
    phone = enrol(long)
    number = phone.come_to(made)
    world.clock.advance(minutes=2)
    with pytest.raises(KioskCertificateExpired):
        confirm(long, desk, phone, number)


def test_an_enrolment_older_than_72_hours_is_over(
    world: World, counter: Counter, desk: Desk
) -> None:
    phone = enrol(world, expires_at=world.clock.now().replace(hour=5, minute=3))
    number = phone.come_to(counter)
    world.clock.advance(minutes=3)
    with pytest.raises(ActivationEnded):
        confirm(world, desk, phone, number)
    assert phone.state() == "EXPIRED"


def test_a_refusal_ends_the_enrolment_and_its_reason_is_for_the_audit(
    world: World, counter: Counter, desk: Desk
) -> None:
    phone = enrol(world)
    number = phone.come_to(counter)
    answer = service.refuse(world.deps, desk, phone.enrolment_id, "under_pressure")
    assert answer == {"state": "REFUSED"}
    with pytest.raises(ActivationEnded):
        confirm(world, desk, phone, number)
    with world.deps.transaction() as db:
        assert db.get_one(Enrolment, phone.enrolment_id).photo_sealed is None
        facts = db.scalars(
            select(AuditEvent.facts).where(AuditEvent.event == "enrolment.refused")
        ).one()
    assert '"reason":"under_pressure"' in facts
