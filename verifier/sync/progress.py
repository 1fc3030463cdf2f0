"""A line that tells how far a transfer is; nothing where nobody looks at a terminal."""

from __future__ import annotations

import time
from typing import Protocol, TextIO

_WIDTH = 30
_EVERY_SECONDS = 0.1


class Progress(Protocol):
    """Told of every piece that arrives."""

    def begin(self, total: int) -> None:
        """Expect so many bytes in all."""

    def at(self, done: int) -> None:
        """Say how many bytes are there."""

    def end(self) -> None:
        """Say that no more will come."""


class Silent:
    """Shows nothing."""

    def begin(self, total: int) -> None:
        """Take no notice."""

    def at(self, done: int) -> None:
        """Take no notice."""

    def end(self) -> None:
        """Take no notice."""


class Bar:
    """One line on a terminal, drawn over itself: share, amount and speed."""

    def __init__(self, stream: TextIO) -> None:
        """Draw on `stream`."""
        self._stream = stream
        self._total = 1
        self._began = self._drawn = time.monotonic()
        self._first: int | None = None

    def begin(self, total: int) -> None:
        """Expect so many bytes in all."""
        self._total = max(1, total)
        self._began, self._first = time.monotonic(), None
        self._draw(0)

    def at(self, done: int) -> None:
        """Draw, at most ten times a second."""
        if self._first is None:
            self._first = done
        if time.monotonic() - self._drawn >= _EVERY_SECONDS or done >= self._total:
            self._draw(done)

    def end(self) -> None:
        """Leave the line as it is."""
        self._stream.write("\n")
        self._stream.flush()

    def _draw(self, done: int) -> None:
        self._drawn = time.monotonic()
        share = min(1.0, done / self._total)
        filled = "█" * int(share * _WIDTH)
        seconds = self._drawn - self._began
        speed = (done - (self._first or 0)) / seconds if seconds > _EVERY_SECONDS else 0
        text = f"\r{filled:·<{_WIDTH}} {share:4.0%}  {_amount(done)} / {_amount(self._total)}"
        self._stream.write(f"{text}  {_amount(speed)}/s ")
        self._stream.flush()


def _amount(size: float) -> str:
    return f"{size / 1e6:.1f} MB" if size >= 1e6 else f"{size / 1e3:.0f} kB"
