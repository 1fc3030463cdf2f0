"""The bank's page: what is asked, a QR code or a link, the result as it comes.

The page is one document that a script brings to life; every change is told to screen readers. The
cookie names the browser that may see a result, nothing else.
"""

from __future__ import annotations

import io
import secrets
from typing import Any

import segno
from flask import Blueprint, Response, jsonify, make_response, render_template, request

from verifier.openid4vp.errors import Rejected
from verifier.openid4vp.exchange import RelyingParty, Wish
from verifier.openid4vp.results import Results
from verifier.openid4vp.settings import Offer
from verifier.openid4vp.store import Flow, RequestRow
from verifier.openid4vp.web.showing import (
    LANGUAGES,
    asked_labels,
    language_texts,
    shown_result,
    why_refused,
)

BROWSER = "relying_party_browser"
LANGUAGE = "relying_party_language"
_FLOWS: tuple[Flow, ...] = ("cross_device", "same_device")
_QUIET_ZONE = 4  # modules, ISO/IEC 18004 section 6.3.8


def page_addresses(party: RelyingParty) -> Blueprint:
    """Return the page, the addresses its script calls, and where wallets send their browser."""
    pages = Blueprint("pages", __name__)
    results = Results(party)

    @pages.get("/")
    def start() -> Response:
        return _page(party, _offer(party, request.args.get("check", "0")))

    @pages.get("/done/<name>")
    def done(name: str) -> Response:
        row = party.store.find(name)
        browser = request.cookies.get(BROWSER, "")
        mine = row is not None and results.belongs(name, browser)
        code = request.args.get("response_code", "") if mine else ""
        view = _done_view(row, mine=mine, code=code)
        return _page(party, None, done={"id": name, "code": code, "view": view})

    @pages.post("/requests")
    def ask() -> tuple[Response, int]:
        body = _own_body(party)
        offer = _offer(party, str(body.get("check", "0")))
        flow = body.get("flow")
        if flow not in _FLOWS:
            raise Rejected("INPUT_INVALID", "flow")
        browser = request.cookies.get(BROWSER) or secrets.token_urlsafe(32)
        wish = Wish(offer.policy, offer.document_type, offer.format, flow)
        started = party.start(wish, browser=browser)
        answer = jsonify(
            id=started.id,
            link=started.link,
            svg=draw_svg(started.link) if flow == "cross_device" else "",
            seconds=party.settings.request_seconds,
        )
        _set_cookie(party, answer, BROWSER, browser)
        return answer, 201

    @pages.get("/requests/<name>")
    def standing(name: str) -> Response:
        document = results.progress(name, browser=request.cookies.get(BROWSER, ""))
        if document["state"] == "refused":
            document["why"] = why_refused(str(document["code"]), _language())
        return jsonify(document)

    @pages.post("/requests/<name>/result")
    def redeem(name: str) -> Response:
        code = _own_body(party).get("response_code")
        if not isinstance(code, str):
            raise Rejected("INPUT_INVALID", "response_code")
        result = results.redeem(name, browser=request.cookies.get(BROWSER, ""), code=code)
        return jsonify(shown_result(party, result, _language()))

    @pages.get("/healthz")
    def healthz() -> Response:
        return jsonify(status="ok")

    return pages


def draw_svg(link: str) -> str:
    """Return the QR code as an SVG element without a size of its own, black on white."""
    out = io.BytesIO()
    segno.make(link, error="l", micro=False, boost_error=False).save(
        out, kind="svg", border=_QUIET_ZONE, dark="#000", light="#fff", xmldecl=False,
        omitsize=True, svgclass=None, lineclass=None,
    )  # fmt: skip
    return out.getvalue().decode()


def _page(
    party: RelyingParty, offer: Offer | None, *, done: dict[str, Any] | None = None
) -> Response:
    language = _language()
    texts = language_texts(language, minutes=party.settings.keep_seconds // 60)
    answer = make_response(
        render_template(
            "page.html",
            language=language,
            other=LANGUAGES[1 - LANGUAGES.index(language)],
            name=party.settings.name,
            t=texts,
            offer=offer,
            checks=[
                {"number": number, "title": party.policy(one.policy).title[language]}
                for number, one in enumerate(party.settings.offers)
            ],
            number=0 if offer is None else party.settings.offers.index(offer),
            title="" if offer is None else party.policy(offer.policy).title[language],
            document="" if offer is None else _document_label(party, offer, language),
            asked=[] if offer is None else asked_labels(party, offer, language),
            cross_device=party.settings.cross_device,
            done=done,
            home=f"{party.settings.base_path}/",
        )
    )
    if request.args.get("lang") in LANGUAGES:
        _set_cookie(party, answer, LANGUAGE, language)
    return answer


def _done_view(row: RequestRow | None, *, mine: bool, code: str) -> str:
    """Return what the browser sees that a wallet sent back: only ours learns more than "done"."""
    if row is None:
        return "unknown"
    if not mine:
        return "elsewhere"
    if code:
        return "returned"
    return "declined" if row.state == "declined" else "unknown"


def _document_label(party: RelyingParty, offer: Offer, language: str) -> str:
    labels = party.checker.trust.catalogue.document_type(offer.document_type).labels
    return labels.id if language == "id" else labels.en


def _offer(party: RelyingParty, number: str) -> Offer:
    offers = party.settings.offers
    if not number.isascii() or not number.isdigit() or int(number[:3]) >= len(offers):
        raise Rejected("CHECK_UNKNOWN", status=404)
    return offers[int(number[:3])]


def _own_body(party: RelyingParty) -> dict[str, Any]:
    """Return the JSON of our own page's script; another site's form or script is refused."""
    origin = request.headers.get("Origin")
    if origin not in (None, party.settings.origin) or request.mimetype != "application/json":
        raise Rejected("INPUT_INVALID", "origin")
    body = request.get_json(silent=True)
    if not isinstance(body, dict):
        raise Rejected("INPUT_INVALID")
    return body


def _language() -> str:
    for value in (request.args.get("lang"), request.cookies.get(LANGUAGE)):
        if value in LANGUAGES:
            return str(value)
    return LANGUAGES[0]


def _set_cookie(party: RelyingParty, answer: Response, name: str, value: str) -> None:
    """Lax, because the wallet's redirect comes from outside and must bring the cookie along."""
    answer.set_cookie(
        name,
        value,
        httponly=True,
        samesite="Lax",
        secure=party.settings.is_secure,
        path=f"{party.settings.base_path}/",
    )
