"""Remembers accepted proofs for two minutes, so that a copied code is not accepted twice here.

The key is SHA-256(credential || proof payload), never the signature: from one ECDSA signature
anybody can make a second valid one (s and n - s). Two minutes cover the whole freshness window.
A full memory refuses instead of forgetting, or flooding it would be a way to replay.
"""

from __future__ import annotations

from threading import Lock
from typing import Protocol

REMEMBER_SECONDS = 120
MAX_PROOFS = 200_000  # some 25 MB; a gate takes a few hundred in two minutes


class ReplayMemory(Protocol):
    """What `verify` needs: look, and later put in exactly once, safely from several threads."""

    def has_seen(self, key: bytes, at: int) -> bool:
        """Tell whether `key` (32 bytes) was accepted less than two minutes before `at` (unix s)."""

    def is_full(self, at: int) -> bool:
        """Tell whether there is no room for one more at `at`."""

    def remember(self, key: bytes, at: int) -> bool:
        """Put `key` in; False when it is there already (or was put in by a rival just now)."""


class MemoryReplay:
    """In this process, lost with it. Thread-safe."""

    def __init__(self, *, capacity: int = MAX_PROOFS) -> None:
        """Hold at most `capacity` proofs."""
        self._capacity = capacity
        self._seen: dict[bytes, int] = {}  # in order of acceptance
        self._lock = Lock()

    def has_seen(self, key: bytes, at: int) -> bool:
        """Tell whether `key` was accepted less than two minutes before `at`."""
        accepted_at = self._seen.get(key)
        return accepted_at is not None and at - accepted_at < REMEMBER_SECONDS

    def is_full(self, at: int) -> bool:
        """Tell whether there is no room for one more; what is over two minutes old makes room."""
        if len(self._seen) < self._capacity:
            return False
        with self._lock:
            self._forget(at)
            return len(self._seen) >= self._capacity

    def remember(self, key: bytes, at: int) -> bool:
        """Put `key` in; False when it is there already."""
        with self._lock:
            self._forget(at)
            if key in self._seen or len(self._seen) >= self._capacity:
                return False
            self._seen[key] = at
            return True

    def _forget(self, at: int) -> None:
        while self._seen:
            oldest = next(iter(self._seen))
            if at - self._seen[oldest] < REMEMBER_SECONDS:
                return
            del self._seen[oldest]
