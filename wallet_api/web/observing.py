"""What can be seen of the service: one log line a request, metrics, and security headers.

Routes appear as templates, never as paths: a path holds ids and link tokens.
"""

from __future__ import annotations

import logging
import re
import secrets
import time
from typing import Final

from flask import Flask, Response, current_app, g, request
from prometheus_client import CollectorRegistry, Counter, Histogram

from wallet_api.ports.watching import Watched
from wallet_api.web.face_metrics import FaceMetrics

LOG: Final = logging.getLogger("wallet_api.request")
METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
SLOWNESS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
OUTSIDE: Final = "(none)"
REQUEST_ID: Final = re.compile(r"[0-9a-f]{32}")  # what nginx makes with $request_id

API_POLICY: Final = "default-src 'none'; frame-ancestors 'none'"
HARDENED: Final = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": API_POLICY,
}
PAGE_POLICY: Final = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)


class Metrics:
    """The counters of one application; several processes add up (prometheus multiprocess)."""

    def __init__(self) -> None:
        """Make them in a registry of their own."""
        self.registry = CollectorRegistry()
        labels = ("method", "route", "status")
        self.requests = Counter(
            "wallet_http_requests", "Answered requests", labels, registry=self.registry
        )
        self.seconds = Histogram(
            "wallet_http_request_seconds",
            "Time to the answer",
            ("method", "route"),
            buckets=SLOWNESS,
            registry=self.registry,
        )
        self.problems = Counter(
            "wallet_problems", "Problem documents by code", ("code",), registry=self.registry
        )


def register(app: Flask) -> None:
    """Observe every request of ``app``, and the face pool where it lets itself be watched."""
    metrics = app.extensions["metrics"] = Metrics()
    faces = app.extensions["wallet"].faces
    if isinstance(faces, Watched):
        faces.watch(FaceMetrics(metrics.registry))
    app.before_request(_begin)
    app.after_request(_harden)
    app.after_request(_observe)


def _begin() -> None:
    g.began = time.perf_counter()
    sent = request.headers.get("X-Request-Id", "")
    g.request_id = sent if REQUEST_ID.fullmatch(sent) else secrets.token_hex(16)


def _harden(response: Response) -> Response:
    """Set what keeps browsers from guessing, framing, storing and telling others."""
    page = response.mimetype == "text/html"
    headers = response.headers
    if page:
        headers.setdefault("Content-Security-Policy", PAGE_POLICY)
    for name, value in HARDENED.items():
        headers.setdefault(name, value)
    headers.setdefault("Cache-Control", "no-store")
    headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
    headers["Request-Id"] = g.get("request_id", "")
    return response


def _observe(response: Response) -> Response:
    metrics: Metrics = current_app.extensions["metrics"]
    method = request.method if request.method in METHODS else "OTHER"
    route = request.url_rule.rule if request.url_rule else OUTSIDE
    seconds = time.perf_counter() - g.get("began", time.perf_counter())
    metrics.requests.labels(method, route, str(response.status_code)).inc()
    metrics.seconds.labels(method, route).observe(seconds)
    problem = _problem(response)
    if problem is not None:
        metrics.problems.labels(problem).inc()
    fields = {
        "request": g.get("request_id"),
        "method": method,
        "route": route,
        "status": response.status_code,
        "ms": round(seconds * 1000, 1),
        "bytes": response.content_length,
        "guard": _guard(),
        "problem": problem,
    }
    LOG.info("request", extra={"fields": fields})
    return response


def _problem(response: Response) -> str | None:
    if response.mimetype != "application/problem+json":
        return None
    document = response.get_json(silent=True)
    return str(document.get("code")) if isinstance(document, dict) else None


def _guard() -> str | None:
    view = current_app.view_functions.get(request.endpoint or "")
    return getattr(view, "__guard__", None)
