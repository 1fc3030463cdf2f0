"""Pools and processes: forks, the end of the service, a worker's life without it."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

FAULTY = "tests.wallet_api.faces.faulty_engines"
ROOT = Path(__file__).parents[3]


def test_a_pool_made_and_used_before_a_fork_works_on_both_sides_of_it() -> None:
    program = f"""
import os, sys
from wallet_api.adapters.faces.pool import FacePool
from wallet_api.ports.faces import FaceJob
pool = FacePool(entry="{FAULTY}:load")
assert pool.match(FaceJob.of_fronts((b"a",) * 3, b"")).frames_used == 3
before = pool._state.places[0].worker.pid
child = os.fork()
assert pool.match(FaceJob.of_fronts((b"a",) * 4, b"")).frames_used == 4
same = pool._state.places[0].worker.pid == before
if child == 0:
    pool.close()
    os._exit(3 if not same else 4)
assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 3
assert same
assert pool.match(FaceJob.of_fronts((b"a",) * 3, b"")).frames_used == 3
print(before)
"""
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    with pytest.raises(ProcessLookupError):  # left without close(): ended at exit all the same
        os.kill(int(done.stdout), 0)


def test_workers_end_when_their_service_is_killed() -> None:
    program = f"""
import os, signal
from wallet_api.adapters.faces.pool import FacePool
pool = FacePool(entry="{FAULTY}:load")
pool.start(wait=True)
print(pool._state.places[0].worker.pid, flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, timeout=60, check=False
    )
    worker = int(done.stdout)
    status = Path(f"/proc/{worker}/stat")
    until = time.monotonic() + 10
    while status.exists() and " Z " not in status.read_text(encoding="ascii"):
        assert time.monotonic() < until
        time.sleep(0.05)
