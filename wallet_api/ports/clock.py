"""Time is passed in, never taken (rule 10)."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol


class Clock(Protocol):
    """The only wall clock a service knows."""

    def now(self) -> datetime:
        """Return the current time, UTC-aware."""
        ...
