"""The printed receipt of one check: a page of its own, for A4 and for an 80 mm receipt printer."""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint, Response, render_template, request

from verifier.desk.checking import Desk
from verifier.desk.printing import printed
from verifier.desk.texts import page_text, page_texts
from verifier.receipts.errors import ReceiptError
from verifier.receipts.keys import fingerprint
from verifier.words import Language

COOKIE = "desk_paper"
PAPERS = ("a4", "80mm")


def receipt_pages(desk: Desk, language_of: Callable[[], Language]) -> Blueprint:
    """Return the blueprint; every receipt is a 404 at a desk that keeps none."""
    pages = Blueprint("receipts", __name__)

    @pages.get("/receipts/<int:number>")
    def show(number: int) -> tuple[Response, int]:
        language = language_of()
        receipts = desk.receipts
        found = None
        if receipts is not None:
            try:
                found = receipts.find(number)
            except ReceiptError:
                found = None
        sheet = None
        if found is not None and receipts is not None:
            key = fingerprint(receipts.book.public_key)
            catalogue = desk.terminal.bundle().catalogue
            sheet = printed(found, catalogue=catalogue, key=key, language=language)
        if sheet is None:
            return Response(page_text("receipt_none", language), mimetype="text/plain"), 404
        paper = _paper()
        page = render_template(
            "receipt.html",
            t=page_texts(language),
            language=language,
            other="en" if language == "id" else "id",
            paper=paper,
            papers=PAPERS,
            sheet=sheet,
        )
        response = Response(page, mimetype="text/html")
        response.set_cookie(COOKIE, paper, httponly=True, samesite="Strict", max_age=31_536_000)
        return response, 200

    return pages


def _paper() -> str:
    for value in (request.args.get("paper"), request.cookies.get(COOKIE)):
        if value in PAPERS:
            return value
    return PAPERS[0]
