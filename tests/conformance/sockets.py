"""The application behind a real socket, for wallets that were made for Flask's test client."""

from __future__ import annotations

import json as json_text
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from typing import TYPE_CHECKING, Any

import requests
from werkzeug.serving import WSGIRequestHandler, make_server
from werkzeug.test import EnvironBuilder, TestResponse

if TYPE_CHECKING:
    from flask import Flask


class SilentHandler(WSGIRequestHandler):
    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Say nothing: a test tells what went wrong."""


@dataclass
class SocketClient:
    """What wallets here use of Flask's test client, over HTTP; it keeps cookies.

    As behind a TLS proxy: cookies for https come back although this way in is not encrypted.
    """

    root: str
    cookies: dict[str, str] = field(default_factory=dict)

    def open(
        self,
        path: str,
        *,
        method: str = "GET",
        data: Any = None,
        json: Any = None,
        headers: dict[str, str] | None = None,
        base_url: str = "",
    ) -> TestResponse:
        """Send one request and follow nothing; ``base_url`` is what the address would be."""
        sent = dict(headers or {})
        if json is not None:
            data = json_text.dumps(json)
            sent["Content-Type"] = "application/json"
        if self.cookies:
            sent["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        got = requests.request(
            method, self.root + path, data=data, headers=sent, allow_redirects=False, timeout=30
        )
        headed = list(got.raw.headers.items())
        for name, value in headed:
            if name.lower() == "set-cookie":
                self.cookies |= {key: one.value for key, one in SimpleCookie(value).items()}
        asked = EnvironBuilder(path, method=method).get_request()
        return TestResponse([got.content], f"{got.status_code} {got.reason}", headed, request=asked)

    def get(self, path: str, **options: Any) -> TestResponse:
        return self.open(path, method="GET", **options)

    def post(self, path: str, **options: Any) -> TestResponse:
        return self.open(path, method="POST", **options)


@dataclass(frozen=True)
class Served:
    """Stands where a wallet takes the application."""

    root: str

    def test_client(self) -> SocketClient:
        return SocketClient(self.root)


@contextmanager
def serving(app: Flask) -> Iterator[Served]:
    """Serve the application on a port of its own."""
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=SilentHandler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield Served(f"http://127.0.0.1:{server.server_port}")
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
