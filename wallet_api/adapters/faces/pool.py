"""A pool of face workers: own processes, a deadline for each job, a bounded queue.

Decoding strangers' pictures must not slow, swell or crash a web worker. Each worker is a fresh
process (``worker.py``); one that is late, dies or runs out of memory is killed and replaced, and
only its own job fails. The standard library's executor cannot do that: one dead worker breaks it
and it has no time-out. Nor are the standard library's process objects used: they import the
service's main program into the worker, hand it the whole environment and read pickles back.

A pool starts its workers at first use (or at ``start``), so it may be made before a fork and used
after it. With several web workers each has its own pool: keep ``size`` at 1.
"""

from __future__ import annotations

import dataclasses
import math
import os
import queue
import threading
import time
import weakref
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from wallet_api.adapters.faces.answers import read_portrait, read_result
from wallet_api.adapters.faces.wire import WireError
from wallet_api.adapters.faces.worker_process import WorkerLost, WorkerProcess
from wallet_api.ports.faces import (
    PORTRAIT_BYTES,
    FaceBusy,
    FaceJob,
    FaceResult,
    FaceUnavailable,
)
from wallet_api.rules.face_policy import POLICY, FacePolicy

ENTRY = "wallet_api.adapters.faces.matcher:load"


@dataclass(slots=True)
class _Slot:
    """A place for one worker; empty until it is first needed."""

    worker: WorkerProcess | None = None


@dataclass(slots=True)
class _State:
    """What belongs to one process of the service; made anew in a forked child."""

    slots: tuple[_Slot, ...]
    pid: int = field(default_factory=os.getpid)
    lock: threading.Lock = field(default_factory=threading.Lock)
    free: queue.LifoQueue[_Slot] = field(default_factory=queue.LifoQueue)
    admitted: int = 0
    closed: bool = False
    mean_seconds: float = 0.2
    counts: dict[str, int] = field(
        default_factory=lambda: {"jobs": 0, "refused": 0, "lost": 0, "started": 0}
    )


