"""The simulator's Flask application.

Whoever tests bends it: for one NIK or for all ("*"), from the command line, by
`PUT /_bend/{nik}` while it runs, or for one request by the header `X-Registry-Bend`. The real
service has none of these.
"""

from __future__ import annotations

import hmac
import json
import threading
import time
from enum import StrEnum
from pathlib import Path
from typing import Any

from flask import Flask, Response, request
from sqlalchemy import create_engine

from samples.registry_simulator.siak import STATUS_TEXTS, load_person
from wallet_api.adapters.registry.sql import SqlRegistry

EVERYBODY = "*"
USER, PASSWORD = "wallet", "sample-registry-password"


class Bend(StrEnum):
    """How an answer goes wrong."""

    NOT_FOUND = "not-found"
    DECEASED = "deceased"
    DUPLICATE = "duplicate"
    INACTIVE = "inactive"
    NOT_RECORDED = "not-recorded"
    SLOW = "slow"
    DRIP = "drip"
    DOWN = "down"
    QUOTA = "quota"
    LOGIN_FAILED = "login-failed"
    ADDRESS = "address-not-registered"
    USER_INACTIVE = "user-inactive"
    INSTITUTION_INACTIVE = "institution-inactive"
    GARBAGE = "garbage"
    OTHER_PERSON = "other-person"
    TOO_LARGE = "too-large"
    REDIRECT = "redirect"
    COMPRESSED = "compressed"


STATUSES = {
    Bend.NOT_FOUND: STATUS_TEXTS["NOT_FOUND"],
    Bend.DECEASED: STATUS_TEXTS["DECEASED"],
    Bend.DUPLICATE: STATUS_TEXTS["DUPLICATE"],
    Bend.INACTIVE: STATUS_TEXTS["INACTIVE"],
}
REFUSALS = {
    Bend.LOGIN_FAILED: (401, "Login Failed"),
    Bend.ADDRESS: (403, "IP Address Not Registered"),
    Bend.USER_INACTIVE: (403, "User Id Inactive"),
    Bend.INSTITUTION_INACTIVE: (403, "Institution Inactive"),
    Bend.QUOTA: (429, "Quota Exceeded"),
}


class Simulator:
    """State of one running simulator: the database, the bends, how often it was asked."""

    def __init__(self, path: Path, *, slow_seconds: float = 10.0) -> None:
        self.engine = create_engine(f"sqlite:///file:{path}?mode=ro&uri=true")
        self.changes = SqlRegistry(f"sqlite:///{path}")
        self.slow_seconds = slow_seconds
        self.bends: dict[str, Bend] = {}
        self.asked = 0
        self._lock = threading.Lock()

    def bend(self, nik: str, how: str | None) -> None:
        """Bend the answers about a NIK (or "*"), or straighten them with None."""
        with self._lock:
            self.bends.pop(nik, None)
            if how is not None:
                self.bends[nik] = Bend(how)

    def bend_of(self, nik: str) -> Bend | None:
        """Return what goes wrong with this request, if anything."""
        with self._lock:
            self.asked += 1
            asked = request.headers.get("X-Registry-Bend")
            return Bend(asked) if asked else self.bends.get(nik, self.bends.get(EVERYBODY))

    def close(self) -> None:
        """Give the connections back."""
        self.engine.dispose()
        self.changes.close()


def create_app(simulator: Simulator) -> Flask:
    """Return the application; routes as in the contract, and the bending."""
    app = Flask(__name__)
    app.config["MAX_CONTENT_LENGTH"] = 16_384

    @app.post("/v1/penduduk")
    def look_up() -> Response:
        return _penduduk(simulator)

    @app.post("/v1/perubahan")
    def changes() -> Response:
        return _perubahan(simulator)

    @app.put("/_bend/<nik>")
    def bend(nik: str) -> Response:
        simulator.bend(nik, request.get_data(as_text=True).strip() or None)
        return _json({"bent": simulator.bends})

    @app.get("/healthz")
    def health() -> Response:
        return _json({"status": "ok", "asked": simulator.asked})

    return app


def _penduduk(simulator: Simulator) -> Response:
    body = _body()
    nik = body.get("NIK")
    refusal = _refusal(body) or (None if isinstance(nik, str) else _say(400, "Bad Request", body))
    if refusal:
        return refusal
    bend = simulator.bend_of(str(nik))
    special = _bent(simulator, bend, body)
    if special:
        return special
    with simulator.engine.connect() as db:
        text, content = load_person(db, str(nik))
    if content and bend is Bend.NOT_RECORDED:
        content[0]["EKTP_STATUS"] = "BELUM_REKAM"
    if content and bend is Bend.OTHER_PERSON:
        content[0]["NIK"] = "3171011708459007"
    return _say(200, text, body, content=content)


def _perubahan(simulator: Simulator) -> Response:
    body = _body()
    refusal = _refusal(body) or _bent(simulator, simulator.bend_of(EVERYBODY), body)
    if refusal:
        return refusal
    niks, cursor = simulator.changes.changes_since(str(body.get("cursor", "")))
    return _json({"transaction_id": body["transaction_id"], "NIK": niks, "cursor": cursor})


def _refusal(body: dict[str, Any]) -> Response | None:
    """Refuse who is not signed in, or does not send what the contract demands."""
    known = request.authorization
    user = (known.username or "") if known else ""
    password = (known.password or "") if known else ""
    if user != USER or not hmac.compare_digest(password.encode(), PASSWORD.encode()):
        return _say(401, "Login Failed", body)
    if not isinstance(body.get("transaction_id"), str):
        return _say(400, "Bad Request", body)
    return None


def _bent(simulator: Simulator, bend: Bend | None, body: dict[str, Any]) -> Response | None:
    """Return the answer that a bend makes of any request, None where it goes on."""
    if bend in REFUSALS:
        status, text = REFUSALS[bend]
        answer = _say(status, text, body)
        answer.headers["Retry-After"] = "120"
        return answer
    if bend in STATUSES:
        return _say(200, STATUSES[bend], body)
    if bend is Bend.SLOW:
        time.sleep(simulator.slow_seconds)
    simple = {
        Bend.DOWN: lambda: _say(503, "Service Unavailable", body),
        Bend.GARBAGE: lambda: Response("<html>502 Bad Gateway</html>", mimetype="text/html"),
        Bend.TOO_LARGE: lambda: Response(b" " * 3_000_000, mimetype="application/json"),
        Bend.REDIRECT: lambda: Response(status=302, headers={"Location": "/healthz"}),
        Bend.COMPRESSED: lambda: Response(b"{}", headers={"Content-Encoding": "gzip"}),
        Bend.DRIP: lambda: Response(_drops(simulator.slow_seconds), mimetype="application/json"),
    }
    return simple[bend]() if bend in simple else None


def _drops(seconds: float) -> Any:
    """Send a blank at a time: every single read is in time, the whole never is."""
    for _ in range(round(seconds * 10)):
        yield b" "
        time.sleep(0.1)


def _body() -> dict[str, Any]:
    body = request.get_json(silent=True)
    return body if isinstance(body, dict) else {}


def _say(status: int, text: str, body: dict[str, Any], *, content: Any = ()) -> Response:
    answer = _json(
        {
            "transaction_id": body.get("transaction_id"),
            "RESPONSE_DESC": text,
            "content": list(content),
        }
    )
    answer.status_code = status
    return answer


def _json(value: Any) -> Response:
    return Response(json.dumps(value, ensure_ascii=False), mimetype="application/json")
