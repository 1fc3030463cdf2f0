"""How an error reaches the console: one JSON form, in the operator's language."""

from __future__ import annotations

from flask import Flask, Response, jsonify

from enrolment_kiosk.errors import (
    ApiProblem,
    ApiUnreachable,
    CertificateError,
    HomeError,
    KioskError,
    SessionError,
)
from enrolment_kiosk.texts import error_text
from enrolment_kiosk.web.language import chosen_language

# What of a problem's own members the page may use; numbers only, so nothing personal.
_MEMBERS = ("numbers_left", "attempts_left", "wait_seconds")
_STATUS: dict[type[KioskError], int] = {
    ApiUnreachable: 503,
    CertificateError: 502,
    HomeError: 500,
}


def describe(error: KioskError) -> dict[str, object]:
    """Return {code, title, detail, …}: the API's own words, or ours for our own codes."""
    if not isinstance(error, ApiProblem):
        return {"code": error.code, "title": error_text(error.code, chosen_language())}
    document: dict[str, object] = {"code": error.code, "title": error.title}
    mend = error.members.get("mend")
    document["detail"] = mend if isinstance(mend, str) else error.detail
    for name in _MEMBERS:
        value = error.members.get(name)
        if isinstance(value, int):
            document[name] = value
    return document


def status_of(error: KioskError) -> int:
    """Return the HTTP status for the console."""
    if isinstance(error, ApiProblem):
        return error.status if 400 <= error.status < 500 else 502
    if isinstance(error, SessionError):
        return 403 if error.code == "REQUEST_REFUSED" else 401
    return _STATUS.get(type(error), 500)


def install(app: Flask) -> None:
    """Answer every KioskError in that form."""

    @app.errorhandler(KioskError)
    def answer(error: KioskError) -> tuple[Response, int]:
        return jsonify(describe(error)), status_of(error)
