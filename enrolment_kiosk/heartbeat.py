"""Keeps the clock right and knows whether the API can be reached, while nobody uses the console.

One thread: an office PC's program, not a web worker.
"""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass

from enrolment_kiosk.client import ApiClient
from enrolment_kiosk.clock import KioskClock
from enrolment_kiosk.errors import ApiProblem, ApiUnreachable, ClockError

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Rhythm:
    """Seconds between two time answers when all is well, between two tries when not, and a look."""

    well: float = 20.0
    unwell: float = 5.0
    tick: float = 0.5


class Heartbeat:
    """Asks for signed time again and again; `start` and `stop` its thread."""

    def __init__(self, client: ApiClient, clock: KioskClock, rhythm: Rhythm | None = None) -> None:
        """Take the client and the clock it sets."""
        self._client = client
        self._clock = clock
        self._rhythm = rhythm or Rhythm()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="heartbeat", daemon=True)
        self._refused = False

    @property
    def is_refused(self) -> bool:
        """Whether the last time answer was one that we do not believe."""
        return self._refused

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def stop(self) -> None:
        """Stop the thread and wait for it."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join()

    def beat(self) -> bool:
        """Ask once; returns whether the clock is set now."""
        try:
            self._client.sync_clock()
        except ClockError as error:
            self._refused = True
            _log.warning("time answer refused: %s", error.code)
        except (ApiProblem, ApiUnreachable) as error:
            _log.info("no time answer: %s", error.code)
        else:
            self._refused = False
            return True
        return False

    def _run(self) -> None:
        """Beat when due; after a jump of this PC's clock sooner, but never in a hurry."""
        due = soon = self._clock.steady()
        while not self._stop.is_set():
            now = self._clock.steady()
            jumped = self._clock.is_checked and self._clock.has_jumped
            if now >= due or (jumped and now >= soon):
                wait = self._rhythm.well if self.beat() else self._rhythm.unwell
                soon = self._clock.steady() + self._rhythm.unwell
                due = self._clock.steady() + wait
            self._stop.wait(self._rhythm.tick)
