"""The kiosk's client against real sockets: nonces, lost answers, strange answers."""

from __future__ import annotations

import socketserver
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from credentials.signing import PemSigner, generate_pem
from enrolment_kiosk.client import ApiClient, Call
from enrolment_kiosk.clock import KioskClock
from enrolment_kiosk.counter import Counter
from enrolment_kiosk.errors import ApiProblem, ApiUnreachable, CertificateError
from tests.enrolment_kiosk.counter_pc import CounterPc, running_kiosk

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.enrolment_kiosk.api_simulator import ApiSimulator

CALL = Call("GET", "/v1/kiosks/k/queue", "queue", "k")


@contextmanager
def answering(answer: bytes) -> Iterator[str]:
    """Serve the same bytes to every request."""

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            self.request.recv(65536)
            self.request.sendall(answer)

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


def client_of(address: str) -> ApiClient:
    identity = PemSigner(generate_pem())
    return ApiClient(address, identity=identity, time_key=None, clock=KioskClock())


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 5\r\n\r\n<h1>\n",
        b"HTTP/1.1 302 Found\r\nLocation: http://portal.example/\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 502 Bad\r\nContent-Type: text/html\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n[]",
        b"HTTP/1.1 400 No\r\nContent-Type: application/problem+json\r\nContent-Length: 2\r\n\r\n[]",
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\nnope",
        b"garbage",
    ],
    ids=["portal", "redirect", "proxy", "list", "problem list", "not gzip", "not http"],
)
def test_an_answer_that_is_not_the_apis_counts_as_none(answer: bytes) -> None:
    with answering(answer) as address, pytest.raises(ApiUnreachable):
        client_of(address).call(CALL).document()


def test_nobody_there_counts_as_unreachable() -> None:
    client = client_of("http://127.0.0.1:9")
    with pytest.raises(ApiUnreachable):
        client.call(CALL)
    assert client.online is False


def test_a_forgotten_nonce_is_replaced_once(counter: CounterPc, sim: ApiSimulator) -> None:
    open_shift(counter, sim)
    sim.nonces.clear()
    open_shift(counter, sim)
    assert len(sim.shifts) == 1


def test_a_refusal_brings_its_code_status_words_and_numbers(
    counter: CounterPc, sim: ApiSimulator
) -> None:
    with pytest.raises(ApiProblem) as refused:
        counter.kiosk.console.sign_in(
            username="rina", password="wrong", totp="000000", language="en"
        )
    assert (refused.value.code, refused.value.status) == ("SIGN_IN_WRONG", 403)
    assert refused.value.title == "Sign-in details are wrong."
    assert str(refused.value) == "SIGN_IN_WRONG"


def test_a_slow_api_is_waited_for_no_longer_than_stated(
    counter: CounterPc, sim: ApiSimulator
) -> None:
    open_shift(counter, sim)
    sim.bend.delay = 30.0
    started_at = time.monotonic()
    with pytest.raises(ApiUnreachable):
        Counter(counter.kiosk.client, sim.kiosk).load_queue(operator="x", language="id")
    assert time.monotonic() - started_at < 7


def test_a_certificate_of_another_authority_opens_no_counter(
    counter: CounterPc, sim: ApiSimulator
) -> None:
    sim.bend.other_ca = True
    with pytest.raises(CertificateError) as refused:
        open_shift(counter, sim)
    assert refused.value.code == "CERTIFICATE_NOT_TRUSTED"
    assert counter.kiosk.display.find_frame() is None
    assert sim.closed == ["rina"]


def test_an_operator_of_another_office_opens_no_counter(
    counter: CounterPc, sim: ApiSimulator
) -> None:
    sim.office = {"code": "3204", "name": "Disdukcapil Kabupaten Bandung"}
    with pytest.raises(CertificateError) as refused:
        open_shift(counter, sim)
    assert refused.value.code == "CERTIFICATE_OTHER_OFFICE"


def test_a_damaged_shift_file_closes_the_counter_instead_of_the_program(
    home: Path, sim: ApiSimulator
) -> None:
    with running_kiosk(home) as counter:
        open_shift(counter, sim)
    kept = (home / "shift.json").read_bytes()
    for damaged in (b"", b"{}", kept[: len(kept) // 2], kept.replace(b"BEGIN", b"BEGAN")):
        (home / "shift.json").write_bytes(damaged)
        with running_kiosk(home) as counter:
            assert counter.kiosk.display.find_frame() is None


def open_shift(counter: CounterPc, sim: ApiSimulator) -> None:
    operator = sim.operators["rina"]
    counter.kiosk.console.sign_in(
        username="rina", password=operator.password, totp=operator.code(), language="id"
    )
