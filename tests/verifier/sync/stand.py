"""A registry's folder of bundles, and a web server before it that can be made to misbehave."""

from __future__ import annotations

import hashlib
import json
import re
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise
from pathlib import Path
from typing import Any

from credentials.bundle_delta import sign_delta
from credentials.revocation import RevocationSet
from samples.keys import SampleSigner
from samples.vectors_world import LIST
from tests.verifier.conftest import bundle_bytes

STEP = 60
NOISE = [index * 61 % 1_048_576 for index in range(3000)]  # so that a bundle is worth a delta


def made(version: int, now: int, *, revoked: int = 0) -> bytes:
    """A bundle whose list holds `version` indices more than the noise."""
    indices = sorted({*NOISE, *range(1, version), 500_000 + revoked})
    at = now - 3600 + version * STEP
    return bundle_bytes(
        version=version,
        issued_at=at,
        status_as_of=at,
        expires_at=now + 86_400,
        revocation=RevocationSet({LIST: indices}),
    )


@dataclass
class Registry:
    """Publishes into a folder: whole bundles, deltas between neighbours, an index."""

    folder: Path
    now: int
    bundles: dict[int, bytes] = field(default_factory=dict)

    def publish(self, *versions: int, anchors: tuple[int, ...] = (), whole: int = 1) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        for version in versions:
            self.bundles[version] = made(version, self.now)
        kept = sorted(self.bundles)
        entries = [self._write(f"{one}.cose", self.bundles[one], one) for one in kept[-whole:]]
        deltas = []
        for base, version in pairwise(kept):
            data = sign_delta(self.bundles[base], self.bundles[version], SampleSigner("root"))
            deltas.append(self._write(f"{base}-{version}.delta", data, version) | {"base": base})
        self.index(version=kept[-1], bundles=entries, deltas=deltas, anchors=list(anchors))

    def index(self, **members: Any) -> None:
        (self.folder / "index.json").write_text(json.dumps({"format": 1, **members}), "utf-8")

    def change(self, edit: Callable[[dict[str, Any]], object]) -> None:
        value = json.loads((self.folder / "index.json").read_text("utf-8"))
        edit(value)
        (self.folder / "index.json").write_text(json.dumps(value), "utf-8")

    def _write(self, name: str, data: bytes, version: int) -> dict[str, Any]:
        (self.folder / name).write_bytes(data)
        digest = hashlib.sha256(data).hexdigest()
        return {"version": version, "file": name, "size": len(data), "sha256": digest}


@dataclass
class Server:
    """What the web server was asked, and how it shall misbehave: one entry a request of a file."""

    url: str
    asked: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    sent: int = 0

    def fault(self, path: str) -> str:
        wanted = next((one for one in self.faults if one.split(":")[0] in path), None)
        if wanted is None:
            return ""
        self.faults.remove(wanted)
        return wanted.split(":", 1)[1]


class QuietServer(ThreadingHTTPServer):
    """Says nothing of clients that went away in the middle, such as those that do not trust it."""

    def handle_error(self, request: object, client_address: object) -> None:
        pass


@contextmanager
def serving(
    folder: Path, *, slow: float = 0.0, tls: ssl.SSLContext | None = None
) -> Iterator[Server]:
    """Serve a folder with ranges and ETags, until the block ends; over https with `tls`."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_: object) -> None:
            pass

        def do_GET(self) -> None:
            path = self.path.rpartition("/")[2]
            server.asked.append(f"{path} {self.headers.get('Range', '')}".strip())
            _answer(self, folder / path, server, slow)

    with QuietServer(("127.0.0.1", 0), Handler) as http:
        http.daemon_threads = True
        if tls is not None:
            http.socket = tls.wrap_socket(
                http.socket, server_side=True, do_handshake_on_connect=False
            )
        server = Server(f"http://127.0.0.1:{http.server_port}/bundles")
        threading.Thread(target=http.serve_forever, args=(0.02,), daemon=True).start()
        try:
            yield server
        finally:
            http.shutdown()


def _answer(handler: BaseHTTPRequestHandler, file: Path, server: Server, slow: float) -> None:
    fault = server.fault(file.name)
    if fault.isdigit():
        _page(handler, int(fault), b"<html>error</html>")
        return
    if fault == "page":
        _page(handler, 200, b"<html>Please sign in</html>" * 500)
        return
    if fault.startswith("redirect "):
        handler.send_response(302)
        handler.send_header("Location", fault.partition(" ")[2])
        handler.send_header("Content-Length", "0")
        handler.end_headers()
        return
    if not file.is_file():
        _page(handler, 404, b"<html>nothing here</html>")
        return
    _file(handler, file.read_bytes(), fault, server, slow)


def _page(handler: BaseHTTPRequestHandler, status: int, body: bytes) -> None:
    handler.send_response(status)
    handler.send_header("Content-Type", "text/html; charset=utf-8")
    handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body)


def _file(
    handler: BaseHTTPRequestHandler, data: bytes, fault: str, server: Server, slow: float
) -> None:
    etag = f'"{hashlib.sha256(data).hexdigest()[:16]}"'
    if handler.headers.get("If-None-Match") in {etag, "*"}:
        handler.send_response(304)
        handler.end_headers()
        return
    asked = re.fullmatch(r"bytes=(\d+)-", handler.headers.get("Range", ""))
    start = int(asked[1]) if asked and fault != "norange" else 0
    handler.send_response(206 if start else 200)
    if start:
        shown = 0 if fault == "wrongrange" else start
        handler.send_header("Content-Range", f"bytes {shown}-{len(data) - 1}/{len(data)}")
    body = data[start:]
    if fault == "longer":
        body += b"x" * 100
    if fault == "flipped":
        body = bytes((body[0] ^ 1,)) + body[1:]
    handler.send_header("ETag", fault[5:] if fault.startswith("etag ") else etag)
    handler.send_header("Content-Type", "application/octet-stream")
    if fault.startswith("nolength "):
        handler.close_connection = True
    else:
        handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    if fault.startswith(("cut ", "nolength ")):
        body = body[: int(fault.partition(" ")[2])]
        handler.close_connection = True
    for at in range(0, len(body), 2048):
        handler.wfile.write(body[at : at + 2048])
        server.sent += len(body[at : at + 2048])
        if slow:
            handler.wfile.flush()
            time.sleep(slow)
