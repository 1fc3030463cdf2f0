"""How far a long run is: a bar that rewrites itself on a terminal, a line every tenth elsewhere."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TextIO

_WIDTH = 30


@dataclass(slots=True)
class Progress:
    """Counts steps of ``title`` up to ``total`` and writes to ``out``."""

    title: str
    total: int
    out: TextIO
    _done: int = 0
    _tenth: int = 0
    _started: float = field(default_factory=time.monotonic)
    _shown: float = 0.0

    def step(self) -> None:
        """Count one step and show it where it is time."""
        self._done += 1
        if self.out.isatty():
            self._draw()
        elif self._done * 10 // max(self.total, 1) > self._tenth:
            self._tenth = self._done * 10 // self.total
            self.out.write(f"{self.title}: {self._text()}\n")
            self.out.flush()

    def _draw(self) -> None:
        now = time.monotonic()
        last = self._done >= self.total
        if now - self._shown < 0.2 and not last:
            return
        self._shown = now
        full = self._done * _WIDTH // max(self.total, 1)
        bar = "#" * full + "-" * (_WIDTH - full)
        self.out.write(f"\r{self.title} [{bar}] {self._text()}   " + ("\n" if last else ""))
        self.out.flush()

    def _text(self) -> str:
        passed = time.monotonic() - self._started
        left = passed / self._done * (self.total - self._done)
        return (
            f"{self._done}/{self.total} ({self._done * 100 // max(self.total, 1)} %), "
            f"{_clock(passed)} passed, {_clock(left)} left"
        )


def _clock(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes}:{rest:02d}"
