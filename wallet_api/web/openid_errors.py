"""OAuth error documents: everything that goes wrong below ``/openid`` and its metadata.

Clients of these endpoints read ``{"error", "error_description"}`` and nothing else, so a problem
of any kind (no such path, a body too large, a busy database) is put into those words as well.
"""

from __future__ import annotations

from typing import Final

from flask import Flask, Response, jsonify, request

from wallet_api.errors.openid import OpenIdError

PLACES: Final = ("/openid/", "/.well-known/")
_WORDS: Final = {
    404: ("invalid_request", "there is nothing here"),
    405: ("invalid_request", "this method is not offered here"),
    413: ("invalid_request", "the body is too large"),
    415: ("invalid_request", "this content type is not offered here"),
    429: ("temporarily_unavailable", "too many requests, try later"),
    503: ("temporarily_unavailable", "busy, try again"),
}


def speaks_oauth() -> bool:
    """Say whether the request is for one of these endpoints."""
    return request.path.startswith(PLACES)


def register(app: Flask) -> None:
    """Answer every ``OpenIdError``."""
    app.register_error_handler(OpenIdError, respond)


def respond(error: OpenIdError) -> Response:
    """Render an error (RFC 6749 section 5.2)."""
    body = {"error": error.error}
    if error.description:
        body["error_description"] = error.description
    response = jsonify(body)
    response.status_code = error.status
    response.headers["Cache-Control"] = "no-store"
    response.headers.update(error.headers)
    return response


def translate(status: int, *, retry_after: int | None = None) -> Response:
    """Put a problem of this status into OAuth's words."""
    fallback = ("server_error", "this is our fault") if status >= 500 else ("invalid_request", "")
    error, description = _WORDS.get(status, fallback)
    headers = {} if retry_after is None else {"Retry-After": str(retry_after)}
    return respond(OpenIdError(error, description, status=status, headers=headers))
