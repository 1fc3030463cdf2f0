"""Status lists: one of 2**20 entries rebuilt and signed, and fetched by verifiers.

The list has 1 % revoked and 0.3 % suspended, as after a bad month. It is compressed and signed as
JWT and as CWT, and both are verified, as the publisher does. It is fetched over HTTP from gunicorn
with the deployed configuration and two workers, by another process over lasting connections, as
nginx asks: by those that have it already (304) and by those that do not (200, 26 KB). On a busy
machine the rate says little; the processor time of one answer, beside it, says more.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from benchmarks.deployed import ROOT, running_api
from benchmarks.figures import Figure, in_turns
from benchmarks.processor import seconds_of
from credentials.revocation import RevocationSet
from credentials.status_list import LIST_SIZE
from tests.wallet_api.simulators import World, close, make_deps
from wallet_api.adapters.clock import SystemClock
from wallet_api.db import migrate
from wallet_api.services import list_tokens, publication
from wallet_api.services.list_tokens import JWT, MEDIA_TYPES

REBUILT_IN = 0.150
A_SECOND = 2500
REVOKED, SUSPENDED = LIST_SIZE // 100, LIST_SIZE // 300
WORKERS, CONNECTIONS, FETCHES, WARM = 2, 16, 6_000, 500
ROUNDS = 3
PATH = "/v1/lists/status/0"


def measure() -> list[Figure]:
    """Return the time of one list, and the rates of fetching it."""
    with TemporaryDirectory() as name:
        folder, url = Path(name), f"sqlite:///{name}/wallet.db"
        migrate(url)
        world = make_deps(url, folder)
        try:
            revocation = _revocation()
            figures = [_rebuilt(world, revocation)]
            _publish(world, revocation)
            return figures + _fetched(world, url, folder)
        finally:
            close(world)


def _revocation() -> RevocationSet:
    chance = np.random.default_rng(2026)
    drawn = chance.permutation(LIST_SIZE)[: REVOKED + SUSPENDED]
    revoked, suspended = np.sort(drawn[:REVOKED]), np.sort(drawn[REVOKED:])
    return RevocationSet({0: revoked.tolist()}, {0: suspended.tolist()})


def _rebuilt(world: World, revocation: RevocationSet) -> Figure:
    at = world.clock.now()
    (median,) = in_turns(
        lambda: list_tokens.sign_list(world.deps, revocation, 0, at=at), rounds=40, calls=1
    )
    return Figure("one list of 2**20 as JWT and CWT, signed", median, "s", REBUILT_IN)


def _publish(world: World, revocation: RevocationSet) -> None:
    """Put the list where the publisher puts it, as version 1."""
    folder = world.deps.publish_dir / "v1" / "status"
    folder.mkdir(parents=True)
    signed = list_tokens.sign_list(world.deps, revocation, 0, at=SystemClock().now())
    for suffix, token in signed.items():
        (folder / f"0.{suffix}").write_bytes(token)
    (world.deps.publish_dir / publication.CURRENT).symlink_to("v1")


def _fetched(world: World, url: str, folder: Path) -> list[Figure]:
    held = publication.open_list(world.deps, 0, JWT).etag
    figures = []
    with running_api(url, folder, workers=WORKERS) as (address, pid):
        for name, header, status in (
            ("a status list that is known, 304", f"If-None-Match: {held}\r\n", 304),
            ("a status list, 200", "", 200),
        ):
            request = (
                f"GET {PATH} HTTP/1.1\r\nHost: wallet.test\r\n"
                f"Accept: {MEDIA_TYPES[JWT]}\r\n{header}\r\n"
            )
            file = folder / "request"
            file.write_bytes(request.encode())
            _run(address, file, WARM, status)
            before = seconds_of(pid)
            rates = [_run(address, file, FETCHES, status) for _ in range(ROUNDS)]
            busy = (seconds_of(pid) - before) / (ROUNDS * FETCHES)
            figures.append(Figure(name, sorted(rates)[ROUNDS // 2], "1/s", A_SECOND, at_least=True))
            figures.append(Figure(f"{name}, processor time", 1e6 * busy, "µs"))
    return figures


def _run(address: Path, file: Path, count: int, status: int) -> float:
    """Fetch so often from another process; return the answers a second."""
    command = [sys.executable, "-m", "benchmarks.fetching", str(address), str(file)]
    done = subprocess.run(
        [*command, str(CONNECTIONS), str(count)],
        check=True,
        cwd=ROOT,
        stdout=subprocess.PIPE,
    )
    told = json.loads(done.stdout)
    assert told["statuses"] == {str(status): count}, told
    return count / float(told["seconds"])
