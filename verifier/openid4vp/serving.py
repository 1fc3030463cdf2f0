"""A threaded server for a desk and for tests; production uses gunicorn or waitress (docs)."""

from __future__ import annotations

from flask import Flask
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler
from werkzeug.serving import make_server as make_wsgi_server

from verifier.openid4vp.errors import SetupError


class _QuietHandler(WSGIRequestHandler):
    """Logs no requests, and does not tell what it is made of."""

    protocol_version = "HTTP/1.1"

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Log nothing: addresses carry request ids."""

    def version_string(self) -> str:
        """Return the Server header."""
        return "relying-party"


def make_server(app: Flask, *, host: str, port: int) -> BaseWSGIServer:
    """Return a threaded server, bound. SetupError("PORT_TAKEN")."""
    try:
        server = make_wsgi_server(host, port, app, threaded=True, request_handler=_QuietHandler)
    except (OSError, SystemExit):
        raise SetupError("PORT_TAKEN", str(port)) from None
    if hasattr(server, "daemon_threads"):
        server.daemon_threads = True
    return server
