"""The links of notices: looking is harmless, posting blocks once."""

from __future__ import annotations

from functools import partial

import pytest
from sqlalchemy import select

from tests.wallet_api.counter_desk import Phone, confirm, enrol, open_counter
from tests.wallet_api.racing import race
from tests.wallet_api.simulators import World
from wallet_api.errors import LinkInvalid
from wallet_api.models import AuditEvent, NoticeLink, Wallet
from wallet_api.services import messages, notice_links, outbox


@pytest.fixture
def phone(world: World) -> Phone:
    """A phone with a wallet that was just opened."""
    counter = open_counter(world)
    desk = counter.sign_in(counter.add_operator())
    made = enrol(world)
    confirm(world, desk, made, made.come_to(counter))
    return made


def token_of(world: World) -> str:
    handlers = {"email": messages.deliver_email, "sms": messages.deliver_sms}
    outbox.work_off(world.deps, handlers)
    text = next(one["text"] for one in world.messages() if one["kind"] == "wallet_activated")
    start = text.index("/notices/") + len("/notices/")
    return str(text[start : start + 43])


def state_of(world: World) -> str:
    with world.deps.transaction() as db:
        return db.scalars(select(Wallet)).one().state


def test_looking_a_hundred_times_blocks_nothing(world: World, phone: Phone) -> None:
    token = token_of(world)
    for _ in range(100):
        assert not notice_links.look_at(world.deps, token).blocked
    assert state_of(world) == "ACTIVE"


def test_the_form_blocks_the_wallet_and_tells_its_holder(world: World, phone: Phone) -> None:
    assert notice_links.block_by_link(world.deps, token_of(world)).blocked
    assert state_of(world) == "BLOCKED"
    outbox.work_off(world.deps, {"email": messages.deliver_email})
    assert "wallet_blocked" in {one["kind"] for one in world.messages()}


def test_fifty_posts_block_once(world: World, phone: Phone) -> None:
    token = token_of(world)
    came = race([partial(lambda: notice_links.block_by_link(world.deps, token).blocked)] * 50)
    assert came == {"True": 50}
    with world.deps.transaction() as db:
        events = db.scalars(select(AuditEvent.id).where(AuditEvent.event == "notice.blocked")).all()
    assert len(events) == 1


@pytest.mark.parametrize("days", [29.9, 30])
def test_a_link_works_for_thirty_days(world: World, phone: Phone, days: float) -> None:
    token = token_of(world)
    world.clock.advance(days=days)
    if days < 30:
        assert notice_links.block_by_link(world.deps, token).blocked
    else:
        with pytest.raises(LinkInvalid):
            notice_links.block_by_link(world.deps, token)
        assert state_of(world) == "ACTIVE"


def test_an_unknown_link_says_nothing(world: World, phone: Phone) -> None:
    with pytest.raises(LinkInvalid):
        notice_links.block_by_link(world.deps, "A" * 43)


def test_the_database_does_not_hold_the_token(world: World, phone: Phone) -> None:
    token = token_of(world)
    with world.deps.transaction() as db:
        held = db.scalars(select(NoticeLink.token_hash)).all()
    assert all(token.encode() not in one for one in held)