class FacePool:
    """FaceMatcher and PortraitMaker in processes of their own. Safe for many threads.

    ``size`` workers; ``waiting`` callers may wait for one, the next gets FaceBusy; ``deadline``
    for a job once a worker has it, and as long again for waiting; ``start_within`` for loading
    the models; ``entry`` names what loads the engine in the worker, as ``module:function``.
    ``policy`` goes with every job and bounds what is taken for an answer: workers hold no
    thresholds of their own.
    """

    def __init__(
        self,
        *,
        size: int = 1,
        waiting: int = 4,
        deadline: timedelta = timedelta(seconds=4),
        start_within: timedelta = timedelta(seconds=20),
        entry: str = ENTRY,
        policy: FacePolicy | None = None,
    ) -> None:
        if size < 1 or waiting < 0:
            raise ValueError("size >= 1, waiting >= 0")
        self._size = size
        self._waiting = waiting
        self._deadline = deadline.total_seconds()
        self._start_within = start_within.total_seconds()
        self._entry = entry
        self._policy = policy or POLICY
        self._begin()
        pool = weakref.ref(self)
        os.register_at_fork(after_in_child=lambda: _begin_anew(pool))

    def match(self, job: FaceJob) -> FaceResult:
        """Return the result. Raises FaceBusy or FaceUnavailable."""
        blobs = [frame.data for frame in job.frames]
        if job.reference is not None:
            blobs.append(job.reference)
        header, _ = self._run(
            {
                "kind": "match",
                "turns": [frame.turn for frame in job.frames],
                "has_reference": job.reference is not None,
                "challenge_id": job.challenge_id,
                "policy": dataclasses.asdict(self._policy),
            },
            blobs,
        )
        return read_result(header, job, self._policy)

    def make(self, photo: bytes, *, max_bytes: int = PORTRAIT_BYTES) -> bytes:
        """Return a portrait. Raises NoUsablePhoto, FaceBusy or FaceUnavailable."""
        header, blobs = self._run({"kind": "portrait", "max_bytes": max_bytes}, [photo])
        return read_portrait(header, blobs, max_bytes=max_bytes)

    def start(self, *, wait: bool = False) -> None:
        """Start every worker that is not there yet; with ``wait`` until all are ready.

        Raises FaceUnavailable (with ``wait``) when the engine does not load, for example
        FACE_MODEL_ALTERED.
        """
        state = self._state
        taken = []
        try:
            while not state.free.empty():
                taken.append(state.free.get_nowait())
            for slot in taken:
                self._ensure(state, slot)
            if wait:
                for slot in taken:
                    self._await_ready(slot)
        finally:
            for slot in taken:
                state.free.put(slot)

    def counts(self) -> dict[str, int]:
        """Return figures for the metrics of this process: totals, and ``admitted`` now."""
        state = self._state
        with state.lock:
            return {**state.counts, "admitted": state.admitted}

    def close(self) -> None:
        """End all workers; every later call, and those under way, get FaceUnavailable."""
        _stop(self._state)

    def _begin(self) -> None:
        slots = tuple(_Slot() for _ in range(self._size))
        state = _State(slots)
        for slot in slots:
            state.free.put(slot)
        self._state = state
        weakref.finalize(self, _stop, state)

    def _run(
        self, header: dict[str, Any], blobs: list[bytes]
    ) -> tuple[dict[str, Any], list[bytes]]:
        state = self._state
        self._admit(state)
        try:
            slot = state.free.get(timeout=self._deadline)
        except queue.Empty:
            raise FaceBusy(self._retry_after(state)) from None
        else:
            try:
                return self._ask(state, slot, header, blobs)
            finally:
                state.free.put(slot)
        finally:
            with state.lock:
                state.admitted -= 1

    def _admit(self, state: _State) -> None:
        with state.lock:
            if state.closed:
                raise FaceUnavailable("FACE_POOL_CLOSED")
            if state.admitted >= self._size + self._waiting:
                state.counts["refused"] += 1
                raise FaceBusy(self._retry_after(state))
            state.admitted += 1
            state.counts["jobs"] += 1

    def _retry_after(self, state: _State) -> int:
        seconds = state.mean_seconds * (state.admitted + 1) / self._size
        return min(30, max(1, math.ceil(seconds)))

    def _ask(
        self, state: _State, slot: _Slot, header: dict[str, Any], blobs: list[bytes]
    ) -> tuple[dict[str, Any], list[bytes]]:
        self._ensure(state, slot)
        worker = self._await_ready(slot)
        began = time.monotonic()
        try:
            reply = worker.ask(header, blobs, seconds=self._deadline)
        except (WorkerLost, WireError) as error:
            with state.lock:
                state.counts["lost"] += 1
            self._drop(slot)
            self._ensure(state, slot)  # warms while nobody waits for it
            raise FaceUnavailable(str(error)) from error
        state.mean_seconds += 0.1 * (time.monotonic() - began - state.mean_seconds)
        return reply

    def _ensure(self, state: _State, slot: _Slot) -> None:
        with state.lock:
            if state.closed:
                raise FaceUnavailable("FACE_POOL_CLOSED")
            if slot.worker is None:
                slot.worker = WorkerProcess(self._entry, cpu_seconds=math.ceil(self._deadline))
                state.counts["started"] += 1

    def _await_ready(self, slot: _Slot) -> WorkerProcess:
        worker = slot.worker
        if worker is None:  # closed in between
            raise FaceUnavailable("FACE_POOL_CLOSED")
        try:
            worker.await_ready(seconds=self._start_within)
        except (WorkerLost, WireError) as error:
            self._drop(slot)
            raise FaceUnavailable(str(error)) from error
        return worker

    def _drop(self, slot: _Slot) -> None:
        if slot.worker is not None:
            slot.worker.kill()
            slot.worker = None


def _begin_anew(pool: weakref.ref[FacePool]) -> None:
    """In a forked child: let go of the parent's workers without ending them."""
    here = pool()
    if here is None:
        return
    for slot in here._state.slots:  # noqa: SLF001 - the pool's own fork hook
        if slot.worker is not None:
            slot.worker.let_go()
            slot.worker = None
    here._begin()  # noqa: SLF001 - as above


def _stop(state: _State) -> None:
    """End the workers of ``state``, in the process that started them and nowhere else."""
    if state.pid != os.getpid():
        return
    with state.lock:
        state.closed = True
        workers = [slot.worker for slot in state.slots if slot.worker is not None]
        for slot in state.slots:
            slot.worker = None
    for worker in workers:
        worker.kill()
