"""Status entries that a process has taken in advance, so that issuing does not queue for them.

Whoever takes an entry holds the list's row until the transaction ends, disk included. A process
therefore takes many at once in a transaction of their own. What it has not used when it ends stays
unused: entries are a million a list, and unused ones hide how many are.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from threading import Lock


@dataclass(frozen=True, slots=True)
class Reserve:
    """Entries (list, index) that this process alone has; each is drawn once, in any thread."""

    _held: list[tuple[int, int]] = field(default_factory=list)
    _lock: Lock = field(default_factory=Lock)

    def draw(
        self, count: int, fetch: Callable[[int], Sequence[tuple[int, int]]], *, at_least: int
    ) -> list[tuple[int, int]]:
        """Draw ``count`` entries; ``fetch(n)`` takes n more where too few are left.

        One thread fetches while the others wait: they would need what it brings.
        """
        with self._lock:
            if len(self._held) < count:
                self._held.extend(fetch(max(count, at_least)))
            drawn = self._held[-count:]
            del self._held[-count:]
        return drawn
