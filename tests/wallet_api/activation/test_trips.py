"""What the quick way of an activation keeps: the audit of a refusal, errors, fresh connections."""

from __future__ import annotations

import time

import pytest
from sqlalchemy import insert, select, text
from sqlalchemy.exc import IntegrityError

from tests.wallet_api.counter_desk import confirm, enrol, open_counter
from tests.wallet_api.simulators import World
from wallet_api.errors import OperatorLimit
from wallet_api.models import AuditEvent, Enrolment, Parameter, table_of
from wallet_api.services import transitions


def test_the_registrys_answer_stays_in_the_audit_when_the_officer_is_refused(world: World) -> None:
    counter = open_counter(world)
    desk = counter.sign_in(counter.add_operator())
    first, second = enrol(world), enrol(world, "3174054512900002")
    numbers = [first.come_to(counter), second.come_to(counter)]
    confirm(world, desk, first, numbers[0])
    with pytest.raises(OperatorLimit):
        confirm(world, desk, second, numbers[1])
    with world.deps.transaction() as db:
        asked = db.scalars(
            select(AuditEvent.subject).where(AuditEvent.event == "enrolment.registry_answered")
        ).all()
    assert sorted(asked) == sorted([first.enrolment_id, second.enrolment_id])


def test_a_broken_constraint_in_one_trip_is_an_integrity_error_and_undoes_all(
    world: World,
) -> None:
    add = insert(table_of(Parameter)).inline()
    row = {"name": "twice", "value": "1", "changed_at": world.clock.now()}

    def write() -> None:
        with world.deps.transaction() as db, world.deps.one_trip(db):
            for _ in range(2):
                db.execute(add, row)

    with pytest.raises(IntegrityError):
        write()
    with world.deps.transaction() as db:
        assert db.get(Parameter, "twice") is None


@pytest.mark.parametrize("database_kind", ["postgresql"], indirect=True)
def test_connections_that_the_server_hung_up_are_replaced_unseen(world: World) -> None:
    with world.deps.transaction() as db, world.deps.transaction() as other:
        held = db.scalar(text("SELECT pg_backend_pid()"))
        assert other.scalar(text("SELECT pg_backend_pid()")) != held
    bind = world.deps.sessions.kw["bind"]
    with bind.connect() as killer:
        others = (
            "FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        killer.execute(text(f"SELECT pg_terminate_backend(pid) {others}"))
        deadline = time.monotonic() + 10
        while killer.scalar(text(f"SELECT count(*) {others}")) and time.monotonic() < deadline:
            killer.rollback()  # a transaction goes on seeing the same activity
            time.sleep(0.02)
        with world.deps.transaction() as db:
            assert db.scalar(text("SELECT 1")) == 1


def test_a_row_that_is_locked_shows_its_person_and_what_goes_into_the_wallet(world: World) -> None:
    phone = enrol(world)
    with world.deps.transaction() as db:
        row = transitions.load_with_person(db, world.deps, phone.enrolment_id, lock=True)
        whole = db.get_one(Enrolment, phone.enrolment_id)
        assert row is whole
        assert row.person.id == row.person_id
        assert row.pin_key_sealed
        assert row.photo_sealed  # not read at once, and there when asked for
