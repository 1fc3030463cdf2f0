"""What page and script share: which check, which language, and the cookie that names a browser."""

from __future__ import annotations

from flask import Response, request

from verifier.openid4vp.errors import Rejected
from verifier.openid4vp.exchange import RelyingParty
from verifier.openid4vp.settings import Offer
from verifier.openid4vp.web.showing import LANGUAGES

BROWSER = "relying_party_browser"
LANGUAGE = "relying_party_language"


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
        path=f"{party.settings.base_path}/",
    )
