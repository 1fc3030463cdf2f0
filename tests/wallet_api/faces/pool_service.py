"""The smallest service with a pool, for gunicorn: /match compares, /worker names who does it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wallet_api.adapters.faces.pool import FacePool
from wallet_api.ports.faces import FaceJob

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from wsgiref.types import StartResponse, WSGIEnvironment

POOL = FacePool(entry="tests.wallet_api.faces.faulty_engines:load")


def application(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    answers: dict[str, Callable[[], str]] = {
        "/match": lambda: POOL.match(FaceJob.of_fronts((b"a",) * 3, b"")).outcome,
        "/hang": lambda: POOL.match(FaceJob.of_fronts((b"a",) * 3, b"sleep 3600")).outcome,
        "/worker": lambda: str(*POOL.workers()),
    }
    text = answers[environ["PATH_INFO"]]().encode()
    start_response("200 OK", [("Content-Length", str(len(text)))])
    return [text]
