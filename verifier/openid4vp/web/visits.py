"""What page and script share: which check, which language, and the cookie that names a browser."""

from __future__ import annotations

from flask import Response, request

from verifier.openid4vp.errors import Rejected
from verifier.openid4vp.exchange import RelyingParty
from verifier.openid4vp.settings import Offer
from verifier.openid4vp.web.showing import LANGUAGES

LANGUAGE = "relying_party_language"
_BROWSER = "relying_party_browser"


def browser_cookie(party: RelyingParty) -> str:
    """Return the cookie's name. "__Host-": no neighbouring host can set it (RFC 6265bis 4.1.3.2),
    or somebody could make this browser and their own pass for one.
    """
    return f"__Host-{_BROWSER}" if party.settings.is_secure else _BROWSER


def browser_of(party: RelyingParty) -> str:
    """Return what the browser's cookie says, "" without one."""
    return request.cookies.get(browser_cookie(party), "")


def chosen_offer(party: RelyingParty, number: str) -> Offer:
    """Return the offer of that number; Rejected("CHECK_UNKNOWN")."""
    offers = party.settings.offers
    if not number.isascii() or not number.isdigit() or int(number[:3]) >= len(offers):
        raise Rejected("CHECK_UNKNOWN", status=404)
    return offers[int(number[:3])]


def chosen_language() -> str:
    """Return "id" or "en": the switch of this request, else the cookie, else Indonesian."""
    for value in (request.args.get("lang"), request.cookies.get(LANGUAGE)):
        if value in LANGUAGES:
            return str(value)
    return LANGUAGES[0]


def set_cookie(party: RelyingParty, answer: Response, name: str, value: str) -> None:
    """Lax, because the wallet's redirect comes from outside and must bring the cookie along."""
    answer.set_cookie(
        name,
        value,
        httponly=True,
        samesite="Lax",
        secure=party.settings.is_secure,
        path="/",
    )
