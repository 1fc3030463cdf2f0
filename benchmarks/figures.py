"""What a measurement gives, and how one is taken.

Absolute times say more about the machine than about us, so a figure that can be a ratio is one:
the work and its reference are measured in turns in the same process, and medians are compared.
"""

from __future__ import annotations

import gc
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


def in_turns(*works: Callable[[], object], rounds: int = 200, calls: int = 3) -> tuple[float, ...]:
    """Return the median seconds of processor time of one call of each work.

    The works take short turns, so that a busy neighbour or a slower clock meets all alike; time
    in which the process does not run is not counted; the garbage collector rests, as in `timeit`.
    """
    times: list[list[float]] = [[] for _ in works]
    collecting = gc.isenabled()
    gc.disable()
    try:
        for _ in range(rounds):
            for work, taken in zip(works, times, strict=True):
                start = time.thread_time()
                for _ in range(calls):
                    work()
                taken.append((time.thread_time() - start) / calls)
    finally:
        if collecting:
            gc.enable()
    return tuple(statistics.median(taken) for taken in times)
