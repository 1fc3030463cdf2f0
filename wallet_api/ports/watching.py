"""How a pool of workers can be watched, without knowing who watches.

The pool lives in an adapter, the metrics in the web layer; neither knows the other.
"""

from __future__ import annotations

from typing import Protocol, runtime_checkable


class PoolWatcher(Protocol):
    """Hears what happens in a pool. Called from many threads; must be quick and never raise."""

    def stands(self, waiting: int, busy: int) -> None:
        """Hear how many callers wait and how many workers are at work, after each change."""
        ...

    def started(self) -> None:
        """Hear that a worker was started: the first one of a place, or in place of a lost one."""
        ...

    def worked(self, kind: str, seconds: float, memory: int) -> None:
        """Hear that a worker answered: what was asked, how long it took, its bytes of memory."""
        ...

    def ended(self, result: str) -> None:
        """Hear how one call ended: "done", "refused", or the code for which it was lost."""
        ...


@runtime_checkable
class Watched(Protocol):
    """What lets itself be watched."""

    def watch(self, watcher: PoolWatcher) -> None:
        """Tell ``watcher`` of everything from now on."""
        ...
