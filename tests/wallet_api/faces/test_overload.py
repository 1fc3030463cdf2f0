"""Many more faces than can be compared: who is let in is served, who is not is told when to come.

How fast, and what it does to everybody else, is measured by `benchmarks face_overload`.
"""

from __future__ import annotations

import dataclasses
import threading
import time
from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from wallet_api.adapters.faces.pool import FacePool
from wallet_api.app import create_app
from wallet_api.ports.faces import BoundedMatcher, FaceBusy, FaceJob, FaceUnavailable

if TYPE_CHECKING:
    from tests.wallet_api.simulators import World

FAULTY = "tests.wallet_api.faces.faulty_engines"


@pytest.fixture
def pool() -> Iterator[FacePool]:
    made = FacePool(waiting=2, entry=f"{FAULTY}:load")
    made.start(wait=True)
    yield made
    made.close()


def job(fault: str) -> FaceJob:
    return FaceJob.of_fronts((b"a", b"b", b"c"), fault.encode())


def test_at_twenty_times_the_load_all_who_are_let_in_are_served_and_the_counts_add_up(
    pool: FacePool,
) -> None:
    until = time.monotonic() + 3
    ends: Counter[str] = Counter()
    late: list[float] = []
    deepest: list[int] = []
    lock = threading.Lock()

    def call() -> None:
        while time.monotonic() < until:
            began = time.monotonic()
            try:
                end = pool.match(job("sleep 0.05")).outcome
            except FaceBusy as busy:
                end = "refused" if 1 <= (busy.retry_after or 0) <= 30 else "told nothing"
                late.append(time.monotonic() - began)
                time.sleep(0.1)
            except FaceUnavailable as lost:
                end = lost.reason
            with lock:
                ends[end] += 1

    threads = [threading.Thread(target=call) for _ in range(40)]
    for thread in threads:
        thread.start()
    while time.monotonic() < until:
        deepest.append(pool._state.line.standing()[0])
        time.sleep(0.01)
    for thread in threads:
        thread.join()
    counts = pool.counts()
    assert set(ends) == {"match", "refused"}
    assert max(deepest) == 2
    assert sorted(late)[len(late) // 2] < 0.1  # a refusal costs nothing
    assert (counts["done"], counts["refused"]) == (ends["match"], ends["refused"])
    assert (counts["asked"], counts["admitted"]) == (sum(ends.values()), 0)
    assert counts["started"] == 1
    began = time.monotonic()
    assert pool.match(job("")).outcome == "match"  # and it is over when it is over
    assert time.monotonic() - began < 1


def test_over_http_a_full_queue_refuses_before_any_work_is_done(
    world: World, pool: FacePool
) -> None:
    assert isinstance(pool, BoundedMatcher)
    client = create_app(deps=dataclasses.replace(world.deps, faces=pool)).test_client()
    path = "/v1/enrolments/somebody/face"
    assert client.post(path, json={"capture": "c"}).status_code == 401  # room: who are you?
    threads = [threading.Thread(target=pool.match, args=(job("sleep 0.5"),)) for _ in range(3)]
    for thread in threads:
        thread.start()
    while pool.counts()["admitted"] < 3 or pool._state.line.standing() != (2, 1):
        time.sleep(0.005)
    refused = client.post(path, json={"capture": "c"})
    assert (refused.status_code, refused.get_json()["code"]) == (503, "FACE_BUSY")
    assert 1 <= int(refused.headers["Retry-After"]) <= 30
    assert client.get("/v1/policy").status_code == 200
    for thread in threads:
        thread.join()
    assert client.post(path, json={"capture": "c"}).status_code == 401
    assert pool.counts()["refused"] == 1
