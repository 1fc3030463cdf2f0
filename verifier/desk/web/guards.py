"""What protects a local page from the rest of the web and from other pages on this computer.

A page of any site can make a browser call 127.0.0.1. So: the Host header must name this computer
(DNS rebinding), what is sent carries a token that only our own page knows and comes from our own
origin (CSRF), nothing is framed or cached, and scripts come from our own files only.
"""

from __future__ import annotations

import hmac
from ipaddress import ip_address
from urllib.parse import urlsplit

from flask import Flask, Request, Response, request

from verifier.scan import MAX_IMAGE_BYTES

TOKEN_HEADER = "Desk-Token"  # noqa: S105  a header's name

_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_HEADERS = {
    "Content-Security-Policy": _POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(self), microphone=(), geolocation=()",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


def is_loopback(host: str) -> bool:
    """Tell whether a host name or address can only mean this computer."""
    if host == "localhost":
        return True
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def install(app: Flask) -> None:
    """Guard every request and every answer of the application."""
    app.config["MAX_CONTENT_LENGTH"] = MAX_IMAGE_BYTES

    @app.before_request
    def refuse_other_hosts() -> tuple[str, int] | None:
        return None if _is_own_host(request) else ("This page is for this computer only.\n", 421)

    @app.after_request
    def add_headers(response: Response) -> Response:
        for name, value in _HEADERS.items():
            response.headers[name] = value
        caching = "no-cache" if request.endpoint == "static" else "no-store"
        response.headers["Cache-Control"] = caching
        return response


def is_from_our_page(token: str) -> bool:
    """Tell whether our own page sent this request."""
    sent = request.headers.get(TOKEN_HEADER, "")
    origin = request.headers.get("Origin")
    if origin is not None and origin != f"http://{request.host}":
        return False
    if request.headers.get("Sec-Fetch-Site", "same-origin") != "same-origin":
        return False
    return hmac.compare_digest(sent.encode(), token.encode())


def _is_own_host(incoming: Request) -> bool:
    host = incoming.headers.get("Host", "")
    try:
        parts = urlsplit(f"//{host}")
        named = parts.hostname
        _ = parts.port
    except ValueError:
        return False
    return named is not None and parts.username is None and is_loopback(named)
