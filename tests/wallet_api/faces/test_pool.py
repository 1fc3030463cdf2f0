"""The pool with real worker processes: faults hit one job, never the next."""

from __future__ import annotations

import dataclasses
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from wallet_api.adapters.faces.pool import FacePool
from wallet_api.ports.faces import FaceBusy, FaceJob, FaceUnavailable, NoUsablePhoto
from wallet_api.rules.face_policy import POLICY

FAULTY = "tests.wallet_api.faces.faulty_engines"
ROOT = Path(__file__).parents[3]


@pytest.fixture
def pool() -> Iterator[FacePool]:
    made = FacePool(entry=f"{FAULTY}:load", deadline=timedelta(seconds=3), waiting=1)
    yield made
    made.close()


def job(fault: str) -> FaceJob:
    return FaceJob.of_fronts((b"a", b"b", b"c"), fault.encode())


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


def test_whoever_waits_behind_a_job_that_hangs_is_served_by_the_next_worker(
    pool: FacePool,
) -> None:
    pool.start(wait=True)
    reasons: list[str] = []

    def hang() -> None:
        with pytest.raises(FaceUnavailable) as caught:
            pool.match(job("sleep 60"))
        reasons.append(caught.value.reason)

    thread = threading.Thread(target=hang)
    thread.start()
    while pool.counts()["admitted"] < 1:
        time.sleep(0.01)
    assert pool.match(job("")).outcome == "match"
    thread.join()
    assert reasons == ["FACE_DEADLINE"]


def test_who_comes_while_models_load_is_asked_to_come_back_and_the_loading_goes_on() -> None:
    slow = FacePool(entry=f"{FAULTY}:load_in_two_seconds", deadline=timedelta(seconds=0.5))
    with pytest.raises(FaceBusy):
        slow.match(job(""))
    time.sleep(2)
    assert slow.match(job("")).outcome == "match"
    assert slow.counts()["started"] == 1
    slow.close()


def test_those_turned_away_are_spread_over_the_time_their_turn_would_take(pool: FacePool) -> None:
    pool.start(wait=True)
    threads = [threading.Thread(target=pool.match, args=(job("sleep 0.9"),)) for _ in range(2)]
    for thread in threads:
        thread.start()
    while pool.counts()["admitted"] < 2:
        time.sleep(0.01)
    told = []
    for _ in range(300):
        with pytest.raises(FaceBusy) as caught:
            pool.match(job(""))
        told.append(caught.value.retry_after or 0)
    assert told == sorted(told)
    assert (told[0], told[-1]) == (1, 30)
    assert len(set(told)) > 20
    for thread in threads:
        thread.join()


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
    assert pool.counts()["done"] == 40
    assert answers == {number: 3 + number % 20 for number in range(40)}
    assert pool.counts()["started"] <= 2
    pool.close()


def test_a_worker_with_an_altered_model_says_so_each_time() -> None:
    broken = FacePool(entry=f"{FAULTY}:load_altered")
    for _ in range(2):
        with pytest.raises(FaceUnavailable) as caught:
            broken.start(wait=True)
        assert caught.value.reason == "FACE_MODEL_ALTERED"
    assert broken.counts()["started"] == 1  # what does not load is not loaded over and over
    time.sleep(0.6)
    with pytest.raises(FaceUnavailable) as caught:
        broken.match(job(""))
    assert caught.value.reason == "FACE_MODEL_ALTERED"
    assert broken.counts()["started"] == 2
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
    worker = pool._state.places[0].worker
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


def test_a_worker_gives_way_to_requests_and_prints_nothing(pool: FacePool) -> None:
    assert pool.match(job("look nice")).quality == {"TOO_DARK": True}
    assert pool.match(job("look nowhere")).quality == {"TOO_DARK": True}


def test_a_portrait_comes_back_and_its_refusals_are_told(pool: FacePool) -> None:
    assert len(pool.make(b"photo", max_bytes=600)) == 600
    with pytest.raises(NoUsablePhoto) as refused:
        pool.make(b"none")
    assert refused.value.reason == "NO_FACE"
    with pytest.raises(FaceUnavailable) as odd:
        pool.make(b"long")
    assert odd.value.reason == "FACE_WORKER_ODD"


def test_closing_ends_jobs_under_way_and_whoever_waits() -> None:
    pool = FacePool(entry=f"{FAULTY}:load", waiting=1)
    pool.start(wait=True)
    reasons: list[str] = []

    def run() -> None:
        with pytest.raises(FaceUnavailable) as caught:
            pool.match(job("sleep 3"))
        reasons.append(caught.value.reason)

    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    while pool.counts()["admitted"] < 2:
        time.sleep(0.01)
    pool.close()
    for thread in threads:
        thread.join(2)
    assert reasons == ["FACE_POOL_CLOSED"] * 2
    counts = pool.counts()
    assert (counts["lost"], counts["admitted"]) == (2, 0)


def test_too_many_frames_are_told_without_a_worker(pool: FacePool) -> None:
    result = pool.match(FaceJob.of_fronts((b"a",) * 40, b""))
    assert (result.outcome, result.reasons) == ("try_again", ("TOO_MANY_FRAMES",))
    assert pool.counts()["started"] == 0


def test_a_file_that_is_far_too_large_costs_no_worker(pool: FacePool) -> None:
    huge = FaceJob.of_fronts((bytes(5_000_000),) * 3, b"")
    assert pool.match(huge).outcome == "match"
    assert pool.counts()["lost"] == 0


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
