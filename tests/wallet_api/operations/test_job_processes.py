"""`jobs work` as real processes: beside each other, told to stop, killed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Thread
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select, update

from wallet_api.models import JobRun, OutboxMessage
from wallet_api.services import outbox

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.wallet_api.simulators import World

ROOT = Path(__file__).parents[3]


class Gateway:
    """An SMS gateway on loopback that keeps callers waiting until `open` is set."""

    def __init__(self) -> None:
        self.asked = Event()
        self.open = Event()
        self.bodies: list[str] = []
        gateway = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                gateway.asked.set()
                gateway.open.wait(timeout=30)
                gateway.bodies.append(body)
                try:
                    self.send_response(200)
                    self.end_headers()
                except OSError:
                    pass  # the caller was killed

            def log_message(self, *_: object) -> None: ...

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}/send"


@pytest.fixture
def gateway() -> Iterator[Gateway]:
    made = Gateway()
    thread = Thread(target=made.server.serve_forever)
    thread.start()
    yield made
    made.open.set()
    made.server.shutdown()
    thread.join()
    made.server.server_close()


@contextmanager
def _worker(world: World, *words: str, sms: str = "") -> Iterator[subprocess.Popen[str]]:
    """Run `jobs work …` on the world's database, keys and outbox until the block ends."""
    settings = world.deps.settings
    environment = {
        "PATH": os.environ["PATH"],
        "WALLET_ENVIRONMENT": "demo",
        "WALLET_DATABASE_URL": settings.database_url,
        "WALLET_KEYS_DIR": str(settings.keys_dir),
        "WALLET_PUBLIC_URL": settings.public_url,
        "WALLET_REGISTRY_URL": f"sqlite:///{world.outbox.parent / 'registry.db'}",
        "WALLET_MAIL_URL": f"file://{world.outbox}",
        "WALLET_SMS_URL": sms or f"file://{world.outbox}",
        "WALLET_PUBLISH_DIR": str(settings.publish_dir),
        "WALLET_PUBLISH_SECONDS": "2",
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "wallet_api", "jobs", "work", *words],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def _enqueue(world: World, count: int) -> None:
    world.clock.at = _now()
    with world.deps.transaction() as db:
        for number in range(count):
            payload = {
                "to": f"+62812{number:08}",
                "template": "sms_code",
                "language": "id",
                "facts": {"code": "123456", "minutes": 5},
            }
            outbox.enqueue(db, world.deps, "sms", payload)


def _now() -> datetime:
    """The workers run by the real clock."""
    return datetime.now(UTC)


def _wait(until: Callable[[], bool], seconds: float = 60) -> None:
    ends = time.monotonic() + seconds
    while not until():
        assert time.monotonic() < ends
        time.sleep(0.1)


def _done(world: World) -> int:
    with world.deps.transaction() as db:
        return len(
            db.scalars(select(OutboxMessage.id).where(OutboxMessage.done_at.is_not(None))).all()
        )


def test_two_workers_send_each_message_once_and_publish(world: World) -> None:
    _enqueue(world, 40)
    with _worker(world) as first, _worker(world) as second:
        _wait(lambda: _done(world) == 40)
        _wait((world.deps.publish_dir / "current" / "bundle.cose").is_file)
        for process in (first, second):
            process.send_signal(signal.SIGTERM)
        outputs = [process.communicate(timeout=30)[0] for process in (first, second)]
        assert [first.returncode, second.returncode] == [0, 0], outputs
    sent = Counter(message["to"] for message in world.messages())
    assert len(sent) == 40
    assert set(sent.values()) == {1}
    for line in "".join(outputs).splitlines():
        assert json.loads(line)["level"] in {"INFO", "WARNING"}, line
    assert all('"event":"stopped"' in output for output in outputs)


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
def test_a_message_goes_out_within_a_second(world: World) -> None:
    with _worker(world, "--only", "outbox") as process:
        _enqueue(world, 1)
        _wait(lambda: _done(world) == 1)
        began = time.monotonic()
        _enqueue(world, 1)
        _wait(lambda: _done(world) == 2)
        assert time.monotonic() - began < 1.5  # one second, and what the busy machine takes
        assert process.poll() is None


@pytest.mark.parametrize("database_kind", ["postgresql"], indirect=True)
def test_sigterm_finishes_the_message_at_hand(world: World, gateway: Gateway) -> None:
    _enqueue(world, 2)
    with _worker(world, "--only", "outbox", sms=gateway.url) as process:
        assert gateway.asked.wait(timeout=60)
        process.send_signal(signal.SIGTERM)
        time.sleep(0.3)
        assert process.poll() is None
        gateway.open.set()
        assert process.wait(timeout=30) == 0
    assert _done(world) == 1
    assert len(gateway.bodies) == 1


def test_a_killed_workers_message_is_taken_up_again(world: World, gateway: Gateway) -> None:
    _enqueue(world, 1)
    with _worker(world, "--only", "outbox", sms=gateway.url) as process:
        assert gateway.asked.wait(timeout=60)
        process.kill()
        process.wait(timeout=10)
    assert _done(world) == 0
    gateway.open.set()
    gateway.asked.clear()
    with _worker(world, "--only", "outbox", sms=gateway.url) as process:
        assert not gateway.asked.wait(timeout=4)  # still held by the dead one
        with world.deps.transaction() as db:  # a minute later
            db.execute(update(OutboxMessage).values(locked_until=world.deps.now()))
        _wait(lambda: _done(world) == 1)


def test_once_ends_when_nothing_is_due_and_one_broken_message_stops_no_other(world: World) -> None:
    world.clock.at = _now()
    with world.deps.transaction() as db:
        outbox.enqueue(db, world.deps, "sms", {"to": "+6281", "template": "no such template"})
    _enqueue(world, 3)
    with _worker(world, "--once") as process:
        output = process.communicate(timeout=90)[0]
        assert process.returncode == 0, output
    assert _done(world) == 3
    with world.deps.transaction() as db:
        assert {row.name: row.failures for row in db.scalars(select(JobRun))} == {
            "publish": 0,
            "expire": 0,
            "cleanup": 0,
            "renewals": 0,
        }
    assert "KeyError" in output
    assert "+6281" not in output
