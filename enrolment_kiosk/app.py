"""Puts a kiosk together and serves its pages on this PC.

werkzeug's threaded server on a loopback address: the pages have one PC as their audience, and it
runs on Windows as well (docs/adr/0006-kiosk.md).
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from flask import Flask, redirect
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler
from werkzeug.serving import make_server as make_wsgi_server
from werkzeug.wrappers import Response

from credentials.kiosk_frame import ROTATE_SECONDS
from credentials.signing import PemSigner
from enrolment_kiosk.client import ApiClient
from enrolment_kiosk.clock import KioskClock
from enrolment_kiosk.config import Home, is_loopback
from enrolment_kiosk.console import POLL_SECONDS, Console
from enrolment_kiosk.counter import Counter
from enrolment_kiosk.display import Display
from enrolment_kiosk.errors import SetupError
from enrolment_kiosk.heartbeat import Heartbeat, Rhythm
from enrolment_kiosk.passkeys import PasskeyCalls
from enrolment_kiosk.sessions import IDLE, Sessions
from enrolment_kiosk.web import guards, problems
from enrolment_kiosk.web.console_pages import console_pages
from enrolment_kiosk.web.display_pages import display_pages
from enrolment_kiosk.web.passkey_pages import passkey_pages
from enrolment_kiosk.web.state import Kiosk


@dataclass(frozen=True, slots=True)
class Tempo:
    """How fast things go. The defaults are the product's; tests go faster."""

    rotate_seconds: int = ROTATE_SECONDS
    poll_seconds: float = POLL_SECONDS
    idle: timedelta = IDLE
    rhythm: Rhythm = field(default_factory=Rhythm)


def assemble(folder: Path, *, tempo: Tempo | None = None, clock: KioskClock | None = None) -> Kiosk:
    """Return the kiosk of an enrolled folder; HomeError when there is none."""
    tempo = tempo or Tempo()
    clock = clock or KioskClock()
    home = Home(folder)
    settings = home.load_settings()
    identity = PemSigner(home.load_identity())
    client = ApiClient(settings.api, identity=identity, time_key=settings.time_key, clock=clock)
    display = Display(home, settings, clock, rotate_seconds=tempo.rotate_seconds)
    console = Console(
        settings,
        clock,
        Counter(client, settings.kiosk),
        display,
        Sessions(clock, idle=tempo.idle),
        passkeys=PasskeyCalls(client, settings.kiosk),
        poll_seconds=tempo.poll_seconds,
    )
    heartbeat = Heartbeat(client, clock, tempo.rhythm)
    return Kiosk(settings, clock, client, display, console, heartbeat, secrets.token_urlsafe(32))


def create_app(kiosk: Kiosk) -> Flask:
    """Return the WSGI application of a kiosk."""
    app = Flask(__name__)
    guards.install(app)
    problems.install(app)
    app.register_blueprint(display_pages(kiosk))
    app.register_blueprint(console_pages(kiosk))
    app.register_blueprint(passkey_pages(kiosk))

    @app.get("/")
    def start() -> Response:
        return redirect("/console")

    return app


class _QuietHandler(WSGIRequestHandler):
    """Logs no requests, and does not tell what it is made of."""

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Log nothing."""

    def version_string(self) -> str:
        """Return the Server header."""
        return "enrolment-kiosk"


def make_server(app: Callable[..., Any], *, host: str, port: int) -> BaseWSGIServer:
    """Return a threaded server, bound. SetupError unless `host` is this machine only."""
    if not is_loopback(host):
        raise SetupError("HOST_NOT_LOOPBACK")
    server = make_wsgi_server(host, port, app, threaded=True, request_handler=_QuietHandler)
    if hasattr(server, "daemon_threads"):
        server.daemon_threads = True  # open event streams must not hold up the end
    return server
