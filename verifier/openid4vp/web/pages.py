"""The bank's page: what is asked, a QR code or a link, the result as it comes."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify

from verifier.openid4vp.exchange import RelyingParty


def page_addresses(party: RelyingParty) -> Blueprint:
    """Return the pages."""
    pages = Blueprint("pages", __name__)

    @pages.get("/healthz")
    def healthz() -> Response:
        return jsonify(status="ok", name=party.settings.name)

    return pages
