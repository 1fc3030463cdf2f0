"""What a relying party remembers: for how long, and through a sudden death."""

from __future__ import annotations

import json
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import requests

from samples.processes import free_port
from tests.verifier.openid4vp.conftest import Party, prepare
from tests.verifier.openid4vp.wallet import answer, code_of, fetch, make_form, post, read_link
from tests.verifier.openid4vp.world import World
from verifier.openid4vp.chores import work_until
from verifier.openid4vp.errors import Rejected


def test_what_ended_is_forgotten_after_its_time(bank: Party, world: World) -> None:
    link = bank.ask()
    answer(link, world.sd_jwt(), world.holder)
    assert b"ZAINAL" not in (bank.home / "requests.db").read_bytes()
    wal = bank.home / "requests.db-wal"
    assert not wal.exists() or b"ZAINAL" not in wal.read_bytes()
    bank.clock.moved = 901
    with pytest.raises(Rejected, match="REQUEST_UNKNOWN"):  # nobody has deleted it yet
        bank.report(link)
    size = len(rows(bank))
    bank.party.forget()
    assert len(rows(bank)) == size - 1
    assert not any(row["sealed_key"] for row in rows(bank))


def rows(bank: Party) -> list[dict[str, Any]]:
    with closing(sqlite3.connect(bank.home / "requests.db")) as db:
        db.row_factory = sqlite3.Row
        return [dict(row) for row in db.execute("SELECT * FROM request")]


def test_chores_go_on_until_they_are_stopped(bank: Party, world: World) -> None:
    answer(bank.ask(), world.sd_jwt(), world.holder)
    bank.clock.moved = 901
    stop = threading.Event()
    words = (stop, bank.party, b"secret")
    chores = threading.Thread(target=work_until, args=words, daemon=True)
    chores.start()
    until = time.monotonic() + 20
    while rows(bank) and time.monotonic() < until:
        time.sleep(0.05)
    stop.set()
    chores.join(20)
    assert rows(bank) == []


def test_requests_survive_the_servers_sudden_death(tmp_path: Path, world: World) -> None:
    """A link shown before, and a result taken before, hold after kill -9."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    home = prepare(tmp_path / "bank", world, url)
    command = [sys.executable, "-m", "verifier.openid4vp"]
    options = ["--home", str(home)]

    def serve() -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [*command, "serve", *options, "--port", str(port)], stdout=subprocess.PIPE, text=True
        )
        assert process.stdout is not None
        assert process.stdout.readline() == f"{url}/\n"
        return process

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*command, *words, *options], capture_output=True, text=True, check=False, timeout=60
        )

    process = serve()
    asked_for = [
        run("request", "--policy", "bank-kyc", "--format", one) for one in ("dc+sd-jwt", "mso_mdoc")
    ]
    links = [one.stdout.removesuffix("\n") for one in asked_for]
    assert all(link.startswith("openid4vp://?") and "\n" not in link for link in links)
    assert [one.stderr for one in asked_for] == ["", ""]
    assert answer(links[0], world.sd_jwt(), world.holder).status_code == 200
    second = fetch(links[1])
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdout.close()  # type: ignore[union-attr]

    process = serve()
    try:
        shown = run("result", links[0])
        assert (shown.returncode, json.loads(shown.stdout)["state"]) == (0, "verified")
        assert json.loads(shown.stdout)["result"]["claims"]["name"] == "ZAINAL ROHIM"
        assert json.loads(run("result", links[1]).stdout)["state"] == "fetched"
        assert post(second, make_form(second, world.mdoc(), world.holder)).status_code == 200
        again = fetch_again(links[0])
        assert code_of(again) == "REQUEST_USED"
    finally:
        process.terminate()
        assert process.wait(10) == 0
        process.stdout.close()  # type: ignore[union-attr]


def fetch_again(link: str) -> requests.Response:
    return requests.get(read_link(link)[1], timeout=10)
