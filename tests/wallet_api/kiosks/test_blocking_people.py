"""Operators block by NIK: one answer for everybody (T35)."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from tests.wallet_api.counter_desk import confirm, enrol, open_counter
from tests.wallet_api.simulators import NIK, World
from wallet_api.errors import InputInvalid, ShiftEnded, TooManyRequests
from wallet_api.models import AuditEvent, Wallet
from wallet_api.rules import operators as rules
from wallet_api.services import person_blocks, shifts
from wallet_api.services.counter_queue import Desk


@pytest.fixture
def desk(world: World) -> Desk:
    """A desk at which the wallet of NIK was just opened."""
    counter = open_counter(world)
    made = counter.sign_in(counter.add_operator())
    phone = enrol(world)
    confirm(world, made, phone, phone.come_to(counter))
    return made


def test_every_nik_gets_the_same_answer_and_the_audit_knows(world: World, desk: Desk) -> None:
    enrol(world, "3174054512900002")
    answers = [
        person_blocks.block_at_counter(world.deps, desk, nik, "lost")
        for nik in (NIK, NIK, "3174054512900002", "3174054512909999")
    ]
    assert answers == [{"accepted": True}] * 4
    with world.deps.transaction() as db:
        facts = db.scalars(
            select(AuditEvent.facts).where(AuditEvent.event == "person.block_asked")
        ).all()
        assert db.scalars(select(Wallet)).one().state == "BLOCKED"
    assert ['"found":true' in one for one in facts] == [True, False, False, False]


def test_a_nik_with_blanks_is_the_same_nik(world: World, desk: Desk) -> None:
    person_blocks.block_at_counter(world.deps, desk, f" {NIK[:4]} {NIK[4:]}", "lost")
    with world.deps.transaction() as db:
        assert db.scalars(select(Wallet)).one().state == "BLOCKED"


@pytest.mark.parametrize("nik", ["", "123", "31740545129000O1", "３１７４０５４５１２９００００１"])
def test_what_is_no_nik_is_refused(world: World, desk: Desk, nik: str) -> None:
    with pytest.raises(InputInvalid):
        person_blocks.block_at_counter(world.deps, desk, nik, "lost")


def test_one_operator_cannot_block_the_whole_town(world: World, desk: Desk) -> None:
    for at in range(rules.BLOCKS_AN_HOUR):
        person_blocks.block_at_counter(world.deps, desk, f"31740545129{at:05d}", "fraud")
    with pytest.raises(TooManyRequests):
        person_blocks.block_at_counter(world.deps, desk, NIK, "fraud")


def test_blocking_needs_an_open_shift(world: World, desk: Desk) -> None:
    shifts.close_shift(world.deps, desk.shift)
    with pytest.raises(ShiftEnded):
        person_blocks.block_at_counter(world.deps, desk, NIK, "lost")
    with world.deps.transaction() as db:
        assert db.scalars(select(Wallet)).one().state == "ACTIVE"
