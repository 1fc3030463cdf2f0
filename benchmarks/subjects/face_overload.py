"""Twenty times more faces than can be compared, on the deployed server (threat T05, gate G25).

gunicorn with the deployed configuration and two workers, each with its own face worker, on
PostgreSQL; whole captures with real frames, signed requests, refused residents coming back at once.
Beside them somebody asks small things at a steady pace, first in quiet and then in the rush. Who
rushes runs on this machine as well, and takes processor time that in life other machines have.
"""

from __future__ import annotations

import json
import re
import socket
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sqlalchemy import select

from benchmarks.deployed import ROOT, running_api
from benchmarks.exchanging import exchange
from benchmarks.face_people import Resident, bring_residents, sign_requests
from benchmarks.figures import Figure
from tests.postgres import running_postgres
from tests.wallet_api.simulators import World, close, make_deps
from wallet_api.adapters.clock import SystemClock
from wallet_api.db import migrate
from wallet_api.models import FaceCapture
from wallet_api.services import nonces

WORKERS, QUEUE = 2, 3
TIMES = 20
GOODPUT, SLOWER, RECOVERED_SECONDS = 0.80, 2.0, 10.0
MEASURED, RUSH, PROBES = 15.0, 20.0, 40
RESIDENTS, VARIANTS = 400, 4
DONE = 200


def measure() -> list[Figure]:
    """Measure the quiet server, its capacity, the rush and what comes after it."""
    with running_postgres(durable=True) as server, TemporaryDirectory() as name:
        folder, url = Path(name), server.create_database("overload")
        migrate(url)
        world = make_deps(url, folder)
        world = replace(world, deps=replace(world.deps, clock=SystemClock()))
        try:
            residents = bring_residents(world, RESIDENTS)
            with running_api(url, folder, workers=WORKERS, face_queue=QUEUE) as (address, _):
                return _Site(world, folder, address, residents).measure()
        finally:
            close(world)


class _Site:
    """The running server and the residents that have not been compared yet."""

    def __init__(
        self, world: World, folder: Path, address: Path, residents: Sequence[Resident]
    ) -> None:
        self._world, self._folder, self._address = world, folder, str(address)
        self._left = list(residents)
        self._deepest = 0.0

    def measure(self) -> list[Figure]:
        """Measure one phase after the other."""
        alone = [self._compare_one() for _ in range(6)][2:]  # both web workers start theirs
        quiet = self._probe(MEASURED)
        closed = self._rush(rate=0, seconds=MEASURED, connections=WORKERS * (QUEUE + 1))
        capacity = closed["done"] / MEASURED
        busy, told = self._in_the_rush(TIMES * capacity)
        goodput = told["done"] / RUSH
        offered = sum(told["statuses"].values()) / RUSH
        recovery = self._recover(2 * statistics.median(alone))
        assert set(told["statuses"]) <= {"200", "401", "503"}, told
        return [
            Figure("captures compared over HTTP, capacity", capacity, "/s"),
            Figure(
                "captures offered in the rush, over capacity",
                offered, "/s", ratio=offered / capacity,
            ),
            Figure(
                "captures compared in the rush, over capacity",
                goodput, "/s", GOODPUT, ratio=goodput / capacity, at_least=True,
            ),
            Figure("small requests, 99 of 100 within, quiet", _p99(quiet), "ms"),
            Figure(
                "small requests, 99 of 100 within, in the rush over quiet",
                _p99(busy), "ms", SLOWER, ratio=_p99(busy) / _p99(quiet),
            ),
            Figure("callers that waited at once, most", self._deepest, "", WORKERS * QUEUE),
            Figure("as quick as before after the rush", recovery, "s", RECOVERED_SECONDS),
        ]  # fmt: skip

    def _in_the_rush(self, rate: float) -> tuple[list[float], dict[str, Any]]:
        told: list[dict[str, Any]] = []
        rush = threading.Thread(
            target=lambda: told.append(self._rush(rate=rate, seconds=RUSH, connections=32))
        )
        rush.start()
        time.sleep(2)  # until it is everywhere
        probes = threading.Thread(target=self._watch, args=(rush,))
        probes.start()
        busy = self._probe(RUSH - 5)
        rush.join()
        probes.join()
        return busy, told[0]

    def _watch(self, rush: threading.Thread) -> None:
        while rush.is_alive():
            found = re.search(r"^wallet_face_waiting (\S+)$", self._metrics(), re.MULTILINE)
            self._deepest = max(self._deepest, float(found[1]) if found else 0.0)
            time.sleep(1)

    def _metrics(self) -> str:
        with socket.socket(socket.AF_UNIX) as link:
            link.connect(self._address)
            link.sendall(b"GET /metrics HTTP/1.1\r\nHost: wallet.test\r\nConnection: close\r\n\r\n")
            parts = []
            while part := link.recv(65536):
                parts.append(part)
        return b"".join(parts).decode()

    def _recover(self, seconds: float) -> float:
        """Return how long after the rush a capture is compared as quickly as before it."""
        began = time.monotonic()
        while self._compare_one() > seconds and time.monotonic() - began < 60:
            time.sleep(0.2)
        return time.monotonic() - began

    def _compare_one(self) -> float:
        [[request]] = sign_requests(self._world, [self._left.pop()], each=1)
        began = time.monotonic()
        while exchange(self._address, request.encode()) != DONE:
            time.sleep(0.1)
        return time.monotonic() - began

    def _rush(self, *, rate: float, seconds: float, connections: int) -> dict[str, Any]:
        file = self._folder / "rush.json"
        file.write_text(json.dumps(sign_requests(self._world, self._left, each=VARIANTS)))
        told = self._run("rushing", str(file), str(rate), str(seconds), str(connections))
        compared = told["statuses"].get(str(DONE), 0)
        assert compared < len(self._left), "more residents are needed"
        self._left = self._not_compared()
        return told

    def _not_compared(self) -> list[Resident]:
        with self._world.deps.transaction() as db:
            ready = set(db.scalars(select(FaceCapture.id).where(FaceCapture.state == "COMMITTED")))
        return [resident for resident in self._left if resident.capture_id in ready]

    def _probe(self, seconds: float) -> list[float]:
        nonce = nonces.make(self._world.deps)
        paths = ("/v1/policy", f"/v1/time?nonce={nonce}")
        return self._run("probing", str(seconds), str(PROBES), *paths)

    def _run(self, program: str, *words: str) -> Any:
        command = [sys.executable, "-m", f"benchmarks.{program}", self._address, *words]
        done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
        return json.loads(done.stdout)


def _p99(milliseconds: Sequence[float]) -> float:
    return sorted(milliseconds)[int(0.99 * len(milliseconds))]
