"""Which language a page speaks: Indonesian, unless the operator switched to English."""

from __future__ import annotations

from flask import Response, request

COOKIE = "kiosk_language"
LANGUAGES = ("id", "en")


def chosen_language() -> str:
    """Return "id" or "en": the switch of this request, else the cookie, else Indonesian."""
    for value in (request.args.get("lang"), request.cookies.get(COOKIE)):
        if value in LANGUAGES:
            return str(value)
    return LANGUAGES[0]


def remember(response: Response, language: str) -> None:
    """Keep the choice; it says nothing about anybody."""
    response.set_cookie(COOKIE, language, httponly=True, samesite="Strict", max_age=31_536_000)
