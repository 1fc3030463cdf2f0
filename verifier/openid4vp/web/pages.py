"""The bank's page: what is asked, a QR code or a link, the result as it comes.

The page is one document that a script brings to life; every change is told to screen readers. The
cookie names the browser that may see a result, nothing else.
"""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, jsonify, make_response, render_template, request

from verifier.openid4vp.exchange import RelyingParty
from verifier.openid4vp.results import Results
from verifier.openid4vp.settings import Offer
from verifier.openid4vp.store import RequestRow
from verifier.openid4vp.web.showing import (
    LANGUAGES,
    asked_labels,
    check_titles,
    document_label,
    language_texts,
)
from verifier.openid4vp.web.visits import (
    LANGUAGE,
    browser_of,
    chosen_language,
    chosen_offer,
    set_cookie,
)


def page_addresses(party: RelyingParty) -> Blueprint:
    """Return the page, and where wallets send their browser."""
    pages = Blueprint("pages", __name__)
    results = Results(party)

    @pages.get("/")
    def start() -> Response:
        return _page(party, chosen_offer(party, request.args.get("check", "0")))

    @pages.get("/done/<name>")
    def done(name: str) -> Response:
        row = party.store.find(name)
        browser = browser_of(party)
        mine = row is not None and results.belongs(name, browser)
        code = request.args.get("response_code", "") if mine else ""
        view = _done_view(row, mine=mine, code=code)
        return _page(party, None, done={"id": name, "code": code, "view": view})

    @pages.get("/healthz")
    def healthz() -> Response:
        return jsonify(status="ok")

    return pages


def _page(
    party: RelyingParty, offer: Offer | None, *, done: dict[str, Any] | None = None
) -> Response:
    language = chosen_language()
    texts = language_texts(language, minutes=party.settings.keep_seconds // 60)
    answer = make_response(
        render_template(
            "page.html",
            language=language,
            other=LANGUAGES[1 - LANGUAGES.index(language)],
            name=party.settings.name,
            t=texts,
            offer=offer,
            checks=check_titles(party, language),
            number=0 if offer is None else party.settings.offers.index(offer),
            title="" if offer is None else party.policy(offer.policy).title[language],
            document="" if offer is None else document_label(party, offer, language),
            asked=[] if offer is None else asked_labels(party, offer, language),
            cross_device=party.settings.cross_device,
            done=done,
            home=f"{party.settings.base_path}/",
        )
    )
    if request.args.get("lang") in LANGUAGES:
        set_cookie(party, answer, LANGUAGE, language)
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
