"""Revocation of 280 million credentials on a terminal: size, delta, load, memory, look-up.

Everything is built and loaded for real: the bundle is signed, written to a file, and loaded in
fresh processes the way the verifier loads the one in its state folder.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.country import LISTS, NEW_A_DAY, ROOT, entropy_bytes, first_day, next_day
from benchmarks.figures import Figure
from credentials.bundle_delta import apply_delta, sign_delta
from credentials.status_list import LIST_SIZE

SHARES = (0.001, 0.01, 0.02)
RUNS = 3
_PROGRAM = """
import json, random, re, sys, time
from pathlib import Path
import numpy
from verifier.bundle import map_bundle, trust_bundle
from verifier.roots import load_root

def memory(name):
    found = re.search(name + r":\\s+(\\d+) kB", open("/proc/self/status").read())
    return int(found.group(1)) * 1024 / 1e6

root = load_root()
before = memory("VmRSS")
wall, cpu = time.perf_counter(), time.process_time()
bundle = trust_bundle(map_bundle(Path(sys.argv[1])), root=root)
wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
after, peak = memory("VmRSS"), memory("VmHWM")
lists, dice = bundle.revocation.lists, random.Random(1)
asked = [(dice.choice(lists), dice.randrange(1 << 20)) for _ in range(100_000)]
for number in lists[:50]:
    asked += [(number, int(index)) for index in bundle.revocation.revoked(number)[:100]]
dice.shuffle(asked)
status = bundle.revocation.status

def ask():
    for number, index in asked:
        status(number, index)

def walk():  # over the questions themselves: megabytes of small objects, no part of a look-up
    for number, index in asked:
        index & number

looks = []
for _ in range(9):  # the quickest, as timeit: what else runs only adds
    times = [time.process_time()]
    for work in (ask, walk):
        work()
        times.append(time.process_time())
    looks.append((2 * times[1] - times[0] - times[2]) / len(asked))
print(json.dumps([wall, cpu, before, after, peak, min(looks) * 1e6]))
"""


def measure() -> list[Figure]:
    """Measure a country at each share."""
    return [figure for share in SHARES for figure in country(share)]


def country(share: float, *, lists: int = LISTS, runs: int = RUNS) -> list[Figure]:
    """Build one country and its next day; the figures a terminal has to do with."""
    today = first_day(share, lists=lists)
    tomorrow = next_day(today)
    entropy = entropy_bytes(today.count, lists * LIST_SIZE)
    began = time.process_time()
    delta = sign_delta(today.file, tomorrow.file, ROOT)
    signed = time.process_time() - began
    began = time.process_time()
    assert apply_delta(today.file, delta, ROOT.public_key) == tomorrow.file
    applied = time.process_time() - began
    loaded = _loaded(today.file, runs)
    name = f"{share:.1%} revoked"
    size = today.revocation_bytes
    return [
        Figure(f"{name}: revocations, ratio to entropy", size / 1e6, "MB", 1.02, size / entropy),
        Figure(f"{name}: whole bundle", len(today.file) / 1e6, "MB"),
        Figure(f"{name}: delta of {NEW_A_DAY:,} new", len(delta) / 1e3, "kB", 60),
        Figure(f"{name}: delta made", signed, "s"),
        Figure(f"{name}: delta applied", applied, "s"),
        Figure(f"{name}: loaded (clock)", loaded[0], "s"),
        Figure(f"{name}: loaded (processor)", loaded[1], "s", 0.3),
        Figure(f"{name}: resident, before loading", loaded[2], "MB"),
        Figure(f"{name}: resident, loaded", loaded[3], "MB", 60),
        Figure(f"{name}: resident, peak", loaded[4], "MB"),
        Figure(f"{name}: look-up", loaded[5], "µs", 1),
    ]


def _loaded(file: bytes, runs: int) -> list[float]:
    """Load the file in fresh processes; the least of what each says: others' work only adds."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "bundle.cose"
        path.write_bytes(file)
        command = [sys.executable, "-c", _PROGRAM, str(path)]
        answers = [
            json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
            for _ in range(runs)
        ]
    return [min(column) for column in zip(*answers, strict=True)]
