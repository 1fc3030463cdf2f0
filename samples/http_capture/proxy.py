"""A recording proxy on loopback: forwards everything to the API and keeps what passed."""

from __future__ import annotations

import contextlib
import http.client
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding", "content-length", "server", "date"}
TIMEOUT_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request and its answer."""

    method: str
    path: str
    request_headers: dict[str, str]
    request_body: bytes
    status: int
    answer_headers: dict[str, str]
    answer_body: bytes


@dataclass(slots=True)
class Recording:
    """What passed, in the order of the answers."""

    exchanges: list[Exchange] = field(default_factory=list)


@contextmanager
def recording_proxy(port: int, api_port: int) -> Iterator[Recording]:
    """Serve on `port` until the block ends; `recording.exchanges` grows meanwhile."""
    recording = Recording()
    handler = type("Handler", (_Handler,), {"recording": recording, "api_port": api_port})
    server = ThreadingHTTPServer(("127.0.0.1", port), handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield recording
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    recording: Recording
    api_port: int

    def _forward(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        sent = {name: value for name, value in self.headers.items() if _passes(name)}
        if body:
            sent["Content-Length"] = str(len(body))
        upstream = http.client.HTTPConnection("127.0.0.1", self.api_port, timeout=TIMEOUT_SECONDS)
        try:
            upstream.request(self.command, self.path, body=body or None, headers=sent)
            answer = upstream.getresponse()
            data = answer.read()
        finally:
            upstream.close()
        headers = {name: value for name, value in answer.getheaders() if _passes(name)}
        self.recording.exchanges.append(
            Exchange(self.command, self.path, sent, body, answer.status, headers, data)
        )
        self.send_response(answer.status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        with contextlib.suppress(ConnectionError):  # whoever asked may have gone
            self.wfile.write(data)

    do_GET = do_POST = _forward  # noqa: N815 - names of the standard library

    def log_message(self, *_args: object) -> None:
        """Log nothing."""


def _passes(name: str) -> bool:
    return name.lower() not in HOP_BY_HOP
