"""A desk on this PC: served on a real socket, with a clock that a test can set."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import requests

from credentials.presentation import parse_challenge
from samples.vectors_world import NOW
from tests.verifier.conftest import BUNDLE, VECTORS
from verifier.desk.challenges import Asked
from verifier.desk.checking import Desk, Outcome
from verifier.desk.settings import PageSettings
from verifier.desk.terminal import Clock, Terminal
from verifier.desk.web.app import create_app, make_server
from verifier.policy import Policy, load_policy
from verifier.policy.bundled import PolicyChoice
from verifier.replay import MemoryReplay
from verifier.roots import load_root
from verifier.state import StateFolder
from verifier.verify import verify


@dataclass
class SetClock:
    """Both clocks of a PC, set by the test."""

    at: float = NOW
    steady_at: float = 1000.0

    def wall(self) -> datetime:
        return datetime.fromtimestamp(self.at, UTC)

    def steady(self) -> float:
        return self.steady_at

    def pass_by(self, seconds: float) -> None:
        """Let time go by, as it does."""
        self.at += seconds
        self.steady_at += seconds

    def clock(self) -> Clock:
        return Clock(self.wall, self.steady)


@dataclass
class DeskPc:
    """A running desk. `told` is what it told its turnstile."""

    url: str
    desk: Desk
    time: SetClock
    told: list[Outcome] = field(default_factory=list)

    def token(self) -> str:
        page = requests.get(self.url, timeout=20).text
        return page.split('name="token" content="')[1].split('"')[0]

    def post(self, path: str, body: object = None, **headers: str) -> requests.Response:
        """Send as the page does: JSON for an object, else bytes."""
        known = {"Desk-Token": self.token(), **headers}
        if isinstance(body, bytes):
            known.setdefault("Content-Type", "image/jpeg")
            return requests.post(self.url + path, data=body, headers=known, timeout=20)
        known.setdefault("Content-Type", "application/json")
        return requests.post(self.url + path, data=json.dumps(body), headers=known, timeout=20)

    def check(self, text: str, source: str = "text", **headers: str) -> dict[str, Any]:
        answer = self.post("/checks", {"text": text, "source": source}, **headers)
        assert answer.status_code == 200, answer.text
        told: dict[str, Any] = answer.json()
        return told


def terminal(
    time: SetClock,
    *,
    policy: str | Policy | PolicyChoice = "default",
    bundle: Path | None = BUNDLE,
    state: Path | None = None,
) -> Terminal:
    return Terminal(
        root=load_root(),
        policy=load_policy(policy) if isinstance(policy, str) else policy,
        state=None if state is None else StateFolder(state),
        bundle=bundle,
        clock=time.clock(),
    )


@contextmanager
def running_desk(
    *,
    settings: PageSettings | None = None,
    name: str = "Teller 3, Bank Contoh",
    purpose: str = "",
    time: SetClock | None = None,
    **terms: Any,
) -> Iterator[DeskPc]:
    time = time or SetClock()
    told: list[Outcome] = []
    desk = Desk(terminal(time, **terms), name=name, purpose=purpose, tell=told.append)
    server = make_server(create_app(desk, settings or PageSettings()), port=0)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield DeskPc(f"http://127.0.0.1:{server.server_port}", desk, time, told)
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def arrange(pc: DeskPc, vector: dict[str, Any], folder: Path) -> None:
    """Give a running desk the world of a vector: its bundle, policy, time, memory, challenge."""
    named = folder / vector["policy"]
    policy = load_policy(named if named.suffix == ".json" else vector["policy"])
    now = datetime.fromisoformat(vector["now"])
    pc.time.at = now.timestamp()
    one = terminal(pc.time, policy=policy, bundle=folder / vector["bundle"])
    one.replay = MemoryReplay(capacity=vector.get("replay_capacity", 100))
    floor = vector.get("clock_floor")
    one.clock_floor = None if floor is None else datetime.fromisoformat(floor)
    for text in vector.get("seen", []):
        earlier = now - timedelta(seconds=1)
        verify(text, bundle=one.bundle(), policy=policy, now=earlier, replay=one.replay)
    pc.desk.terminal = one
    pc.desk._passback._accepted.clear()
    asked = vector.get("challenge")
    pc.desk._asked = None
    if asked is not None:
        choice = pc.desk.choices()[0]
        pc.desk._asked = Asked(parse_challenge(asked), asked, choice, policy.challenge_life)


def vectors() -> dict[str, tuple[dict[str, Any], Path]]:
    """Return the first vector of every code, by code."""
    found: dict[str, tuple[dict[str, Any], Path]] = {}
    for kind in ("valid", "invalid", "edge"):
        for file in sorted((VECTORS / kind).glob("*.json")):
            vector = json.loads(file.read_text(encoding="utf-8"))
            found.setdefault(vector["expect"]["code"], (vector, file.parent))
    return found
