"""The pool with real worker processes: faults hit one job, never the next."""

from __future__ import annotations

import dataclasses
import io
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from PIL import Image

from samples.faces import sessions
from wallet_api.adapters.faces.pool import FacePool
from wallet_api.ports.faces import FaceBusy, FaceJob, FaceUnavailable, NoUsablePhoto
from wallet_api.rules.face_policy import POLICY

FAULTY = "tests.wallet_api.faces.faulty_engines"
ROOT = Path(__file__).parents[3]


@pytest.fixture
def pool() -> Iterator[FacePool]:
    made = FacePool(entry=f"{FAULTY}:load", deadline=timedelta(seconds=1), waiting=1)
    yield made
    made.close()


def job(fault: str) -> FaceJob:
    return FaceJob.of_fronts((b"a", b"b", b"c"), fault.encode())


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ("sleep 60", "FACE_DEADLINE"),
        ("spin", "FACE_DEADLINE"),
        ("crash", "FACE_WORKER_GONE"),
        ("leave", "FACE_WORKER_GONE"),
        ("allocate", "FACE_MEMORY"),
        ("raise", "FACE_ENGINE_FAILED"),
        ("odd", "FACE_WORKER_ODD"),
    ],
)
def test_a_fault_fails_its_own_job_and_the_next_match_is_fine(
    pool: FacePool, fault: str, reason: str
) -> None:
    pool.start(wait=True)
    began = time.monotonic()
    with pytest.raises(FaceUnavailable) as caught:
        pool.match(job(fault))
    assert caught.value.reason == reason
    assert "text that must not travel" not in str(caught.value)
    assert time.monotonic() - began < 3
    assert pool.match(job("")).outcome == "match"


def test_a_full_queue_is_refused_at_once_with_a_time_to_come_back(pool: FacePool) -> None:
    pool.start(wait=True)
    outcomes: list[str] = []

    def run() -> None:
        outcomes.append(pool.match(job("sleep 0.5")).outcome)

    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    while pool.counts()["admitted"] < 2:
        time.sleep(0.01)
    began = time.monotonic()
    with pytest.raises(FaceBusy) as caught:
        pool.match(job(""))
    assert time.monotonic() - began < 0.2
    assert 1 <= (caught.value.retry_after or 0) <= 30
    for thread in threads:
        thread.join()
    assert outcomes == ["match", "match"]
    assert pool.counts()["refused"] == 1
    assert pool.counts()["admitted"] == 0


def test_forty_threads_share_two_workers_and_every_answer_belongs_to_its_question() -> None:
    pool = FacePool(size=2, waiting=38, entry=f"{FAULTY}:load")
    answers: dict[int, int] = {}

    def run(number: int) -> None:
        count = 3 + number % 20
        answers[number] = pool.match(FaceJob.of_fronts((b"x",) * count, b"")).frames_used

    threads = [threading.Thread(target=run, args=(number,)) for number in range(40)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == {number: 3 + number % 20 for number in range(40)}
    assert pool.counts()["started"] <= 2
    pool.close()


def test_a_worker_with_an_altered_model_says_so_each_time() -> None:
    broken = FacePool(entry=f"{FAULTY}:load_altered")
    for _ in range(2):
        with pytest.raises(FaceUnavailable) as caught:
            broken.start(wait=True)
        assert caught.value.reason == "FACE_MODEL_ALTERED"
    broken.close()


def test_the_policy_goes_with_the_job_and_its_name_and_threshold_come_back() -> None:
    policy = dataclasses.replace(POLICY, model_id="another", match=0.7)
    pool = FacePool(entry=f"{FAULTY}:load", policy=policy)
    result = pool.match(job(""))
    assert (result.model_id, result.threshold) == ("another", 0.7)
    pool.close()


def test_an_engine_that_never_becomes_ready_meets_its_own_deadline() -> None:
    slow = FacePool(entry=f"{FAULTY}:load_slowly", start_within=timedelta(seconds=0.5))
    with pytest.raises(FaceUnavailable) as caught:
        slow.match(job(""))
    assert caught.value.reason == "FACE_DEADLINE"
    slow.close()


def test_a_closed_pool_answers_no_more_and_leaves_no_process(pool: FacePool) -> None:
    pool.start(wait=True)
    worker = pool._state.slots[0].worker
    assert worker is not None
    pool.close()
    pool.close()
    with pytest.raises(ProcessLookupError):
        os.kill(worker.pid, 0)
    with pytest.raises(FaceUnavailable) as caught:
        pool.match(job(""))
    assert caught.value.reason == "FACE_POOL_CLOSED"


def test_a_worker_sees_nothing_of_the_services_environment(
    pool: FacePool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WALLET_SECRET", "made up")
    assert pool.match(job("look secrets")).quality == {"TOO_DARK": False}
    assert pool.match(job("look path")).quality == {"TOO_DARK": True}


def test_a_portrait_comes_back_and_its_refusals_are_told(pool: FacePool) -> None:
    assert len(pool.make(b"photo", max_bytes=600)) == 600
    with pytest.raises(NoUsablePhoto) as refused:
        pool.make(b"none")
    assert refused.value.reason == "NO_FACE"
    with pytest.raises(FaceUnavailable) as odd:
        pool.make(b"long")
    assert odd.value.reason == "FACE_WORKER_ODD"


def test_a_pool_made_and_used_before_a_fork_works_on_both_sides_of_it() -> None:
    program = f"""
import os, sys
from wallet_api.adapters.faces.pool import FacePool
from wallet_api.ports.faces import FaceJob
pool = FacePool(entry="{FAULTY}:load")
assert pool.match(FaceJob.of_fronts((b"a",) * 3, b"")).frames_used == 3
before = pool._state.slots[0].worker.pid
child = os.fork()
assert pool.match(FaceJob.of_fronts((b"a",) * 4, b"")).frames_used == 4
same = pool._state.slots[0].worker.pid == before
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
print(pool._state.slots[0].worker.pid, flush=True)
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


def bomb() -> bytes:
    out = io.BytesIO()
    Image.new("1", (30_000, 30_000)).save(out, "PNG")
    return out.getvalue()


def heaviest_accepted() -> bytes:
    out = io.BytesIO()
    Image.new("RGBA", (4000, 3000), (200, 180, 160, 128)).save(out, "PNG")
    return out.getvalue()


def test_the_real_engine_in_the_pool_matches_refuses_a_bomb_and_matches_again() -> None:
    pool = FacePool()
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
    worker = pool._state.slots[0].worker
    assert worker is not None
    status = Path(f"/proc/{worker.pid}/status").read_text(encoding="ascii")
    peak_kb = int(status.split("VmHWM:")[1].split()[0])
    assert peak_kb < 400_000
    pool.close()


def test_a_pool_needs_a_worker() -> None:
    with pytest.raises(ValueError):
        FacePool(size=0)


def test_the_pool_keeps_opencv_out_of_the_web_worker() -> None:
    program = (
        "import sys; import wallet_api.adapters.faces.pool; "
        "sys.exit('cv2' in sys.modules or 'PIL' in sys.modules or 'numpy' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, timeout=60, check=False)
    assert done.returncode == 0
