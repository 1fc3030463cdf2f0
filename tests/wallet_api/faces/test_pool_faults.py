"""Faults in real worker processes: they hit one job, never the next, and nothing outside."""

from __future__ import annotations

import contextlib
import io
import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from PIL import Image

from samples.faces import sessions
from wallet_api.adapters.faces.pool import FacePool
from wallet_api.ports.faces import FaceBusy, FaceJob, FaceUnavailable

FAULTY = "tests.wallet_api.faces.faulty_engines"


@pytest.fixture(scope="module")
def pool() -> Iterator[FacePool]:
    made = FacePool(entry=f"{FAULTY}:load", deadline=timedelta(seconds=1.5), waiting=1)
    yield made
    made.close()


def job(fault: str) -> FaceJob:
    return FaceJob.of_fronts((b"a", b"b", b"c"), fault.encode())


def worker_of(pool: FacePool) -> int:
    worker = pool._state.places[0].worker
    return worker.pid if worker else 0


FAULTS = {
    "sleep 60": "FACE_DEADLINE",
    "spin": "FACE_DEADLINE",
    "crash": "FACE_WORKER_GONE",
    "abort": "FACE_WORKER_GONE",
    "leave": "FACE_WORKER_GONE",
    "allocate": "FACE_MEMORY",
    "swell": "FACE_MEMORY",
    "raise": "FACE_ENGINE_FAILED",
    "recurse": "FACE_ENGINE_FAILED",
    "files": "FACE_ENGINE_FAILED",
    "write": "FACE_ENGINE_FAILED",
    "odd": "FACE_WORKER_ODD",
    "garbage": "FACE_WORKER_ODD",
    "flood": "FACE_WORKER_ODD",
    "chatter": "FACE_WORKER_ODD",
}


@pytest.mark.parametrize(("fault", "reason"), list(FAULTS.items()))
def test_a_fault_fails_its_own_job_and_the_next_match_is_fine(
    pool: FacePool, fault: str, reason: str
) -> None:
    pool.start(wait=True)
    before = worker_of(pool)
    began = time.monotonic()
    with pytest.raises(FaceUnavailable) as caught:
        pool.match(job(fault))
    assert caught.value.reason == reason
    assert "text that must not travel" not in str(caught.value)
    assert time.monotonic() - began < 7
    assert pool.match(job("")).outcome == "match"
    assert worker_of(pool) != before
    assert not Path(f"/proc/{before}").exists()


@pytest.mark.parametrize("fault", ["fork", "program"])
def test_what_a_job_starts_neither_answers_nor_stays(fault: str) -> None:
    """The kernel refuses it to all but root; root's ends with its worker."""
    pool = FacePool(entry=f"{FAULTY}:load")
    pool.start(wait=True)
    groups = {worker_of(pool)}
    try:
        first = pool.match(job(fault)).outcome
    except FaceUnavailable as lost:
        first = lost.reason
    assert first == ("match" if os.geteuid() == 0 else "FACE_ENGINE_FAILED")
    assert [pool.match(job("")).outcome for _ in range(2)] == ["match"] * 2
    groups.add(worker_of(pool))
    pool.close()
    assert [living for group in groups for living in members(group)] == []


def members(group: int) -> list[str]:
    """Return the processes of a group that have not ended (init may be slow to bury them)."""
    found = []
    for file in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            state, _, leader = file.read_text().rpartition(")")[2].split()[:3]
            if int(leader) == group and state not in "ZX":
                found.append(file.parent.name)
    return found


def test_the_service_does_not_grow_with_the_faults_it_survives(pool: FacePool) -> None:
    def suffer() -> None:
        for fault in ("crash", "allocate", "flood", "garbage", "raise"):
            with pytest.raises(FaceUnavailable):
                pool.match(job(fault))

    suffer()
    memory, files = own_memory_kb(), len(list(Path("/proc/self/fd").iterdir()))
    for _ in range(3):
        suffer()
    assert own_memory_kb() - memory < 4000
    assert len(list(Path("/proc/self/fd").iterdir())) == files


def own_memory_kb() -> int:
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.split("VmRSS:")[1].split()[0])


def test_a_worker_killed_between_two_jobs_is_replaced_unseen(pool: FacePool) -> None:
    pool.start(wait=True)
    lost = pool.counts()["lost"]
    for _ in range(3):
        os.kill(worker_of(pool), signal.SIGKILL)
        assert pool.match(job("")).outcome == "match"
    assert pool.counts()["lost"] == lost


