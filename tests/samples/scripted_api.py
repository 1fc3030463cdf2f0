"""A wallet API on a real socket that answers what a test wrote down, and keeps what it received."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(slots=True)
class Received:
    """One request as it arrived."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass(slots=True)
class Reply:
    """One answer to give. `drop` closes the connection without any."""

    status: int = 200
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    drop: bool = False


class ScriptedApi:
    """Gives the replies in their order; /v1/nonces is answered by itself, numbered."""

    def __init__(self, replies: list[Reply]) -> None:
        self.replies = list(replies)
        self.received: list[Received] = []
        self.nonces = 0
        self.url = ""

    def answer(self, request: Received) -> Reply:
        if request.path == "/v1/nonces":
            self.nonces += 1
            return Reply(201, {"nonce": f"nonce-{self.nonces}", "expires_in": 300})
        self.received.append(request)
        return self.replies.pop(0)


def _json(body: object) -> bytes:
    return b"" if body is None else json.dumps(body).encode()


@contextmanager
def scripted_api(*replies: Reply) -> Iterator[ScriptedApi]:
    api = ScriptedApi(list(replies))

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def handle_any(self) -> None:
            size = int(self.headers.get("Content-Length", 0))
            request = Received(self.command, self.path, dict(self.headers), self.rfile.read(size))
            reply = api.answer(request)
            if reply.drop:
                self.close_connection = True
                return
            data = reply.body if isinstance(reply.body, bytes) else _json(reply.body)
            self.send_response(reply.status)
            for name, value in reply.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        do_GET = do_POST = handle_any  # noqa: N815 - names of the standard library

        def log_message(self, *_args: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    api.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield api
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
