"""What a pool holds in one process of the service: places for workers, and how it is going."""

from __future__ import annotations

import math
import os
import threading
import time
from dataclasses import dataclass
from typing import Final

from wallet_api.adapters.faces.line import Line
from wallet_api.adapters.faces.wire import WireError
from wallet_api.adapters.faces.worker_process import WorkerLost, WorkerProcess
from wallet_api.ports.faces import FaceUnavailable

LONGEST_RETRY: Final = 30
FIRST_REST: Final = 0.5


class EndedByOthers(FaceUnavailable):
    """The worker was killed from outside: by the kernel for want of memory, by an administrator."""


@dataclass(slots=True, eq=False)
class Place:
    """A place for one worker; empty until it is first needed.

    It belongs to the thread that has it from the line; ``kill`` alone may come from another.
    ``rests_until`` (monotonic), ``fault``, ``tries``: after a worker that did not start.
    """

    worker: WorkerProcess | None = None
    rests_until: float = 0.0
    fault: str = ""
    tries: int = 0

    def kill(self) -> None:
        """End the worker; its place notices by itself."""
        worker = self.worker
        if worker is not None:
            worker.kill()

    def drop(self) -> bool:
        """End the worker and forget it; say whether somebody else had ended it before."""
        worker, self.worker = self.worker, None
        if worker is None:
            return False
        outside = worker.kill()
        worker.close()
        return outside

    def give_up(self, error: WorkerLost | WireError | FaceUnavailable) -> FaceUnavailable:
        """End the worker after ``error``; return what its caller is to be told."""
        reason = error.reason if isinstance(error, FaceUnavailable) else str(error)
        if self.drop() and reason == "FACE_WORKER_GONE":
            return EndedByOthers(reason)
        return FaceUnavailable(reason)

    def rest(self, fault: str, *, at_most: float) -> None:
        """Start nothing for a while, longer each time: what does not load costs a second each."""
        self.fault = fault
        self.rests_until = time.monotonic() + min(at_most, FIRST_REST * 2**self.tries)
        self.tries += 1

    def let_go(self) -> None:
        """In a forked child: the worker is the parent's."""
        worker, self.worker = self.worker, None
        if worker is not None:
            worker.let_go()


class State:
    """What belongs to one process; made anew in a forked child.

    ``lock`` guards everything but the line, which has its own.
    """

    def __init__(self, size: int, *, waiting: int) -> None:
        self.pid = os.getpid()
        self.lock = threading.Lock()
        self.closed = False
        self.places = tuple(Place() for _ in range(size))
        self.line: Line[Place] = Line(self.places, room=waiting)
        self.counts = {"asked": 0, "done": 0, "refused": 0, "lost": 0, "started": 0}
        self._size = size
        self._mean_seconds = 0.2
        self._turned_away = 0.0

    def count(self, what: str) -> None:
        """Add one."""
        with self.lock:
            self.counts[what] += 1

    def took(self, seconds: float) -> None:
        """Take the time of one job into account, and that it made room for one turned away."""
        with self.lock:
            self._mean_seconds += 0.1 * (seconds - self._mean_seconds)
            self._turned_away = max(0.0, self._turned_away - 1)

    def turn_away(self) -> int:
        """Return after how many seconds to come back: as if all who were refused stood in line.

        So those who come later are sent away for longer, and do not all come back at once.
        """
        waiting, busy = self.line.standing()
        with self.lock:
            if not waiting:  # those who were turned away before have not come back
                self._turned_away = 0.0
            each = self._mean_seconds / self._size
            seconds = each * (waiting + busy + self._turned_away + 1)
            if seconds < LONGEST_RETRY:
                self._turned_away += 1
        return min(LONGEST_RETRY, max(1, math.ceil(seconds)))