def test_a_worker_that_only_waits_its_turn_on_a_busy_machine_is_not_late() -> None:
    pool = FacePool(entry=f"{FAULTY}:load", deadline=timedelta(seconds=1))
    pool.start(wait=True)
    processor = min(os.sched_getaffinity(0))
    os.sched_setaffinity(worker_of(pool), {processor})
    program = f"import os; os.sched_setaffinity(0, {{{processor}}})\nwhile True: pass"
    busy = [subprocess.Popen([sys.executable, "-c", program]) for _ in range(3)]
    try:
        began = time.monotonic()
        assert pool.match(job("starve")).outcome == "match"
        assert time.monotonic() - began > 1.5
    finally:
        for one in busy:
            one.kill()
            one.wait()
    pool.close()


def test_workers_killed_under_load_lose_no_answer_and_swap_none() -> None:
    """Each of many callers asks a question of its own; somebody kills a worker again and again.

    A job is tried twice: who is hit both times is told so.
    """
    pool = FacePool(size=2, waiting=6, entry=f"{FAULTY}:load")
    pool.start(wait=True)
    until = time.monotonic() + 5
    ends: Counter[str] = Counter()
    lock = threading.Lock()

    def ask(seed: int) -> None:
        chance = random.Random(seed)
        while time.monotonic() < until:
            count = chance.randrange(3, 30)
            try:
                frames = (b"x" * 1000,) * count
                found = pool.match(FaceJob.of_fronts(frames, b"sleep 0.02")).frames_used
                end = "right" if found == count else "swapped"
            except FaceBusy:
                end = "refused"
            except FaceUnavailable as lost:
                end = lost.reason
            with lock:
                ends[end] += 1

    threads = [threading.Thread(target=ask, args=(seed,)) for seed in range(8)]
    for thread in threads:
        thread.start()
    kills = 0
    while time.monotonic() < until - 0.5:
        time.sleep(0.5)
        place = pool._state.places[kills % 2]
        if place.worker is not None:
            os.kill(place.worker.pid, signal.SIGKILL)
            kills += 1
    for thread in threads:
        thread.join()
    counts = pool.counts()
    pool.close()
    assert kills >= 6
    assert ends["right"] > 50
    twice_hit = ends["FACE_WORKER_GONE"]
    assert set(ends) <= {"right", "refused", "FACE_WORKER_GONE"}, ends
    assert twice_hit <= kills // 3, ends
    assert counts["asked"] == sum(ends.values())
    assert (counts["done"], counts["lost"], counts["admitted"]) == (ends["right"], twice_hit, 0)


def bomb() -> bytes:
    out = io.BytesIO()
    Image.new("1", (30_000, 30_000)).save(out, "PNG")
    return out.getvalue()


def heaviest_accepted() -> bytes:
    out = io.BytesIO()
    Image.new("RGBA", (4000, 3000), (200, 180, 160, 128)).save(out, "PNG")
    return out.getvalue()


def test_the_real_engine_in_the_pool_matches_refuses_a_bomb_and_matches_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))  # nobody else's
    monkeypatch.setattr(tempfile, "tempdir", None)
    pool = FacePool(deadline=timedelta(seconds=30))  # a worker gives way to busy neighbours
    pool.start(wait=True)
    good = FaceJob.of_fronts(sessions.capture("mitchell"), sessions.registry_photo("mitchell"))
    assert pool.match(good).outcome == "match"
    bombed = pool.match(FaceJob.of_fronts((bomb(), heaviest_accepted()), good.reference))
    assert bombed.outcome == "try_again"
    assert set(bombed.reasons) == {"NO_FACE", "PICTURE_TOO_LARGE", "TOO_FEW_FRAMES"}
    again = pool.match(good)
    assert (again.outcome, again.reasons, again.frames_used) == ("match", (), 4)
    assert 0 < len(pool.make(sessions.registry_photo("mitchell"))) <= 600
    assert pool.counts()["lost"] == 0
    worker = pool._state.places[0].worker
    assert worker is not None
    status = Path(f"/proc/{worker.pid}/status").read_text(encoding="ascii")
    peak_kb = int(status.split("VmHWM:")[1].split()[0])
    assert peak_kb < 400_000
    pool.close()
    assert Path(tempfile.gettempdir()) == tmp_path
    assert list(tmp_path.iterdir()) == []
