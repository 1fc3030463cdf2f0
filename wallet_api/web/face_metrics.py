"""What Prometheus sees of the face pool. Nothing of an outcome: that is in the audit, of a person.

Several web workers add up; a gauge is that of the workers alive.
"""

from __future__ import annotations

from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

SLOWNESS: Final = (0.05, 0.1, 0.15, 0.25, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 4.0, 5.0)


class FaceMetrics:
    """A ``PoolWatcher`` that counts."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._jobs = Counter(
            "wallet_face_jobs",
            "Calls of the face pool: done, refused (queue full), or the reason they were lost",
            ("result",),
            registry=registry,
        )
        self._seconds = Histogram(
            "wallet_face_seconds",
            "Time of a face worker for one job, without the wait for it",
            ("kind",),
            buckets=SLOWNESS,
            registry=registry,
        )
        self._started = Counter(
            "wallet_face_workers_started",
            "Face workers started: more than one a place are replacements",
            registry=registry,
        )
        self._waiting = Gauge(
            "wallet_face_waiting",
            "Callers that wait for a face worker",
            registry=registry,
            multiprocess_mode="livesum",
        )
        self._busy = Gauge(
            "wallet_face_busy",
            "Face workers at work",
            registry=registry,
            multiprocess_mode="livesum",
        )
        self._memory = Gauge(
            "wallet_face_worker_bytes",
            "Resident memory of the largest face worker after its last job",
            registry=registry,
            multiprocess_mode="livemax",
        )
        self._jobs.labels("done")
        self._jobs.labels("refused")

    def stands(self, waiting: int, busy: int) -> None:
        """See ``PoolWatcher``."""
        self._waiting.set(waiting)
        self._busy.set(busy)

    def started(self) -> None:
        """See ``PoolWatcher``."""
        self._started.inc()

    def worked(self, kind: str, seconds: float, memory: int) -> None:
        """See ``PoolWatcher``."""
        self._seconds.labels(kind).observe(seconds)
        self._memory.set(memory)

    def ended(self, result: str) -> None:
        """See ``PoolWatcher``."""
        self._jobs.labels(result).inc()
