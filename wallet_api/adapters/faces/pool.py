"""A pool of face workers: own processes, a deadline for each job, a bounded line.

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
import os
import time
import weakref
from collections.abc import Callable
from datetime import timedelta
from typing import Any, Final, TypeVar

from wallet_api.adapters.faces.answers import read_portrait, read_result
from wallet_api.adapters.faces.line import LineClosed, LineFull
from wallet_api.adapters.faces.places import EndedByOthers, Place, State
from wallet_api.adapters.faces.wire import MAX_BLOB, MAX_BLOBS, WireError
from wallet_api.adapters.faces.worker_process import WorkerLost, WorkerProcess
from wallet_api.ports.faces import (
    PORTRAIT_BYTES,
    FaceBusy,
    FaceJob,
    FaceResult,
    FaceUnavailable,
    NoUsablePhoto,
)
from wallet_api.ports.watching import PoolWatcher
from wallet_api.rules.face_policy import POLICY, FacePolicy

ENTRY: Final = "wallet_api.adapters.faces.matcher:load"
LONGEST_REST: Final = 30.0
"""Seconds between two tries to start what does not start."""

_Read = TypeVar("_Read")
_Reader = Callable[[dict[str, Any], list[bytes]], _Read]


@dataclasses.dataclass(frozen=True, slots=True)
class _Question:
    """One job as it is sent, and how many bytes of blobs its answer may bring."""

    header: dict[str, Any]
    blobs: list[bytes]
    answer_size: int = 0


class FacePool:
    """FaceMatcher and PortraitMaker in processes of their own. Safe for many threads.

    ``size`` workers; ``waiting`` callers may wait for one, the next gets FaceBusy; ``deadline``
    for a job once a worker has it; who waits behind one that is late, and for the worker that
    replaces it, waits half as long again at most; ``start_within`` for loading the models;
    ``entry`` names what loads the engine in the worker, as ``module:function``.
    ``policy`` goes with every job and bounds what is taken for an answer: workers hold no
    thresholds of their own.

    A caller's thread waits: keep ``size`` + ``waiting`` under the threads of a web worker, or
    comparisons leave none for other requests.
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
        self._patience = 1.5 * self._deadline
        self._start_within = start_within.total_seconds()
        self._entry = entry
        self._policy = policy or POLICY
        self._watcher: PoolWatcher | None = None
        self._begin()
        pool = weakref.ref(self)
        os.register_at_fork(after_in_child=lambda: _begin_anew(pool))

    def match(self, job: FaceJob) -> FaceResult:
        """Return the result. Raises FaceBusy or FaceUnavailable."""
        if len(job.frames) >= MAX_BLOBS:
            policy, told = self._policy, ("TOO_MANY_FRAMES",)
            return FaceResult("try_again", None, policy.match, policy.model_id, told, 0)
        blobs = [frame.data for frame in job.frames]
        if job.reference is not None:
            blobs.append(job.reference)
        header = {
            "kind": "match",
            "turns": [frame.turn for frame in job.frames],
            "has_reference": job.reference is not None,
            "challenge_id": job.challenge_id,
            "policy": dataclasses.asdict(self._policy),
        }
        question = _Question(header, [blob[:MAX_BLOB] for blob in blobs])  # still too large there
        return self._run(question, lambda answer, _: read_result(answer, job, self._policy))

    def make(self, photo: bytes, *, max_bytes: int = PORTRAIT_BYTES) -> bytes:
        """Return a portrait. Raises NoUsablePhoto, FaceBusy or FaceUnavailable."""
        header = {"kind": "portrait", "max_bytes": max_bytes}
        question = _Question(header, [photo[:MAX_BLOB]], max_bytes)
        return self._run(
            question, lambda answer, out: read_portrait(answer, out, max_bytes=max_bytes)
        )

    def demand_room(self) -> None:
        """Return if a job could be taken now; reserves nothing. Raises FaceBusy."""
        state = self._state
        if state.line.is_full():
            state.count("asked")
            state.count("refused")
            if self._watcher is not None:
                self._watcher.ended("refused")
            raise FaceBusy(state.turn_away())

    def start(self, *, wait: bool = False) -> None:
        """Start every worker that is not there yet; with ``wait`` until all are ready.

        Raises FaceUnavailable (with ``wait``) when the engine does not load, for example
        FACE_MODEL_ALTERED.
        """
        state = self._state
        taken = state.line.take_idle()
        try:
            for place in taken:
                self._ensure(state, place)
            if wait:
                for place in taken:
                    self._ready(state, place, patience=self._start_within)
        finally:
            for place in taken:
                self._leave(state, place)

    def counts(self) -> dict[str, int]:
        """Return this process's figures: asked = done + refused + lost + admitted (now)."""
        state = self._state
        with state.lock:
            counts = dict(state.counts)
        return {**counts, "admitted": counts["asked"] - sum(counts[end] for end in _ENDS)}

    def workers(self) -> list[int]:
        """Return the process ids of this process's workers."""
        held = (place.worker for place in self._state.places)
        return [worker.pid for worker in held if worker is not None]

    def watch(self, watcher: PoolWatcher) -> None:
        """Tell ``watcher`` of everything from now on; see ``ports.watching``."""
        self._watcher = watcher
        self._state.line.tell(watcher.stands)

    def close(self) -> None:
        """End all workers; every later call, and those under way, get FaceUnavailable."""
        _stop(self._state)

    def _begin(self) -> None:
        state = State(self._size, waiting=self._waiting)
        self._state = state
        if self._watcher is not None:
            state.line.tell(self._watcher.stands)
        weakref.finalize(self, _stop, state)

    def _run(self, question: _Question, read: _Reader[_Read]) -> _Read:
        state = self._state
        state.count("asked")
        end, told = "done", "done"
        try:
            return self._wait_and_ask(state, question, read)
        except FaceBusy:
            end = told = "refused"
            raise
        except FaceUnavailable as lost:
            end, told = "lost", lost.reason
            raise
        finally:
            state.count(end)
            if self._watcher is not None:
                self._watcher.ended(told)

    def _wait_and_ask(self, state: State, question: _Question, read: _Reader[_Read]) -> _Read:
        came = time.monotonic()
        try:
            place = state.line.enter(seconds=self._patience)
        except LineFull:
            raise FaceBusy(state.turn_away()) from None
        except LineClosed:
            raise FaceUnavailable("FACE_POOL_CLOSED") from None
        try:
            patience = came + self._patience - time.monotonic()
            try:
                return self._ask(state, place, question, read, patience)
            except EndedByOthers:  # not this job's doing: once more, with a fresh worker
                return self._ask(state, place, question, read, self._patience)
        finally:
            self._leave(state, place)

    def _ask(
        self,
        state: State,
        place: Place,
        question: _Question,
        read: _Reader[_Read],
        patience: float,
    ) -> _Read:
        worker = self._ready(state, place, patience=patience)
        began = time.monotonic()
        try:
            answer, out = worker.ask(
                question.header, question.blobs, answer_size=question.answer_size
            )
            found = read(answer, out)
        except (WorkerLost, WireError, FaceUnavailable) as error:
            lost = place.give_up(error)
            self._ensure(state, place)  # warms while nobody waits for it
            raise lost from error
        except NoUsablePhoto:
            raise  # an answer like any other
        except BaseException:  # this thread is told to end: the answer must not wait for the next
            place.drop()
            raise
        finally:
            seconds = time.monotonic() - began
            state.took(seconds)
        if self._watcher is not None:
            self._watcher.worked(question.header["kind"], seconds, worker.memory())
        return found

    def _ensure(self, state: State, place: Place) -> WorkerProcess:
        """Start a worker where there is none, unless the last one did not even start."""
        with state.lock:
            if state.closed:
                raise FaceUnavailable("FACE_POOL_CLOSED")
            if place.worker is not None:
                return place.worker
            if time.monotonic() < place.rests_until:
                raise FaceUnavailable(place.fault)
            try:
                worker = place.worker = WorkerProcess(
                    self._entry, start_within=self._start_within, seconds=self._deadline
                )
            except OSError as error:
                raise FaceUnavailable("FACE_ENGINE_NOT_LOADED") from error
            state.counts["started"] += 1
        if self._watcher is not None:
            self._watcher.started()
        return worker

    def _ready(self, state: State, place: Place, *, patience: float) -> WorkerProcess:
        """Return the place's worker once its models are loaded. Raises FaceBusy after patience."""
        if place.worker is not None and place.worker.ready and not place.worker.is_at_hand():
            place.drop()
        worker = self._ensure(state, place)
        try:
            ready = worker.await_ready(seconds=patience)
        except (WorkerLost, WireError) as error:
            lost = place.give_up(error)
            if not isinstance(lost, EndedByOthers):
                place.rest(lost.reason, at_most=LONGEST_REST)
            raise lost from error
        if not ready:
            raise FaceBusy(state.turn_away())
        place.tries = 0
        return worker

    @staticmethod
    def _leave(state: State, place: Place) -> None:
        rested = place.worker is not None and place.worker.ready
        if not state.line.leave(place, rested=rested):
            place.drop()


_ENDS: Final = ("done", "refused", "lost")


def _begin_anew(pool: weakref.ref[FacePool]) -> None:
    """In a forked child: let go of the parent's workers without ending them."""
    here = pool()
    if here is None:
        return
    for place in here._state.places:  # noqa: SLF001 - the pool's own fork hook
        place.let_go()
    here._begin()  # noqa: SLF001 - as above


def _stop(state: State) -> None:
    """End the workers of ``state``, in the process that started them and nowhere else."""
    if state.pid != os.getpid():
        return
    with state.lock:
        state.closed = True
    idle = state.line.close()
    for place in state.places:
        place.kill()
    for place in idle:
        place.drop()
