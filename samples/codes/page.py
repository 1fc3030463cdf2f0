"""The phone in the browser: one code at a time, signed as it is shown."""

from __future__ import annotations

import time
from collections.abc import Callable
from importlib import resources
from typing import Any

from flask import Flask, Response, jsonify, request
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from credentials.errors import CredentialError
from samples.codes.cases import CASES, Case, answer, find_case
from samples.codes.pictures import code_image, next_step, png, svg
from verifier.errors import ScanError
from verifier.scan import looks_like_image, scan_bytes

AHEAD = 10  # seconds that a phone's clock may be ahead: gives slow hands more time
_TYPES = {"html": "text/html", "css": "text/css", "js": "text/javascript"}


class Phone:
    """The phone's clock, and the desk's question that it was last shown."""

    def __init__(self, prepared_at: int, clock: Callable[[], float]) -> None:
        """Hold the cards prepared at `prepared_at` (unix s)."""
        self._prepared_at, self._clock = prepared_at, clock
        self._question = ""

    def text(self, case: Case) -> str | None:
        """Return the text to show now: empty where a question is missing, None for a torn code."""
        at = int(self._clock()) + AHEAD
        if not case.asks:
            return case.show(self._prepared_at, at)
        return answer(self._question, self._prepared_at, at) if self._question else ""

    def take(self, data: bytes) -> bool:
        """Read a desk's question from a picture or a text; tell whether it was one."""
        try:
            text = scan_bytes(data) if looks_like_image(data) else data.decode("utf-8").strip()
            answer(text, self._prepared_at, int(self._clock()))
        except (CredentialError, ScanError, KeyError, UnicodeDecodeError):
            return False
        self._question = text
        return True

    def forget(self) -> None:
        """Forget the question: another desk asks."""
        self._question = ""


def create_app(prepared_at: int, *, clock: Callable[[], float] = time.time) -> Flask:
    """Return the application that shows the codes prepared at `prepared_at` (unix s)."""
    app = Flask("samples.codes", static_folder=None)
    app.json.ensure_ascii = False  # type: ignore[attr-defined]
    app.config["MAX_CONTENT_LENGTH"] = 16 * 1024 * 1024
    _add_page(app)
    _add_codes(app, Phone(prepared_at, clock))
    return app


def _add_page(app: Flask) -> None:
    @app.get("/")
    def show_page() -> Response:
        return _file("page.html")

    @app.get("/page.<kind>")
    def show_file(kind: str) -> Response:
        return _file(f"page.{kind}") if kind in _TYPES else Response(status=404)

    @app.get("/cases.json")
    def list_cases() -> Response:
        return jsonify([_told(case) for case in CASES])


def _add_codes(app: Flask, phone: Phone) -> None:
    @app.get("/codes/<key>.json")
    def show_code(key: str) -> Response:
        case = find_case(key)
        if case is None:
            return Response(status=404)
        text = phone.text(case)
        return jsonify(text=text, svg="" if text == "" else svg(text))

    @app.get("/codes/<key>.png")
    def show_picture(key: str) -> Response:
        case = find_case(key)
        text = "" if case is None else phone.text(case)
        if text == "":
            return Response(status=404)
        return Response(png(code_image(text)), mimetype="image/png")

    @app.post("/question")
    def take_question() -> Response | tuple[Response, int]:
        if phone.take(request.get_data(cache=False)):
            return jsonify(taken=True)
        return jsonify(error="no challenge"), 422

    @app.delete("/question")
    def forget_question() -> Response:
        phone.forget()
        return jsonify(taken=False)


def serve(app: Flask, *, host: str, port: int) -> BaseWSGIServer:
    """Return a bound server."""
    server = make_server(host, port, app, threaded=True, request_handler=_Quiet)
    if hasattr(server, "daemon_threads"):
        server.daemon_threads = True
    return server


class _Quiet(WSGIRequestHandler):
    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Log nothing."""


def _told(case: Case) -> dict[str, Any]:
    return {
        "key": case.key,
        "name": case.name,
        "word": case.word,
        "before": case.before,
        "next": {"id": next_step(case, "id"), "en": next_step(case, "en")},
        "live": case.live,
        "asks": case.asks,
        "extra": case.extra,
    }


def _file(name: str) -> Response:
    data = (resources.files("samples.codes") / name).read_bytes()
    return Response(data, mimetype=_TYPES[name.rpartition(".")[2]])
