"""The outbox: written with the business row, delivered at least once (C3, C9, G28)."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import pytest
from sqlalchemy import select

from tests.wallet_api.racing import race
from tests.wallet_api.simulators import World
from wallet_api.models import OutboxMessage
from wallet_api.ports.delivery import DeliveryError, Message
from wallet_api.ports.vault import VaultError
from wallet_api.services import messages, outbox
from wallet_api.services.deps import Deps
from wallet_api.services.outbox import TryAgain

on_sqlite = pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)


class Recorder:
    """A handler; `down` makes it ask for another go."""

    def __init__(self) -> None:
        self.done: list[object] = []
        self.down = False

    def __call__(self, deps: Deps, payload: dict[str, object]) -> None:
        if self.down:
            raise TryAgain("DOWN")
        self.done.append(payload["number"])


def enqueue(world: World, count: int) -> None:
    with world.deps.transaction() as db:
        for number in range(count):
            outbox.enqueue(db, world.deps, "test", {"number": number})


def rows(world: World) -> list[OutboxMessage]:
    with world.deps.transaction() as db:
        return list(db.scalars(select(OutboxMessage)))


@on_sqlite
def test_a_row_that_was_rolled_back_is_never_delivered(world: World) -> None:
    def fail() -> None:
        with world.deps.transaction() as db:
            outbox.enqueue(db, world.deps, "test", {"number": 1})
            raise LookupError

    with pytest.raises(LookupError):
        fail()
    assert rows(world) == []


def test_four_workers_beside_each_other_do_every_message_once(world: World) -> None:
    enqueue(world, 24)
    handler = Recorder()
    work = partial(outbox.work_off, world.deps, {"test": handler})
    race([work] * 4)
    outbox.work_off(world.deps, {"test": handler})
    assert sorted(map(str, handler.done)) == sorted(map(str, range(24)))


@on_sqlite
def test_what_is_done_keeps_no_payload(world: World) -> None:
    enqueue(world, 1)
    assert rows(world)[0].payload_sealed
    outbox.work_off(world.deps, {"test": Recorder()})
    (row,) = rows(world)
    assert row.payload_sealed is None
    assert row.done_at == world.clock.now()


@on_sqlite
def test_g28_a_provider_down_for_15_minutes_loses_nothing(world: World) -> None:
    enqueue(world, 3)
    handler = Recorder()
    handler.down = True
    for _ in range(30):
        outbox.work_off(world.deps, {"test": handler})
        world.clock.advance(seconds=30)
    handler.down = False
    world.clock.advance(minutes=5)
    outbox.work_off(world.deps, {"test": handler})
    assert sorted(map(str, handler.done)) == ["0", "1", "2"]
    assert all(row.attempts > 3 for row in rows(world))


@on_sqlite
def test_a_worker_that_died_with_a_message_leaves_it_to_the_next(world: World) -> None:
    enqueue(world, 1)
    assert outbox._take(world.deps, ("test",)) is not None
    handler = Recorder()
    assert outbox.work_off(world.deps, {"test": handler}) == 0
    world.clock.advance(seconds=60)
    assert outbox.work_off(world.deps, {"test": handler}) == 1


@on_sqlite
def test_nobody_tries_for_longer_than_72_hours(world: World) -> None:
    enqueue(world, 1)
    handler = Recorder()
    handler.down = True
    world.clock.advance(hours=72, seconds=1)
    outbox.work_off(world.deps, {"test": handler})
    (row,) = rows(world)
    assert (row.failed, row.payload_sealed) == (True, None)


@on_sqlite
def test_a_sealed_payload_does_not_open_under_another_row(world: World) -> None:
    enqueue(world, 2)
    first, second = rows(world)
    with world.deps.transaction() as db:
        db.get_one(OutboxMessage, first.id).payload_sealed = second.payload_sealed
    with pytest.raises(VaultError):
        outbox.work_off(world.deps, {"test": Recorder()})
    assert [row.done_at for row in rows(world) if row.id == first.id] == [None]


class Refusing:
    def send(self, message: Message) -> None:
        raise DeliveryError("SMTPServerDisconnected")


@on_sqlite
def test_a_message_that_was_not_taken_is_postponed(world: World) -> None:
    deps = replace(world.deps, mail=Refusing())
    payload: dict[str, object] = {
        "to": "siti@example.org",
        "template": "email_code",
        "language": "id",
        "facts": {"code": "123456", "minutes": 5},
    }
    with pytest.raises(TryAgain) as caught:
        messages.deliver_email(deps, payload)
    assert str(caught.value) == "SMTPServerDisconnected"


@pytest.mark.parametrize("language", ["id", "en", "jv"])
@pytest.mark.parametrize("template", list(messages.TEMPLATES))
def test_every_template_speaks_both_languages_and_a_short_message_fits_in_one(
    template: str, language: str
) -> None:
    facts = {
        "code": "123456",
        "minutes": 5,
        "office": "3174",
        "time": "23 Nov 12:00",
        "device": "Pixel 9",
        "link": "https://ikd.example/n/" + "x" * 43,
    }
    subject, text = messages.render(template, language, facts)
    assert "{" not in subject + text
    if template.endswith("sms") or template.startswith("sms"):
        assert subject == ""
        assert text.isascii()
        assert len(text) <= 160
    else:
        assert subject
