"""From our errors to RFC 9457 problem documents, by the one table in ``problems.toml``.

Nothing of the error but its code and its declared public facts goes out
(rule 7): no exception text, no echo of the input.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from importlib.resources import files
from typing import Final

from apiflask import HTTPError
from flask import Flask, Response, current_app, g, jsonify, request
from werkzeug.exceptions import HTTPException, UnsupportedMediaType

from wallet_api.errors import BodyUnreadable, InputInvalid, NotFound, ServiceBusy, WalletError
from wallet_api.web import openid_errors

TYPE_BASE: Final = "https://ikd.example/problems/"
MEDIA_TYPE: Final = "application/problem+json"
LANGUAGES: Final = ("id", "en")
JSON: Final = ("application/json",)
PICTURES: Final = ("image/jpeg", "image/png", "image/webp")

_BY_STATUS: Final = {
    400: "BODY_UNREADABLE",
    404: "NOT_FOUND",
    405: "METHOD_NOT_ALLOWED",
    413: "BODY_TOO_LARGE",
    415: "MEDIA_TYPE",
}


@dataclass(frozen=True, slots=True)
class Problem:
    """One row of the table; texts by language."""

    status: int
    title: dict[str, str]
    mend: dict[str, str]


def _load() -> dict[str, Problem]:
    rows = tomllib.loads(files(__package__).joinpath("problems.toml").read_text(encoding="utf-8"))
    return {code: Problem(row["status"], row["title"], row["mend"]) for code, row in rows.items()}


TABLE: Final[dict[str, Problem]] = _load()


def language() -> str:
    """Return the reader's language: Indonesian unless English is asked for."""
    wanted = (tag.partition("-")[0].lower() for tag, quality in request.accept_languages if quality)
    return next((tag for tag in wanted if tag in LANGUAGES), "id")


def document(error: WalletError) -> tuple[dict[str, object], int]:
    """Render an error; a code that is not in the table is our fault and says INTERNAL."""
    code = error.code if error.code in TABLE else "INTERNAL"
    row, lang = TABLE[code], language()
    body: dict[str, object] = {
        "type": TYPE_BASE + code,
        "title": row.title[lang],
        "status": row.status,
        "code": code,
        "detail": row.mend[lang],
    }
    body |= {name: value for name, value in error.facts.items() if value is not None}
    return body, row.status


def respond(error: WalletError) -> Response:
    """Answer with the problem document and its Retry-After."""
    body, status = document(error)
    return render(body, status, retry_after=error.retry_after)


def render(body: dict[str, object], status: int, *, retry_after: int | None = None) -> Response:
    """Make the response of a problem document; OpenID clients get OAuth's words instead."""
    if openid_errors.speaks_oauth():
        return openid_errors.translate(status, retry_after=retry_after)
    response = jsonify(body)
    response.status_code = status
    response.mimetype = MEDIA_TYPE
    response.headers["Vary"] = "Accept-Language"
    response.headers["Cache-Control"] = "no-store"
    if retry_after is not None:
        response.headers["Retry-After"] = str(retry_after)
    return response


def register(app: Flask) -> None:
    """Answer every error of ``app`` with a problem document."""
    app.register_error_handler(WalletError, respond)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(HTTPError, _invalid)
    app.register_error_handler(RecursionError, _too_deep)
    app.register_error_handler(Exception, _unexpected)


def demand_plain_path() -> None:
    """No id of ours has a control character; PostgreSQL would stumble over a NUL."""
    if not request.path.isprintable():
        raise NotFound


def demand_media_type() -> None:
    """Refuse a body of another type than the view takes, before anything reads it."""
    posts = request.method == "POST" and request.path.startswith("/v1/")
    if not posts or not request.content_length:
        return
    view = current_app.view_functions.get(request.endpoint or "")
    wanted = getattr(view, "__media__", JSON)
    if not (request.is_json if wanted == JSON else request.mimetype in wanted):
        raise UnsupportedMediaType


def _invalid(error: HTTPError) -> Response:
    """Name the fields that broke the schema, never their values."""
    if error.status_code != 422:
        wrapped = WalletError()
        wrapped.code = _BY_STATUS.get(error.status_code, "BAD_REQUEST")
        return respond(wrapped)
    found = error.detail if isinstance(error.detail, dict) else {}
    fields = {name for part in found.values() if isinstance(part, dict) for name in part}
    faults = [{"field": name, "code": "FIELD_INVALID"} for name in sorted(fields)]
    return respond(InputInvalid(errors=faults))


def _too_deep(_: RecursionError) -> Response:
    return respond(BodyUnreadable())


def _http(error: HTTPException) -> Response:
    wrapped = WalletError()
    wrapped.code = _BY_STATUS.get(error.code or 500, "BAD_REQUEST")
    response = respond(wrapped)
    if error.code == 405 and (allowed := getattr(error, "valid_methods", None)):
        response.headers["Allow"] = ", ".join(allowed)
    return response


def database_busy(error: Exception) -> Response:
    """Answer for a database that refused or did not answer.

    The statement and its parameters are personal data: only the class is named.
    """
    current_app.logger.error("database: %s", type(getattr(error, "orig", error)).__name__)
    g.failed = True
    return respond(ServiceBusy(retry_after=1))


def _unexpected(error: Exception) -> Response:
    current_app.logger.error("unexpected: %s", type(error).__name__, exc_info=error)
    g.failed = True
    return respond(WalletError())
