"""Every way into a desk, attacked: `make fuzz` for long, some of it with every run of the tests."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Iterator

import pytest
import requests
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from samples.vectors_world import CARD
from tests.verifier.desk import attacks
from tests.verifier.desk.conftest import picture
from tests.verifier.desk.desk_pc import DeskPc, running_desk
from tests.verifier.receipts.chains import AT, swift_folder
from verifier.desk.receipting import Receipting
from verifier.receipts.book import ReceiptBook, begin

EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "15"))
KNOWN = {"".join(text.split("\n")) for text in attacks.TEXTS}
attack = settings(max_examples=EXAMPLES, suppress_health_check=list(HealthCheck))


@pytest.fixture(scope="module")
def pc() -> Iterator[DeskPc]:
    """A desk that keeps receipts."""
    with running_desk() as one, swift_folder() as folder:
        begin(folder, now=AT)
        one.desk.receipts = Receipting(ReceiptBook(folder, now=AT), one.desk.terminal.policy)
        yield one


@pytest.fixture(scope="module")
def token(pc: DeskPc) -> str:
    return pc.token()


@pytest.fixture(autouse=True)
def _works_on(pc: DeskPc) -> Iterator[None]:
    """Whatever was sent before: the desk reads the next good code, by picture and by text."""
    yield
    pc.time.pass_by(60)
    at = int(pc.time.at)
    assert pc.check(CARD.shown(at=at))["accepted"] is True
    pc.time.pass_by(1)
    again = pc.post("/pictures", picture(CARD.shown(at=at + 1)))
    assert again.json()["code"] in {"VALID", "SEEN_AGAIN"}


def post(pc: DeskPc, token: str, path: str, data: bytes, kind: str) -> requests.Response:
    headers = {"Desk-Token": token, "Content-Type": kind}
    answer = requests.post(pc.url + path, data=data, headers=headers, timeout=60)
    pc.told.clear()  # an outcome holds on to the picture that it was made of
    assert answer.status_code < 500, answer.text
    assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'")
    return answer


def test_texts(pc: DeskPc, token: str) -> None:
    """Whatever is typed or pasted gets a verdict, and only what is sound a good one."""

    @attack
    @given(attacks.texts, attacks.texts, st.sampled_from(["scanner", "text"]))
    def send(text: str, keys: str, source: str) -> None:
        body = json.dumps({"text": text, "keys": keys, "source": source}).encode()
        answer = post(pc, token, "/checks", body, "application/json")
        if len(body) > 256 * 1024:
            assert answer.status_code == 400
            return
        told = answer.json()
        assert answer.status_code == 200
        assert told["word"]
        sent = {one.strip("\r\n\t").upper() for one in (text, keys)}
        assert not told["accepted"] or source == "scanner" or sent & KNOWN

    send()


def test_pictures(pc: DeskPc, token: str) -> None:
    """Cut, bent, bombs, animated, two things at once: a verdict or a refusal, in bounded time."""

    @attack
    @given(attacks.pictures, st.sampled_from(["/pictures", "/frames"]))
    def send(data: bytes, path: str) -> None:
        kind = "image/x-portable-graymap" if data[:2] == b"P5" else "image/jpeg"
        answer = post(pc, token, path, data, kind)
        assert answer.status_code in {200, 415, 422}

    send()


@pytest.mark.parametrize("data", [*attacks.bombs(), *attacks.polyglots()], ids=lambda _: "")
def test_each_bomb_and_each_polyglot(pc: DeskPc, token: str, data: bytes) -> None:
    assert post(pc, token, "/pictures", data, "image/png").status_code in {200, 422}
    assert post(pc, token, "/frames", data, "image/jpeg").status_code in {200, 422}


def test_bodies(pc: DeskPc, token: str) -> None:
    """JSON of any shape and depth, and what is none."""

    @attack
    @example(b"[" * 100_000, "/checks")
    @example(b'{"text": "\\ud800", "source": "text"}', "/checks")
    @given(attacks.bodies, st.sampled_from(["/checks", "/challenge", "/challenge/end"]))
    def send(body: bytes, path: str) -> None:
        assert post(pc, token, path, body, "application/json").status_code in {200, 400}

    send()
    pc.desk.stop_asking()


def test_requests(pc: DeskPc, token: str) -> None:
    """Bytes on the line: whatever is no request of our page changes nothing and shows no name."""
    host, port = "127.0.0.1", int(pc.url.rpartition(":")[2])
    before = len(pc.told)

    @attack
    @given(attacks.methods, attacks.paths, attacks.headers, st.binary(max_size=50))
    def send(method: str, path: str, headers: dict[str, str], body: bytes) -> None:
        sent = {"Content-Length": str(len(body)), "Connection": "close", **headers}
        head = "".join(f"{name}: {value}\r\n" for name, value in sent.items())
        line = f"{method} {path} HTTP/1.1\r\n{head}\r\n"
        with socket.create_connection((host, port), timeout=60) as line_out:
            line_out.sendall(line.encode("latin-1") + body)
            line_out.shutdown(socket.SHUT_WR)
            answer = b""
            while piece := line_out.recv(65_536):
                answer += piece
        assert not answer.startswith((b"HTTP/1.1 5", b"HTTP/1.0 5")) or b" 501 " in answer[:20]
        own = headers.get("Host", "").partition(":")[0].strip("[]") in {
            "127.0.0.1",
            "localhost",
            "",
        }
        assert own or "::1" in headers.get("Host", "") or b"Teller 3" not in answer

    send()
    assert len(pc.told) == before
