"""Suspects this terminal's clock when the phones of several people disagree with it alike.

A clock that is behind a signed time is refused by `verify`; one that is ahead makes every live
code look like a screenshot. Old screenshots have all ages; three phones in a row that are off by
the same time point to this terminal. It is a hint to the officer and decides nothing: a proof's
time is said by its holder.
"""

from __future__ import annotations

from collections import deque
from threading import Lock

PHONES = 3
ALIKE_SECONDS = 60
RECENT_SECONDS = 1800


class PhoneClocks:
    """The last refusals for a proof's time, each of another credential. Thread-safe."""

    def __init__(self) -> None:
        """Start with none."""
        self._off: deque[tuple[bytes, int, float]] = deque(maxlen=PHONES)
        self._lock = Lock()

    def agree(self) -> None:
        """A phone's time was right: so is ours."""
        with self._lock:
            self._off.clear()

    def disagree(self, mark: bytes, seconds: int, at: float) -> None:
        """A phone was `seconds` ahead of us (negative: behind) at `at`, on our steady clock."""
        with self._lock:
            others = [one for one in self._off if one[0] != mark and at - one[2] < RECENT_SECONDS]
            self._off = deque([*others, (mark, seconds, at)], maxlen=PHONES)

    def suspicion(self) -> int | None:
        """Return by how many seconds the phones are ahead of us all alike, None without that."""
        with self._lock:
            offsets = sorted(seconds for _, seconds, _ in self._off)
        if len(offsets) < PHONES or offsets[-1] - offsets[0] > ALIKE_SECONDS:
            return None
        return offsets[PHONES // 2]
