"""Which files to fetch: the fewest bytes from what a terminal holds to the newest version.

A whole bundle is a step from nothing, a delta one from its base; the shortest path wins. A path
through the newest anchor is preferred when it costs little more, because tomorrow's delta starts
there: without it a terminal would fetch the whole country again.
"""

from __future__ import annotations

import heapq
from collections.abc import Collection, Iterable
from itertools import count

from verifier.sync.index import Index, RemoteFile

ANCHOR_BYTES = 64 * 1024  # what passing an anchor may cost more, or a tenth of the whole

Path = tuple[RemoteFile, ...]


def plan(index: Index, held: Collection[int]) -> Path | None:
    """Return the files in the order to apply them; empty when held already, None when no way."""
    if index.version in held:
        return ()
    direct = _shortest(index.files, held, index.version)
    if direct is None or not index.anchors:
        return direct
    anchor = max(index.anchors)
    if anchor in held or any(step.version == anchor for step in direct):
        return direct
    first = _shortest(index.files, held, anchor)
    then = _shortest(index.files, (anchor,), index.version, whole=False)
    if first is None or then is None:
        return direct
    extra = size(first) + size(then) - size(direct)
    return (*first, *then) if extra <= max(ANCHOR_BYTES, size(direct) // 10) else direct


def size(path: Path) -> int:
    """Return the bytes of all files of a path."""
    return sum(step.size for step in path)


def _shortest(
    files: Iterable[RemoteFile], held: Collection[int], target: int, *, whole: bool = True
) -> Path | None:
    """Dijkstra over versions; `whole` allows to begin with a whole bundle."""
    steps: dict[int, list[RemoteFile]] = {}
    order = count()  # equal costs are told apart before paths would be compared
    queue: list[tuple[int, int, int, Path]] = [(0, next(order), one, ()) for one in held]
    for file in files:
        if file.base is not None:
            steps.setdefault(file.base, []).append(file)
        elif whole:
            queue.append((file.size, next(order), file.version, (file,)))
    heapq.heapify(queue)
    done: set[int] = set()
    while queue:
        cost, _, version, path = heapq.heappop(queue)
        if version == target:
            return path
        if version not in done:
            done.add(version)
            for step in steps.get(version, ()):
                longer = (cost + step.size, next(order), step.version, (*path, step))
                heapq.heappush(queue, longer)
    return None
