"""Pools and processes: forks, the end of the service, a worker's life without it."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
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


@pytest.fixture(params=[(), ("--preload",)], ids=["", "preloaded"])
def service(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Path]:
    """A service of one web worker behind gunicorn as it is deployed; the socket it listens on."""
    address = tmp_path / "service.sock"
    command = [
        *(sys.executable, "-m", "gunicorn", "-c", str(ROOT / "deploy" / "gunicorn.conf.py")),
        *("--workers", "1", "--threads", "4", "--bind", f"unix:{address}", *request.param),
        *("--pid", str(tmp_path / "pid"), "tests.wallet_api.faces.pool_service:application"),
    ]
    log = (tmp_path / "log").open("wb")
    with log, subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=log) as process:
        wait_until(address.exists)
        yield address
        process.terminate()
        assert process.wait(40) == 0


def ask(address: Path, path: str) -> str:
    with socket.socket(socket.AF_UNIX) as link:
        link.settimeout(20)
        wait_until(lambda: link.connect_ex(str(address)) == 0)
        link.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
        answer = b""
        while part := link.recv(4096):
            answer += part
    return answer.rpartition(b"\r\n")[2].decode()


def parent_of(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def wait_until(holds: Callable[[], bool], *, seconds: float = 30) -> None:
    until = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < until
        time.sleep(0.05)


def test_no_face_worker_outlives_its_web_worker_however_that_ends(service: Path) -> None:
    assert ask(service, "/match") == "match"
    first = int(ask(service, "/worker"))
    web = parent_of(first)
    with ThreadPoolExecutor(1) as threads:
        hanging = threads.submit(ask, service, "/hang")
        time.sleep(0.3)
        os.kill(web, signal.SIGKILL)  # in the middle of a job
        assert hanging.result() == ""
    wait_until(lambda: not is_alive(first), seconds=5)
    assert ask(service, "/match") == "match"  # gunicorn has another web worker by now
    second = int(ask(service, "/worker"))
    assert parent_of(second) != web
    master = parent_of(parent_of(second))
    os.kill(master, signal.SIGHUP)  # as after an update
    wait_until(lambda: not is_alive(second))
    assert ask(service, "/match") == "match"
    third = int(ask(service, "/worker"))
    os.kill(master, signal.SIGTERM)
    wait_until(lambda: not is_alive(third))
