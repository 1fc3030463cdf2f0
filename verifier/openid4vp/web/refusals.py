"""What goes wrong, as JSON: one place that turns errors into answers, and the headers of all.

A wallet, a script or a back end reads them; a code says which check failed, no text repeats
anything that came in.
"""

from __future__ import annotations

import logging
import sqlite3

from flask import Flask, Response, jsonify, request
from werkzeug.exceptions import HTTPException

from credentials.errors import CredentialError
from verifier.errors import VerifierError
from verifier.openid4vp.errors import Rejected

log = logging.getLogger(__name__)
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_HEADERS = {
    "Content-Security-Policy": _POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


def install(app: Flask) -> None:
    """Answer every error of the application, and head every answer."""

    @app.errorhandler(CredentialError)
    def refuse_credential(error: CredentialError) -> Response:
        return _refusal(error.code, 400)

    @app.errorhandler(VerifierError)
    def refuse(error: VerifierError) -> Response:
        if isinstance(error, Rejected):
            return _refusal(error.code, error.status, detail=error.detail)
        log.warning("request cannot be served: %s", error)
        return _refusal("REQUEST_UNKNOWN", 404)  # its policy, type or secret is no longer ours

    @app.errorhandler(HTTPException)
    def refuse_http(error: HTTPException) -> Response:
        status = error.code or 500
        answer = _refusal(error.name.upper().replace(" ", "_"), status)
        if status == 405 and (allowed := getattr(error, "valid_methods", None)):
            answer.headers["Allow"] = ", ".join(sorted(allowed))
        return answer

    @app.errorhandler(sqlite3.OperationalError)
    def come_again(_: sqlite3.OperationalError) -> Response:
        log.error("the database is busy or cannot be written")
        answer = _refusal("TRY_AGAIN", 503)
        answer.headers["Retry-After"] = "2"
        return answer

    @app.after_request
    def add_headers(response: Response) -> Response:
        for name, value in _HEADERS.items():
            response.headers[name] = value
        is_file = request.endpoint == "static"
        response.headers["Cache-Control"] = "no-cache" if is_file else "no-store"
        return response


def _refusal(code: str, status: int, *, detail: str = "") -> Response:
    """Return OAuth's form of an error, with our stable code beside it."""
    place = f" ({detail})" if detail else ""
    answer = jsonify(
        error="invalid_request", error_description=f"Refused: {code}{place}", code=code
    )
    answer.status_code = status
    return answer
