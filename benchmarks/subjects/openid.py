"""Credentials a second for wallets of others, at the credential endpoint on PostgreSQL.

Measured over HTTP: gunicorn with the deployed configuration and two workers, a PostgreSQL that
writes through to the disk, requests that another process sends; each with a proof by a fresh key,
a nonce of its own and an access token of one of many residents. Beside the rates the processor
time of one request, which says more than a rate on a busy machine.
"""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.credential_rush import Granted, bring_residents, grant, sign_request
from benchmarks.deployed import ROOT, running_api
from benchmarks.figures import Figure
from benchmarks.processor import seconds_of
from tests.postgres import running_postgres
from tests.wallet_api.simulators import World, close, make_deps
from wallet_api.adapters.clock import SystemClock
from wallet_api.db import migrate

WORKERS, RESIDENTS, CONNECTIONS = 2, 40, 8
WARM, REQUESTS = 100, 1000
A_SECOND = 400
KINDS = (
    ("SD-JWT VC, bearer token", "id_card_sd_jwt", False, A_SECOND),
    ("SD-JWT VC, DPoP", "id_card_sd_jwt", True, None),
    ("mdoc, bearer token", "id_card_mdoc", False, None),
)


def measure() -> list[Figure]:
    """Return for each kind of request its rate and the processor time of one."""
    with running_postgres(durable=True) as server, TemporaryDirectory() as name:
        folder, url = Path(name), server.create_database("openid")
        migrate(url)
        made = make_deps(url, folder)
        world = replace(made, deps=replace(made.deps, clock=SystemClock()))
        wallets = bring_residents(world, RESIDENTS, folder)
        postmaster = int((server.folder / "data" / "postmaster.pid").read_text().split("\n", 1)[0])
        figures = []
        for title, configuration, dpop, limit in KINDS:
            granted = grant(world, wallets, configuration, dpop=dpop)
            with running_api(url, folder, workers=WORKERS) as (_, api):
                _send(world, folder, granted, configuration, WARM)
                before = seconds_of(api), seconds_of(postmaster)
                seconds = _send(world, folder, granted, configuration, REQUESTS)
                used = seconds_of(api) - before[0], seconds_of(postmaster) - before[1]
            rate = REQUESTS / seconds
            figures.append(Figure(f"credentials, {title}", rate, "/s", limit, at_least=True))
            for place, part in zip(("API", "PostgreSQL"), used, strict=True):
                told = f"processor time of one, {title}, {place}"
                figures.append(Figure(told, 1000 * part / REQUESTS, "ms"))
        close(world)
    return figures


def _send(
    world: World, folder: Path, granted: list[Granted], configuration: str, count: int
) -> float:
    """Send requests from another process; return the seconds it took."""
    file = folder / "requests.json"
    signed = [sign_request(world, granted[at % len(granted)], configuration) for at in range(count)]
    file.write_text(json.dumps(signed))
    command = [sys.executable, "-m", "benchmarks.sending", str(folder / "api.sock"), str(file)]
    told = subprocess.run(
        [*command, str(CONNECTIONS)], cwd=ROOT, check=True, capture_output=True, text=True
    )
    answer = json.loads(told.stdout)
    if answer["statuses"] != {"200": count}:
        message = f"not every request was granted: {answer['statuses']}"
        raise RuntimeError(message)
    return float(answer["seconds"])
