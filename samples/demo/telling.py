"""What the demo prints: each step with its time, and refusals that belong to the story as such."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from samples.counter_operator import ConsoleRefusal
from samples.phone.errors import PhoneError

BOLD, DIM, GREEN, RED, PLAIN = "\x1b[1m", "\x1b[2m", "\x1b[32m", "\x1b[31m", "\x1b[0m"
WIDTH = 66


class StoryBroken(Exception):
    """Something did not happen that had to, or happened that must not."""


class Telling:
    """Prints the story to one stream."""

    def __init__(self, *, quiet: bool = False) -> None:
        """Start the clock; colours only on a terminal, nothing at all when quiet."""
        self._quiet = quiet
        self._began = time.monotonic()
        self._colour = sys.stdout.isatty()
        self._steps = 0

    def chapter(self, title: str) -> None:
        """Print a heading."""
        self._print(f"\n{self._in(BOLD, title)}")

    @contextmanager
    def step(self, what: str) -> Iterator[list[str]]:
        """Time a step. What is added to the list is printed below it."""
        notes: list[str] = []
        begin = time.monotonic()
        yield notes
        self._steps += 1
        self._line(what, time.monotonic() - begin, self._in(GREEN, "ok"))
        for note in notes:
            self._print(f"        {self._in(DIM, note)}")

    @contextmanager
    def refused(self, what: str, *codes: str) -> Iterator[None]:
        """Time a step that must be refused with one of `codes`; StoryBroken when it is not."""
        begin = time.monotonic()
        try:
            yield
        except (PhoneError, ConsoleRefusal) as refusal:
            if refusal.code not in codes:
                raise StoryBroken(f"{what}: refused with {refusal.code}, not {codes}") from refusal
            self.refusal(what, time.monotonic() - begin, refusal.code)
            return
        raise StoryBroken(f"{what}: was NOT refused")

    def refusal(self, what: str, seconds: float, code: str) -> None:
        """Print a refusal that belongs to the story."""
        self._steps += 1
        self._line(what, seconds, self._in(GREEN, "refused, as it must be"))
        self._print(f"        {self._in(DIM, code)}")

    def end(self) -> None:
        """Print the sum."""
        seconds = time.monotonic() - self._began
        self._print(f"\n{self._steps} steps in {seconds:.1f} s")

    def _line(self, what: str, seconds: float, outcome: str) -> None:
        number = f"{self._steps:>3}"
        self._print(f"  {number}  {what:<{WIDTH}} {seconds * 1000:>6.0f} ms  {outcome}")

    def _print(self, text: str) -> None:
        if not self._quiet:
            print(text, flush=True)

    def _in(self, colour: str, text: str) -> str:
        return f"{colour}{text}{PLAIN}" if self._colour else text
