"""What the metrics say of the pool: every call ends in one of them, gauges come back to rest."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from datetime import timedelta

import pytest
from prometheus_client import CollectorRegistry

from wallet_api.adapters.faces.pool import FacePool
from wallet_api.ports.faces import FaceBusy, FaceJob, FaceUnavailable, NoUsablePhoto
from wallet_api.ports.watching import Watched
from wallet_api.web.face_metrics import FaceMetrics

FAULTY = "tests.wallet_api.faces.faulty_engines"


@pytest.fixture
def registry() -> CollectorRegistry:
    return CollectorRegistry()


@pytest.fixture
def pool(registry: CollectorRegistry) -> Iterator[FacePool]:
    made = FacePool(entry=f"{FAULTY}:load", deadline=timedelta(seconds=2), waiting=1)
    assert isinstance(made, Watched)
    made.watch(FaceMetrics(registry))
    yield made
    made.close()


def job(fault: str) -> FaceJob:
    return FaceJob.of_fronts((b"a", b"b", b"c"), fault.encode())


def results(registry: CollectorRegistry) -> dict[str, float]:
    return {
        sample.labels["result"]: sample.value
        for family in registry.collect()
        for sample in family.samples
        if sample.name == "wallet_face_jobs_total"
    }


def test_every_call_is_counted_once_by_how_it_ended(
    pool: FacePool, registry: CollectorRegistry
) -> None:
    pool.match(job(""))
    pool.make(b"photo")
    with pytest.raises(NoUsablePhoto):
        pool.make(b"none")
    for fault in ("crash", "crash", "allocate"):
        with pytest.raises(FaceUnavailable):
            pool.match(job(fault))
    assert results(registry) == {
        "done": 3,
        "refused": 0,
        "FACE_WORKER_GONE": 2,
        "FACE_MEMORY": 1,
    }
    counts = pool.counts()
    assert (counts["asked"], counts["done"], counts["lost"]) == (6, 3, 3)
    assert registry.get_sample_value("wallet_face_workers_started_total") == 4
    assert registry.get_sample_value("wallet_face_seconds_count", {"kind": "match"}) == 1


def test_the_gauges_show_who_waits_and_works_and_come_back_to_rest(
    pool: FacePool, registry: CollectorRegistry
) -> None:
    def stands() -> tuple[float | None, float | None]:
        value = registry.get_sample_value
        return value("wallet_face_waiting"), value("wallet_face_busy")

    pool.start(wait=True)
    assert stands() == (0, 0)
    threads = [threading.Thread(target=pool.match, args=(job("sleep 0.4"),)) for _ in range(2)]
    for thread in threads:
        thread.start()
    while pool.counts()["admitted"] < 2 or stands() != (1, 1):
        time.sleep(0.005)
    with pytest.raises(FaceBusy):
        pool.match(job(""))
    for thread in threads:
        thread.join()
    assert stands() == (0, 0)
    assert results(registry) == {"done": 2, "refused": 1}
    memory = registry.get_sample_value("wallet_face_worker_bytes") or 0
    assert 5_000_000 < memory < 200_000_000
