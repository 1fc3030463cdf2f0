"""The ladder of PIN attempts: 3 tries, 1 minute, 3 tries, 30 minutes, 4 tries, then blocked.

Pure: who counts, and that the count is committed before the PIN is looked at
(threats T16, T18), is ``services/pins.py``.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final

MOST_FAILURES: Final = 10
WAIT_AFTER: Final[dict[int, timedelta]] = {3: timedelta(minutes=1), 6: timedelta(minutes=30)}
_RUNGS: Final = (3, 6, MOST_FAILURES)


def wait_after(failures: int) -> timedelta | None:
    """Return the pause that begins with this many failures, None if there is none."""
    return WAIT_AFTER.get(failures)


def attempts_left(failures: int) -> int:
    """Return how many tries remain before the next pause or the block."""
    return next((rung - failures for rung in _RUNGS if failures < rung), 0)


def blocks(failures: int) -> bool:
    """Say whether this many failures block the wallet for good."""
    return failures >= MOST_FAILURES
