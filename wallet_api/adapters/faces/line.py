"""The line before the workers: first come, first served, and no longer than it may be.

A place that becomes free is handed to whoever has waited longest, never left lying for a newcomer
to snatch: under load the standard library's queues let new callers overtake, and somebody waits
until the time-out.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

_Place = TypeVar("_Place")


class LineFull(Exception):
    """Nobody else may wait, or the wait was too long. Come back later."""


class LineClosed(Exception):
    """There is nothing to wait for any more."""


@dataclass(slots=True, eq=False)
class _Ticket(Generic[_Place]):
    called: threading.Event = field(default_factory=threading.Event)
    place: _Place | None = None


def _tell_nobody(_waiting: int, _busy: int) -> None:
    pass


class Line(Generic[_Place]):
    """Hands out ``places``; ``room`` callers may wait for one. Safe for many threads.

    ``told`` hears of every change: how many wait, how many places are taken. It is called under
    the line's lock, so that the last thing it hears is how things stand.
    """

    def __init__(
        self,
        places: Iterable[_Place],
        *,
        room: int,
        told: Callable[[int, int], None] = _tell_nobody,
    ) -> None:
        self._idle = list(places)
        self._size = len(self._idle)
        self._room = room
        self._told = told
        self._lock = threading.Lock()
        self._waiting: deque[_Ticket[_Place]] = deque()
        self._closed = False

    def enter(self, *, seconds: float) -> _Place:
        """Return a place; give it back with ``leave``. Raises LineFull or LineClosed."""
        with self._lock:
            if self._closed:
                raise LineClosed
            if self._idle:
                place = self._idle.pop()
                self._tell()
                return place
            if len(self._waiting) >= self._room:
                raise LineFull
            ticket = _Ticket[_Place]()
            self._waiting.append(ticket)
            self._tell()
        try:
            ticket.called.wait(seconds)
        except BaseException:  # the waiting thread is told to end: nobody must wait for it
            self._withdraw(ticket)
            raise
        return self._collect(ticket)

    def leave(self, place: _Place, *, rested: bool = True) -> bool:
        """Hand the place on; with ``rested`` False it is the last choice while others are idle.

        Return False where the line is closed and the place stays with the caller.
        """
        with self._lock:
            if self._closed:
                self._size -= 1
                self._tell()
                return False
            self._hand_on(place, rested=rested)
            return True

    def take_idle(self) -> list[_Place]:
        """Take every place that nobody uses now; each has to be given back."""
        with self._lock:
            taken, self._idle = self._idle, []
            self._tell()
            return taken

    def close(self) -> list[_Place]:
        """Send everybody away; return the places that nobody uses. Those in use are not waited for.

        Called again it returns none.
        """
        with self._lock:
            self._closed = True
            for ticket in self._waiting:
                ticket.called.set()
            self._waiting.clear()
            taken, self._idle = self._idle, []
            self._size -= len(taken)
            self._tell()
            return taken

    def is_full(self) -> bool:
        """Whether a caller would be sent away now."""
        with self._lock:
            return not self._closed and not self._idle and len(self._waiting) >= self._room

    def standing(self) -> tuple[int, int]:
        """Return how many wait and how many places are taken, now."""
        with self._lock:
            return len(self._waiting), self._size - len(self._idle)

    def tell(self, told: Callable[[int, int], None]) -> None:
        """Let ``told`` hear of every change from now on."""
        with self._lock:
            self._told = told
            self._tell()

    def _collect(self, ticket: _Ticket[_Place]) -> _Place:
        with self._lock:
            if ticket.place is not None:
                return ticket.place
            if self._closed:
                raise LineClosed
            self._waiting.remove(ticket)
            self._tell()
            raise LineFull

    def _withdraw(self, ticket: _Ticket[_Place]) -> None:
        with self._lock:
            if ticket.place is not None:
                self._hand_on(ticket.place, rested=True)  # untouched, also when just closed
            elif ticket in self._waiting:
                self._waiting.remove(ticket)
                self._tell()

    def _hand_on(self, place: _Place, *, rested: bool) -> None:
        if self._waiting:
            ticket = self._waiting.popleft()
            ticket.place = place
            ticket.called.set()
        else:
            self._idle.insert(len(self._idle) if rested else 0, place)
        self._tell()

    def _tell(self) -> None:
        self._told(len(self._waiting), self._size - len(self._idle))
