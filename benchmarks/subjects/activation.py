"""Activations a second on PostgreSQL: operators confirm, wallets open.

Measured over HTTP, as kiosks do it: gunicorn with the deployed configuration and two workers, a
PostgreSQL that writes through to the disk, the embedded registry asked each time, signed requests
from another process. The operators' pace is set free. Beside it the service alone, in two
processes, and the processor time that an activation takes wherever it runs: on a busy machine the
rate says little, that says more.
"""

from __future__ import annotations

import json
import multiprocessing
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.counter_rush import NUMBER, Waiting, bring_people, open_desks, sign_confirmation
from benchmarks.deployed import ROOT, running_api
from benchmarks.figures import Figure
from benchmarks.processor import seconds_of
from tests.postgres import PostgresServer, running_postgres
from tests.wallet_api.simulators import World, close, make_deps
from wallet_api.adapters.clock import SystemClock
from wallet_api.adapters.registry.guard import People
from wallet_api.adapters.registry.opening import open_registry
from wallet_api.db import migrate
from wallet_api.services import counter
from wallet_api.services.counter import Confirmation
from wallet_api.services.counter_queue import Desk

WORKERS, DESKS, CONNECTIONS = 2, 8, 8
WARM, PEOPLE = 60, 600
EACH = WARM + PEOPLE
A_SECOND = 200
FREE = {"operator_interval_seconds": 0, "operator_per_day": 1_000_000, "second_officer_percent": 0}


def measure() -> list[Figure]:
    """Return the rates over HTTP and of the service, and the processor time of one."""
    with running_postgres(durable=True) as server, TemporaryDirectory() as name:
        folder, url = Path(name), server.create_database("activation")
        migrate(url)
        with _opened(url, folder) as world:
            desks = open_desks(world, DESKS)
            waiting = bring_people(world, desks, 2 * EACH, folder / "registry.db")
            figures = _over_http(server, world, url, folder, waiting[:EACH])
        figures.append(_service_alone(url, folder, waiting[EACH:]))
    return figures


@contextmanager
def _opened(url: str, folder: Path) -> Iterator[World]:
    registry = f"sqlite:///{folder}/registry.db"
    world = make_deps(url, folder, registry_url=registry, **FREE)
    try:
        yield replace(world, deps=replace(world.deps, clock=SystemClock()))
    finally:
        close(world)


def _over_http(
    server: PostgresServer, world: World, url: str, folder: Path, waiting: Sequence[Waiting]
) -> list[Figure]:
    postmaster = int((server.folder / "data" / "postmaster.pid").read_text().split("\n", 1)[0])
    with running_api(url, folder, workers=WORKERS, **FREE) as (_, api):
        _send(world, folder, waiting[:WARM])
        before = seconds_of(api), seconds_of(postmaster)
        seconds = _send(world, folder, waiting[WARM:])
        used = seconds_of(api) - before[0], seconds_of(postmaster) - before[1]
    of_one = [1000 * part / PEOPLE for part in used]
    return [
        Figure(
            "activations over HTTP, 2 workers, PostgreSQL",
            PEOPLE / seconds,
            "/s",
            limit=A_SECOND,
            at_least=True,
        ),
        Figure("processor time of an activation, API", of_one[0], "ms"),
        Figure("processor time of an activation, PostgreSQL", of_one[1], "ms"),
    ]


def _send(world: World, folder: Path, waiting: Sequence[Waiting]) -> float:
    """Confirm them all from another process; return the seconds it took."""
    file = folder / "requests.json"
    file.write_text(json.dumps([sign_confirmation(world, one) for one in waiting]))
    command = [sys.executable, "-m", "benchmarks.sending", str(folder / "api.sock"), str(file)]
    told = subprocess.run(
        [*command, str(CONNECTIONS)], cwd=ROOT, check=True, capture_output=True, text=True
    )
    answer = json.loads(told.stdout)
    if answer["statuses"] != {"200": len(waiting)}:
        message = f"not everybody was activated: {answer['statuses']}"
        raise RuntimeError(message)
    return float(answer["seconds"])


def _service_alone(url: str, folder: Path, waiting: Sequence[Waiting]) -> Figure:
    # Fresh processes: forked ones would share the connections of this one.
    context = multiprocessing.get_context("spawn")
    gate, spans = context.Barrier(WORKERS), context.Queue()
    shares = [
        [(one.place.desk, one.enrolment_id) for one in waiting[at::WORKERS]]
        for at in range(WORKERS)
    ]
    started = [
        context.Process(target=_work, args=(url, str(folder), share, gate, spans))
        for share in shares
    ]
    for process in started:
        process.start()
    found = [spans.get(timeout=120) for _ in started]
    for process in started:
        process.join()
    seconds = max(end for _, end in found) - min(begin for begin, _ in found)
    return Figure("activations by the service alone, 2 processes", PEOPLE / seconds, "/s")


def _work(
    url: str, folder: str, share: Sequence[tuple[Desk, str]], gate: object, spans: object
) -> None:
    said, warm = Confirmation(NUMBER, None), WARM // WORKERS
    with _opened(url, Path(folder)) as world:
        registry = open_registry(world.deps.settings.registry_url, people=People.SYNTHETIC)
        deps = replace(world.deps, registry=registry)
        for desk, enrolment_id in share[:warm]:
            counter.confirm(deps, desk, enrolment_id, said)
        gate.wait()  # type: ignore[attr-defined]
        begin = time.monotonic()
        for desk, enrolment_id in share[warm:]:
            counter.confirm(deps, desk, enrolment_id, said)
        spans.put((begin, time.monotonic()))  # type: ignore[attr-defined]
