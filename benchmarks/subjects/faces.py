"""Comparing faces through the real pool with the real models.

One selfie of 1200 pixels against one photo of the registry is the unit; a resident's capture has
nine frames. Rates are wall time as a caller sees it, so a busy machine shows; the processor time
beside them tells what the work itself costs. The second worker is worth what it adds while the
first one works: rounds with one and with two take turns, and medians are compared.
"""

from __future__ import annotations

import dataclasses
import statistics
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from benchmarks.face_pictures import one_against_one, whole_capture
from benchmarks.figures import Figure
from benchmarks.processor import resident_bytes, seconds_of
from wallet_api.adapters.faces.pool import FacePool
from wallet_api.ports.faces import FaceJob
from wallet_api.rules.face_policy import POLICY

A_SECOND, P95_MS, MEGABYTES, LOAD_SECONDS, TWO_OVER_ONE = 9, 150, 260, 1.0, 1.85
MATCHES, CAPTURES, LOADS = 50, 10, 5
ROUNDS, EACH = 7, 12


def measure() -> list[Figure]:
    """Measure loading, one worker, two workers and a whole capture."""
    job = one_against_one()
    return [*_load(), *_one(job), *_two(job), *_capture(whole_capture())]


@contextmanager
def _open(size: int = 1, *, frames: int = 1) -> Iterator[FacePool]:
    policy = dataclasses.replace(POLICY, min_frames=frames)
    pool = FacePool(size=size, waiting=8, policy=policy)
    try:
        pool.start(wait=True)
        yield pool
    finally:
        pool.close()


def _load() -> list[Figure]:
    taken = []
    for _ in range(LOADS):
        began = time.monotonic()
        with _open():
            taken.append(time.monotonic() - began)
    ready = statistics.median(taken)
    return [Figure("face worker, from its start to warm models", ready, "s", LOAD_SECONDS)]


def _one(job: FaceJob) -> list[Figure]:
    with _open() as pool:
        pid = pool.workers()[0]
        pool.match(job)
        before = seconds_of(pid)
        times = sorted(_seconds(pool, job) for _ in range(MATCHES))
        used = (seconds_of(pid) - before) / MATCHES
        memory = resident_bytes(pid) / 1e6
    p95 = times[int(0.95 * MATCHES)]
    return [
        Figure(
            "face matches a worker, 1200-pixel selfie",
            MATCHES / sum(times),
            "/s",
            A_SECOND,
            at_least=True,
        ),
        Figure("face match, median", 1000 * statistics.median(times), "ms"),
        Figure("face match, 95 of 100 within", 1000 * p95, "ms", P95_MS),
        Figure("face match, processor time of the worker", 1000 * used, "ms"),
        Figure(f"face worker, memory after {MATCHES} matches", memory, "MB", MEGABYTES),
    ]


def _two(job: FaceJob) -> list[Figure]:
    with _open(2) as pool, ThreadPoolExecutor(2) as threads:
        alone, together = [], []
        for _ in range(ROUNDS):
            began = time.monotonic()
            for _ in range(EACH):
                pool.match(job)
            alone.append(EACH / (time.monotonic() - began))
            began = time.monotonic()
            list(threads.map(lambda _: pool.match(job), range(2 * EACH)))
            together.append(2 * EACH / (time.monotonic() - began))
    rate = statistics.median(together)
    ratio = rate / statistics.median(alone)
    name = "face matches of two workers, over one"
    return [Figure(name, rate, "/s", TWO_OVER_ONE, ratio=ratio, at_least=True)]


def _capture(job: FaceJob) -> list[Figure]:
    with _open(frames=POLICY.min_frames) as pool:
        result = pool.match(job)
        assert len(result.notes) == len(job.frames)
        times = [_seconds(pool, job) for _ in range(CAPTURES)]
    return [Figure("whole capture of nine frames", 1000 * statistics.median(times), "ms")]


def _seconds(pool: FacePool, job: FaceJob) -> float:
    began = time.monotonic()
    pool.match(job)
    return time.monotonic() - began
