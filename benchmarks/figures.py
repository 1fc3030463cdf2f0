"""What a measurement gives, and how one is taken.

Absolute times say more about the machine than about us, so a figure that can be a ratio is one:
the work and its reference are measured in turns in the same process, and medians are compared.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured figure.

    `ratio` is the median over that of a reference measured in the same run, or None. `limit`
    bounds the ratio where there is one, else the median: from above, or from below `at_least`.
    None means that the figure is told but not bounded.
    """

    name: str
    median: float
    unit: str
    limit: float | None = None
    ratio: float | None = None
    at_least: bool = False

    @property
    def holds(self) -> bool:
        """Whether the figure keeps its limit."""
        if self.limit is None:
            return True
        value = self.median if self.ratio is None else self.ratio
        return value >= self.limit if self.at_least else value <= self.limit

    def members(self) -> dict[str, object]:
        """Return the members of var/bench.json."""
        return {
            "name": self.name,
            "median": round(self.median, 4),
            "unit": self.unit,
            "limit": self.limit,
            "ratio": None if self.ratio is None else round(self.ratio, 4),
        }


def in_turns(*works: Callable[[], object], rounds: int = 60, calls: int = 25) -> tuple[float, ...]:
    """Return the median seconds of one call of each work.

    The works take turns, a batch of `calls` each, so that a busy neighbour slows all alike.
    """
    times: list[list[float]] = [[] for _ in works]
    for _ in range(rounds):
        for work, taken in zip(works, times, strict=True):
            start = time.perf_counter()
            for _ in range(calls):
                work()
            taken.append((time.perf_counter() - start) / calls)
    return tuple(statistics.median(taken) for taken in times)
