"""Mail and short messages over real sockets: a relay and a gateway on loopback."""

from __future__ import annotations

import json
import socket
import stat
from email import message_from_bytes
from email.policy import default
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import TYPE_CHECKING, Any, ClassVar

import pytest
from aiosmtpd.controller import Controller

from wallet_api.adapters.file_outbox import FileMessenger
from wallet_api.adapters.mail import SmtpMessenger
from wallet_api.adapters.sms import HttpSmsMessenger
from wallet_api.ports.delivery import DeliveryError, Message

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MAIL = Message("siti@example.org", "Kode IKD", "Kode Anda: 123456 — jangan", "email_code")
SMS = Message("+6281234567890", "", "IKD: kode Anda 123456", "sms_code")


class Relay:
    """Takes mails, or refuses them."""

    def __init__(self) -> None:
        self.mails: list[Any] = []
        self.answer = "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        if self.answer.startswith("250"):
            self.mails.append(envelope)
        return self.answer


@pytest.fixture
def relay() -> Iterator[tuple[Relay, str]]:
    handler = Relay()
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    controller = Controller(handler, hostname="127.0.0.1", port=port)
    controller.start()
    yield handler, f"smtp://127.0.0.1:{port}"
    controller.stop()


def test_a_mail_arrives_as_written(relay: tuple[Relay, str]) -> None:
    handler, url = relay
    SmtpMessenger(url, "noreply@ikd.example").send(MAIL)
    (envelope,) = handler.mails
    assert envelope.rcpt_tos == ["siti@example.org"]
    assert envelope.mail_from == "noreply@ikd.example"
    mail = message_from_bytes(envelope.content, policy=default)
    assert (mail["Subject"], mail["Auto-Submitted"]) == (MAIL.subject, "auto-generated")
    assert mail.get_content().strip() == MAIL.text


def test_a_relay_that_refuses_or_is_gone_is_tried_again_later(relay: tuple[Relay, str]) -> None:
    handler, url = relay
    handler.answer = "451 later"
    with pytest.raises(DeliveryError) as caught:
        SmtpMessenger(url, "noreply@ikd.example").send(MAIL)
    assert "siti" not in str(caught.value)
    with pytest.raises(DeliveryError):
        SmtpMessenger("smtp://127.0.0.1:1", "noreply@ikd.example").send(MAIL)
    with pytest.raises(DeliveryError):  # nobody is authenticated by a relay without STARTTLS
        SmtpMessenger(url.replace("//", "//user:word@"), "noreply@ikd.example").send(MAIL)
    with pytest.raises(DeliveryError):
        SmtpMessenger(url.replace("smtp:", "smtps:"), "noreply@ikd.example").send(MAIL)
    assert handler.mails == []


class Gateway(BaseHTTPRequestHandler):
    """Takes short messages; the test decides how it answers."""

    taken: ClassVar[list[tuple[dict[str, str], Any]]] = []
    status: ClassVar[int] = 202
    wake: ClassVar[Event] = Event()

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.path == "/slow":
            Gateway.wake.wait(5)
        Gateway.taken.append((dict(self.headers), body))
        self.send_response(Gateway.status)
        if Gateway.status == 302:
            self.send_header("Location", "/elsewhere")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def gateway() -> Iterator[str]:
    Gateway.taken, Gateway.status, Gateway.wake = [], 202, Event()
    server = ThreadingHTTPServer(("127.0.0.1", 0), Gateway)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield f"http://secret-token@127.0.0.1:{server.server_port}/send?from=IKD"
    Gateway.wake.set()
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_short_message_is_handed_over_with_the_token_as_bearer(gateway: str) -> None:
    HttpSmsMessenger(gateway).send(SMS)
    ((headers, body),) = Gateway.taken
    assert headers["Authorization"] == "Bearer secret-token"
    assert body == {"to": SMS.to, "text": SMS.text, "reference": "sms_code"}


@pytest.mark.parametrize("status", [302, 400, 429, 500, 503])
def test_t32_whatever_is_not_2xx_was_not_taken_and_no_redirect_is_followed(
    gateway: str, status: int
) -> None:
    Gateway.status = status
    with pytest.raises(DeliveryError) as caught:
        HttpSmsMessenger(gateway).send(SMS)
    assert str(caught.value) == f"gateway answered {status}"
    assert len(Gateway.taken) == 1


def test_a_slow_gateway_is_not_waited_for(gateway: str) -> None:
    slow = HttpSmsMessenger(gateway.replace("/send?from=IKD", "/slow"), timeout=0.2)
    with pytest.raises(DeliveryError) as caught:
        slow.send(SMS)
    assert str(caught.value) == "ReadTimeout"


def test_a_gateway_that_is_down(gateway: str) -> None:
    with pytest.raises(DeliveryError) as caught:
        HttpSmsMessenger("http://127.0.0.1:1/send").send(SMS)
    assert str(caught.value) == "ConnectionError"


def test_the_file_outbox_writes_whole_files(tmp_path: Path) -> None:
    folder = tmp_path / "out" / "box"
    FileMessenger(folder, "sms").send(SMS)
    (path,) = folder.iterdir()
    held = json.loads(path.read_text())
    assert held | {"at": ""} == {
        "to": SMS.to,
        "channel": "sms",
        "subject": "",
        "text": SMS.text,
        "kind": "sms_code",
        "at": "",
    }
    assert stat.S_ISREG(path.stat().st_mode)
    in_the_way = tmp_path / "file"
    in_the_way.write_text("")
    with pytest.raises(DeliveryError):
        FileMessenger(in_the_way, "sms").send(SMS)
