"""A terminal's clock, and whether somebody set it back while the program ran.

Behind a registry-signed time is `verify`'s to notice, and needs no memory of this process. Set back
by less, or within a bundle's life, shows here: two clocks of one computer part ways.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime

from verifier.verify import CLOCK_TOLERANCE


def _utc_now() -> datetime:
    return datetime.now(UTC)


class Clock:
    """This computer's clock beside one that nobody can set."""

    def __init__(
        self,
        wall: Callable[[], datetime] = _utc_now,
        steady: Callable[[], float] = time.monotonic,
    ) -> None:
        """Compare `wall` (UTC-aware) with `steady` (seconds that only grow) from now on."""
        self._wall, self._steady = wall, steady
        self._wall_at_start, self._steady_at_start = wall(), steady()

    def now(self) -> datetime:
        """Return the time, UTC-aware."""
        return self._wall()

    def steady(self) -> float:
        """Return seconds that only grow."""
        return self._steady()

    def was_set_back(self) -> bool:
        """Tell whether less time went by than has really passed, by over five minutes.

        Forward is no sign: a computer that slept looks the same.
        """
        passed = self._steady() - self._steady_at_start
        shown = (self._wall() - self._wall_at_start).total_seconds()
        return shown < passed - CLOCK_TOLERANCE
