"""The WSGI application of a desk, and the server that shows it to this computer only.

werkzeug's threaded server on a loopback address, as at the office counter: the page has one
computer as its audience, and it runs on Windows as well.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Flask, Response, jsonify
from werkzeug.exceptions import HTTPException
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler
from werkzeug.serving import make_server as make_wsgi_server

from verifier.desk.checking import Desk
from verifier.desk.errors import DeskError
from verifier.desk.settings import PageSettings
from verifier.desk.web import guards
from verifier.desk.web.pages import desk_pages


def create_app(desk: Desk, settings: PageSettings) -> Flask:
    """Return the application."""
    app = Flask("verifier.desk")
    app.json.ensure_ascii = False  # type: ignore[attr-defined]
    guards.install(app)
    app.register_blueprint(desk_pages(desk, settings))

    @app.errorhandler(HTTPException)
    def refuse(problem: HTTPException) -> tuple[Response, int]:
        return jsonify(error=f"HTTP_{problem.code}"), problem.code or 500

    return app


class _QuietHandler(WSGIRequestHandler):
    """Logs no requests, and does not tell what it is made of."""

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Log nothing."""

    def version_string(self) -> str:
        """Return the Server header."""
        return "ikd-desk"


def make_server(app: Callable[..., Any], *, port: int, host: str = "127.0.0.1") -> BaseWSGIServer:
    """Return a threaded server, bound; DeskError unless `host` is this computer only."""
    if not guards.is_loopback(host):
        raise DeskError("DESK_NOT_LOOPBACK")
    try:
        server = make_wsgi_server(host, port, app, threaded=True, request_handler=_QuietHandler)
    except (OSError, SystemExit):
        raise DeskError("DESK_PORT_TAKEN") from None
    if hasattr(server, "daemon_threads"):
        server.daemon_threads = True
    return server
