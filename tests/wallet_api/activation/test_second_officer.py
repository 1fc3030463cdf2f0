"""Faces that officers decide, and when it takes two of them (T12, T14)."""

from __future__ import annotations

import pytest

from tests.wallet_api.counter_desk import Counter, confirm, enrol, open_counter
from tests.wallet_api.simulators import World
from wallet_api.errors import (
    EnrolmentNotFound,
    FaceDecisionNeeded,
    SameOfficer,
)
from wallet_api.services import counter_queue
from wallet_api.services.counter_queue import Desk


@pytest.fixture
def counter(world: World) -> Counter:
    return open_counter(world)


@pytest.fixture
def desk(counter: Counter) -> Desk:
    return counter.sign_in(counter.add_operator())


def test_the_officer_decides_the_face_where_the_machine_left_it(
    world: World, counter: Counter, desk: Desk
) -> None:
    phone = enrol(world, face_outcome="officer")
    number = phone.come_to(counter)
    assert confirm(world, desk, phone, number, why="same_in_person") == "ACTIVATED"
    assert phone.row().face_decided_by == desk.shift.operator_id


def test_where_the_machine_said_no_two_officers_decide(world: World, counter: Counter) -> None:
    phone = enrol(world, face_outcome="officer", face_no_match=True)
    first = counter.sign_in(counter.add_operator("budi"))
    number = phone.come_to(counter)
    assert confirm(world, first, phone, number, why="older_photo") == "SECOND_OFFICER"
    with pytest.raises(SameOfficer):
        confirm(world, first, phone, None, why="older_photo")
    second = counter.sign_in(counter.add_operator("citra"))
    with pytest.raises(FaceDecisionNeeded):
        confirm(world, second, phone, None)
    assert confirm(world, second, phone, None, why="documents_checked") == "ACTIVATED"


def test_exactly_the_drawn_ones_need_a_second_officer(world: World, counter: Counter) -> None:
    drawn = world.with_settings(second_officer_percent=2.0, operator_interval_seconds=0)
    desk = counter.sign_in(counter.add_operator("budi"))
    states = []
    for at, draw in enumerate([1.9999, 2.0, 50.0]):
        phone = enrol(drawn, f"317405451290000{at}")
        states.append(confirm(drawn, desk, phone, phone.come_to(counter), drawn=draw))
    assert states == ["SECOND_OFFICER", "ACTIVATED", "ACTIVATED"]


def test_a_second_officer_may_sit_at_another_kiosk_of_the_office(
    world: World, counter: Counter
) -> None:
    drawn = world.with_settings(second_officer_percent=100.0)
    desk = counter.sign_in(counter.add_operator("budi"))
    phone = enrol(drawn)
    confirm(drawn, desk, phone, phone.come_to(counter), drawn=0.0)
    other = open_counter(world, add_office=False)
    colleague = other.sign_in(other.add_operator("citra"))
    waiting = counter_queue.list_queue(world.deps, colleague)["waiting"]
    assert isinstance(waiting, list)
    assert [row["second_officer"] for row in waiting] == [True]
    assert confirm(drawn, colleague, phone, None) == "ACTIVATED"


def test_a_second_officer_of_another_office_sees_nobody(world: World, counter: Counter) -> None:
    drawn = world.with_settings(second_officer_percent=100.0)
    desk = counter.sign_in(counter.add_operator("budi"))
    phone = enrol(drawn)
    confirm(drawn, desk, phone, phone.come_to(counter), drawn=0.0)
    far = open_counter(world, "9171")
    stranger = far.sign_in(far.add_operator("citra"))
    assert counter_queue.list_queue(world.deps, stranger)["waiting"] == []
    with pytest.raises(EnrolmentNotFound):
        confirm(drawn, stranger, phone, None)
