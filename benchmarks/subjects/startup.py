"""What it costs to have the verifier at hand: time and memory of its import, in fresh processes."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys

from benchmarks.figures import Figure

_PROGRAM = """
import json, re, time
start = time.perf_counter()
from verifier import verify
taken = time.perf_counter() - start
# VmHWM begins anew with the program; ru_maxrss would count the process that started it.
peak = re.search(r"VmHWM:\\s+(\\d+) kB", open("/proc/self/status").read()).group(1)
print(json.dumps([taken, int(peak) / 1024]))
"""
_RUNS = 7


def measure() -> list[Figure]:
    """Import `verify` in new processes; the medians."""
    runs = [_run() for _ in range(_RUNS)]
    return [
        Figure("import of verifier", statistics.median(run[0] for run in runs), "s", 0.3),
        Figure("import of verifier, peak memory", statistics.median(r[1] for r in runs), "MB", 80),
    ]


def _run() -> list[float]:
    done = subprocess.run(
        [sys.executable, "-c", _PROGRAM], check=True, capture_output=True, text=True
    )
    taken: list[float] = json.loads(done.stdout)
    return taken
