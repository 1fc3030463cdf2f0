"""What protects local pages from the rest of the web and from other pages on this PC.

A page of any site can make a browser call 127.0.0.1. So: the Host header must name this machine
(DNS rebinding), changes come as JSON with a token that only our own page knows (CSRF), nothing is
framed, nothing is cached, and scripts come from our own files only.
"""

from __future__ import annotations

import hmac
import re
from urllib.parse import urlsplit
from uuid import UUID

from flask import Flask, Request, Response, request

from enrolment_kiosk.config import is_loopback
from enrolment_kiosk.errors import SessionError

CSRF_HEADER = "Kiosk-Csrf"
MAX_BODY = 16 * 1024

_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


def permissions(*, camera: str = "") -> str:
    """Return the Permissions-Policy of a page: no microphone, no place, and mostly no camera."""
    return f"camera=({camera}), microphone=(), geolocation=()"


_HEADERS = {
    "Content-Security-Policy": _POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": permissions(),
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
_ROW = re.compile(r"[A-Za-z0-9_-]{1,64}", re.ASCII)


def install(app: Flask) -> None:
    """Guard every request and every answer of the application."""
    app.config["MAX_CONTENT_LENGTH"] = MAX_BODY

    @app.before_request
    def refuse_other_hosts() -> tuple[str, int] | None:
        return None if _is_own_host(request) else ("This page is for this computer only.\n", 421)

    @app.after_request
    def add_headers(response: Response) -> Response:
        for name, value in _HEADERS.items():
            response.headers.setdefault(name, value)
        caching = "no-cache" if request.endpoint == "static" else "no-store"
        response.headers["Cache-Control"] = caching
        return response


def check_change(csrf: str) -> None:
    """Raise SessionError("REQUEST_REFUSED") unless our own page sent this request."""
    sent = request.headers.get(CSRF_HEADER, "")
    origin = request.headers.get("Origin")
    own_origin = origin is None or origin == f"http://{request.host}"
    if not own_origin or request.mimetype != "application/json":
        raise SessionError("REQUEST_REFUSED")
    if not hmac.compare_digest(sent.encode(), csrf.encode()):
        raise SessionError("REQUEST_REFUSED")


def read_body() -> dict[str, object]:
    """Return the JSON object of the request; SessionError("REQUEST_REFUSED") for anything else."""
    value = request.get_json(silent=True)
    if not isinstance(value, dict):
        raise SessionError("REQUEST_REFUSED")
    return value


def read_text(body: dict[str, object], name: str, *, limit: int = 256) -> str:
    """Return a text member, at most `limit` characters."""
    value = body.get(name)
    if not isinstance(value, str) or len(value) > limit:
        raise SessionError("REQUEST_REFUSED")
    return value


def read_key(body: dict[str, object]) -> str:
    """Return the page's key of this attempt (a UUID): the same for a repetition."""
    try:
        return str(UUID(read_text(body, "attempt", limit=36)))
    except ValueError:
        raise SessionError("REQUEST_REFUSED") from None


def check_row(row: str) -> str:
    """Return a row id that cannot leave its place in a path."""
    if not _ROW.fullmatch(row):
        raise SessionError("REQUEST_REFUSED")
    return row


def _is_own_host(incoming: Request) -> bool:
    host = incoming.headers.get("Host", "")
    try:
        parts = urlsplit(f"//{host}")
        named = parts.hostname
        _ = parts.port
    except ValueError:
        return False
    return named is not None and parts.username is None and is_loopback(named)
