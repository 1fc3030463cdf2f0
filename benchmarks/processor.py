"""Processor time and memory of a program with all its processes (Linux)."""

from __future__ import annotations

import os
from pathlib import Path

TICK = 1 / os.sysconf("SC_CLK_TCK")


def seconds_of(pid: int) -> float:
    """Return the processor time that `pid` and its living descendants have used, in seconds."""
    parents, used = {}, {}
    for file in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = file.read_text().rpartition(")")[2].split()  # the name may hold anything
        except (FileNotFoundError, ProcessLookupError):
            continue  # it has just ended
        child = int(file.parent.name)
        parents[child], used[child] = int(fields[1]), int(fields[11]) + int(fields[12])
    family, fresh = set[int](), {pid}
    while fresh:
        family |= fresh
        fresh = {child for child, parent in parents.items() if parent in fresh}
    return TICK * sum(used[one] for one in family if one in used)


def resident_bytes(pid: int) -> int:
    """Return the bytes that this one process holds in memory now."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")
