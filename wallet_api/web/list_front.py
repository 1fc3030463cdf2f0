"""Answers who asks for a status list, before the framework: thousands of verifiers a second may.

Only what needs no thought: GET or HEAD, one of the usual Accept headers, no tag or the very tag of
the list. Everything else (other Accept headers, no such list, other methods) goes on to the view
in `web/lists.py`, which answers the same requests with the same headers. Counted as every request
is; not logged, because nothing in it could help anybody. nginx may serve the files instead.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Any, Final

from wallet_api.errors import NotPublished
from wallet_api.services import publication
from wallet_api.services.deps import Deps
from wallet_api.services.list_tokens import MEDIA_TYPES
from wallet_api.web import observing
from wallet_api.web.lists import LIST_HEADERS, OFTEN, PREFIX

Environ = dict[str, Any]
Wsgi = Callable[[Environ, Callable[..., Any]], Iterable[bytes]]
ROUTE: Final = f"{PREFIX}<int:number>"
LONGEST: Final = 7  # digits of a list's number
OK, NOT_MODIFIED = "200 OK", "304 NOT MODIFIED"


class ListFront:
    """WSGI: a status list from memory, or whatever ``app`` answers."""

    def __init__(self, app: Wsgi, deps: Deps, metrics: observing.Metrics) -> None:
        """``metrics`` count what is answered here under the view's own route."""
        self._app, self._deps = app, deps
        self._requests = {
            (method, status): metrics.requests.labels(method, ROUTE, status[:3])
            for method in ("GET", "HEAD")
            for status in (OK, NOT_MODIFIED)
        }
        self._seconds = {
            method: metrics.seconds.labels(method, ROUTE) for method in ("GET", "HEAD")
        }

    def __call__(self, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Answer, or let the application answer."""
        began = time.perf_counter()
        found = self._find(environ)
        if found is None:
            return self._app(environ, start_response)
        status, etag, form, content = found
        method = environ["REQUEST_METHOD"]
        headers = [*_headers(status, etag, form, len(content)), _request_id(environ)]
        start_response(status, headers)
        self._requests[method, status].inc()
        self._seconds[method].observe(time.perf_counter() - began)
        return [content] if status == OK and method == "GET" else []

    def _find(self, environ: Environ) -> tuple[str, str, str, bytes] | None:
        path = environ["PATH_INFO"]
        if not path.startswith(PREFIX) or environ["REQUEST_METHOD"] not in self._seconds:
            return None
        digits = path[len(PREFIX) :]
        form = OFTEN.get(environ.get("HTTP_ACCEPT", ""))
        if form is None or len(digits) > LONGEST or not (digits.isascii() and digits.isdigit()):
            return None
        try:
            held = publication.open_list(self._deps, int(digits), form)
        except NotPublished:
            return None
        tag = environ.get("HTTP_IF_NONE_MATCH")
        if tag is not None and tag != held.etag:
            return None
        return OK if tag is None else NOT_MODIFIED, held.etag, form, held.content


@lru_cache(maxsize=publication.MOST_KEPT)
def _headers(status: str, etag: str, form: str, length: int) -> tuple[tuple[str, str], ...]:
    headers = {**LIST_HEADERS, **observing.HARDENED, "ETag": etag}
    if status == OK:
        headers |= {"Content-Type": MEDIA_TYPES[form], "Content-Length": str(length)}
    return tuple(headers.items())


def _request_id(environ: Environ) -> tuple[str, str]:
    sent = environ.get("HTTP_X_REQUEST_ID", "")
    return "Request-Id", sent if observing.REQUEST_ID.fullmatch(sent) else secrets.token_hex(16)
