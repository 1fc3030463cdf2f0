"""Activations a second on PostgreSQL: the whole confirmation of an operator, two processes.

Measured is the service's transaction (registry answer, officers' limits, rivals, the new wallet
and phone, notices, audit) in two processes, as two web workers run it; the operator's pace is set
free, HTTP and the registry's own time are left out.
"""

from __future__ import annotations

import multiprocessing
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.figures import Figure
from tests.postgres import running_postgres
from tests.wallet_api.counter_desk import Counter, Phone, confirm, enrol, open_counter
from tests.wallet_api.simulators import World, close, make_deps
from wallet_api.db import migrate

WORKERS = 2
PEOPLE = 40  # each takes a frame of ten seconds, and nobody waits for more than ten minutes
A_SECOND = 200


def measure() -> list[Figure]:
    """Return how many activations two workers do in a second."""
    # Fresh processes: forked ones would share the connections of this one.
    context = multiprocessing.get_context("spawn")
    with running_postgres() as server, TemporaryDirectory() as folder:
        url = server.create_database("activation")
        migrate(url)
        gate, spans = context.Barrier(WORKERS), context.Queue()
        started = [
            context.Process(target=_work, args=(url, str(Path(folder) / "keys"), at, gate, spans))
            for at in range(WORKERS)
        ]
        close(make_deps(url, Path(folder) / "keys"))  # makes the keys that all use
        for process in started:
            process.start()
        found = [spans.get(timeout=90) for _ in started]
        for process in started:
            process.join()
    seconds = max(end for _, end in found) - min(begin for begin, _ in found)
    rate = WORKERS * PEOPLE / seconds
    return [
        Figure("activations, 2 workers on PostgreSQL", rate, "/s", limit=A_SECOND, at_least=True)
    ]


def _work(url: str, folder: str, at: int, gate: object, spans: object) -> None:
    world = make_deps(url, Path(folder), operator_interval_seconds=0, operator_per_day=1_000_000)
    counter = open_counter(world, f"317{at}")
    counter.secret = bytes([at]) * 32
    desk = counter.sign_in(counter.add_operator(f"budi{at}"))
    waiting = [_at_counter(world, counter, at, number) for number in range(PEOPLE)]
    gate.wait()  # type: ignore[attr-defined]
    begin = time.monotonic()
    for phone, number in waiting:
        assert confirm(world, desk, phone, number) == "ACTIVATED"
    spans.put((begin, time.monotonic()))  # type: ignore[attr-defined]
    close(world)


def _at_counter(world: World, counter: Counter, at: int, number: int) -> tuple[Phone, str]:
    phone = enrol(world, f"31740{at}4512{number:06d}", contact=f"c{at}x{number}")
    return phone, phone.come_to(counter)
