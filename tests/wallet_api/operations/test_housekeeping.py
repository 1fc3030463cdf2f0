"""What time alone changes, and what is forgotten."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from tests.wallet_api.racing import race
from wallet_api.models import IdempotencyKey, JobRun, OutboxMessage, RateCounter, UsedNonce
from wallet_api.services import (
    housekeeping,
    idempotency,
    job_runs,
    limits,
    nonces,
    outbox,
)
from wallet_api.services.idempotency import Once

if TYPE_CHECKING:
    from tests.wallet_api.simulators import World

MINUTE = timedelta(minutes=1)


def _count(world: World, table: type) -> int:
    with world.deps.transaction() as db:
        return db.scalar(select(func.count()).select_from(table)) or 0


def test_what_served_its_purpose_is_deleted_and_nothing_else(world: World) -> None:
    deps = world.deps
    nonces.consume(deps, "statement", "old")
    idempotency.begin(deps, Once("scope", "key-of-sixteen-ch", b"hash"))
    with deps.transaction() as db:
        limits.count(db, deps, "start", timedelta(hours=1))
        outbox.enqueue(db, deps, "sms", {"to": "x"})
    outbox.work_off(deps, {"sms": lambda *_: None})
    assert housekeeping.clean_up(deps) == 0
    world.clock.advance(hours=2)
    nonces.consume(deps, "statement", "new")
    assert housekeeping.clean_up(deps) == 2  # the old nonce, the counter
    assert (_count(world, UsedNonce), _count(world, RateCounter)) == (1, 0)
    assert (_count(world, IdempotencyKey), _count(world, OutboxMessage)) == (1, 1)
    world.clock.advance(days=8)
    housekeeping.clean_up(deps)
    assert (_count(world, IdempotencyKey), _count(world, OutboxMessage)) == (0, 0)


def test_many_rows_go_in_batches(world: World) -> None:
    with world.deps.transaction() as db:
        ends = world.clock.now()
        db.add_all(
            UsedNonce(nonce_hash=number.to_bytes(4), expires_at=ends)
            for number in range(housekeeping.BATCH * 2 + 1)
        )
    assert housekeeping.clean_up(world.deps) == housekeeping.BATCH * 2 + 1


def test_a_periodic_job_is_claimed_by_one_of_many(world: World) -> None:
    seen = race([lambda: job_runs.claim(world.deps, "expire")] * 20)
    assert seen["True"] == 1
    assert seen["False"] + seen["True"] == 20
    job_runs.finish(world.deps, "expire", every=MINUTE)
    assert not job_runs.claim(world.deps, "expire")
    world.clock.advance(seconds=61)
    assert job_runs.claim(world.deps, "expire")


def test_a_dead_workers_job_is_taken_over_when_its_hold_ends(world: World) -> None:
    assert job_runs.claim(world.deps, "expire")
    world.clock.advance(seconds=29)
    assert not job_runs.claim(world.deps, "expire")
    world.clock.advance(seconds=2)
    assert job_runs.claim(world.deps, "expire")


def test_a_failing_job_pauses_longer_each_time(world: World) -> None:
    pauses = []
    for _ in range(4):
        assert job_runs.claim(world.deps, "renewals")
        job_runs.fail(world.deps, "renewals", every=MINUTE)
        with world.deps.transaction() as db:
            due = db.get_one(JobRun, "renewals").due_at
        pauses.append((due - world.clock.now()).total_seconds())
        world.clock.at = due
    assert pauses == [60, 120, 240, 300]


def test_what_is_due_each_second_never_pauses_for_long(world: World) -> None:
    for _ in range(12):
        assert job_runs.claim(world.deps, "publish")
        job_runs.fail(world.deps, "publish", every=timedelta(seconds=1))
        world.clock.advance(seconds=30)
