"""What the page's script calls: start a request, follow it, redeem its result."""

from __future__ import annotations

import io
import secrets
from typing import Any

import segno
from flask import Blueprint, Response, jsonify, request

from verifier.openid4vp.errors import Rejected
from verifier.openid4vp.exchange import RelyingParty, Wish
from verifier.openid4vp.results import Results
from verifier.openid4vp.store import Flow
from verifier.openid4vp.web.bodies import read_object
from verifier.openid4vp.web.showing import shown_result, why_refused
from verifier.openid4vp.web.visits import (
    browser_cookie,
    browser_of,
    chosen_language,
    chosen_offer,
    set_cookie,
)

_FLOWS: tuple[Flow, ...] = ("cross_device", "same_device")
_QUIET_ZONE = 4  # modules, ISO/IEC 18004 section 6.3.8


def script_addresses(party: RelyingParty) -> Blueprint:
    """Return requests, requests/<id> and requests/<id>/result."""
    pages = Blueprint("calls", __name__)
    results = Results(party)

    @pages.post("/requests")
    def ask() -> tuple[Response, int]:
        body = _own_body(party)
        offer = chosen_offer(party, str(body.get("check", "0")))
        flow = body.get("flow")
        if flow not in _FLOWS:
            raise Rejected("INPUT_INVALID", "flow")
        browser = browser_of(party) or secrets.token_urlsafe(32)
        wish = Wish(offer.policy, offer.document_type, offer.format, flow)
        started = party.start(wish, browser=browser)
        answer = jsonify(
            id=started.id,
            link=started.link,
            svg=draw_svg(started.link) if flow == "cross_device" else "",
            seconds=party.settings.request_seconds,
        )
        set_cookie(party, answer, browser_cookie(party), browser)
        return answer, 201

    @pages.get("/requests/<name>")
    def standing(name: str) -> Response:
        document = results.progress(name, browser=browser_of(party))
        if document["state"] == "refused":
            document["why"] = why_refused(str(document["code"]), chosen_language())
        return jsonify(document)

    @pages.post("/requests/<name>/result")
    def redeem(name: str) -> Response:
        code = _own_body(party).get("response_code")
        if not isinstance(code, str) or not code.isascii():
            raise Rejected("INPUT_INVALID", "response_code")
        result = results.redeem(name, browser=browser_of(party), code=code)
        return jsonify(shown_result(party, result, chosen_language()))

    return pages


def draw_svg(link: str) -> str:
    """Return the QR code as an SVG element without a size of its own, black on white."""
    out = io.BytesIO()
    segno.make(link, error="l", micro=False, boost_error=False).save(
        out, kind="svg", border=_QUIET_ZONE, dark="#000", light="#fff", xmldecl=False,
        omitsize=True, svgclass=None, lineclass=None,
    )  # fmt: skip
    return out.getvalue().decode()


def _own_body(party: RelyingParty) -> dict[str, Any]:
    """Return the JSON of our own page's script; another site's form or script is refused."""
    origin = request.headers.get("Origin")
    if origin not in (None, party.settings.origin) or request.mimetype != "application/json":
        raise Rejected("INPUT_INVALID", "origin")
    return read_object()
