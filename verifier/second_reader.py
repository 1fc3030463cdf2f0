"""The closest look, beside whoever is waiting: nobody waits longer for it than was said.

Most of what it is given takes it a second; a hostile picture, or the noise of a dark room, keeps it
busy for much longer. One picture at a time, and a result that comes late is taken with a later one.
"""

from __future__ import annotations

from threading import Event, Lock, Thread
from typing import TYPE_CHECKING, Any

from verifier import sight

if TYPE_CHECKING:
    from numpy.typing import NDArray


class SecondReader:
    """The closest look at work in a thread of its own. Thread-safe."""

    def __init__(self) -> None:
        """Start with nothing to read."""
        self._lock = Lock()
        self._busy = False
        self._found: list[str] = []

    def offer(self, gray: NDArray[Any], regions: tuple[sight.Region, ...]) -> Event | None:
        """Begin with parts of a picture; None while another is being read.

        The event says it is done. The picture must not change meanwhile.
        """
        with self._lock:
            if self._busy:
                return None
            self._busy = True
        done = Event()
        # No daemon: a program that ends while a decoder is at work would be aborted by it.
        Thread(target=self._read, args=(gray, regions, done), daemon=False).start()
        return done

    def take(self) -> list[str]:
        """Return what was found since the last time."""
        with self._lock:
            found, self._found = self._found, []
            return found

    def _read(self, gray: NDArray[Any], regions: tuple[sight.Region, ...], done: Event) -> None:
        found: list[str] = []
        try:
            found = sight.look_closely(gray, regions)
        finally:
            with self._lock:
                self._found, self._busy = found, False
            done.set()
