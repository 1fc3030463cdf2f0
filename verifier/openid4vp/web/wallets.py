"""What wallets call (OpenID4VP 1.0): `request_uri` for the question, `response_uri` to answer."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify, request
from werkzeug.datastructures import MultiDict

from verifier.openid4vp.errors import Rejected
from verifier.openid4vp.exchange import RelyingParty
from verifier.openid4vp.request_objects import CONTENT_TYPE, read_wallet_nonce

FORM = "application/x-www-form-urlencoded"


def wallet_addresses(party: RelyingParty) -> Blueprint:
    """Return requests/<id> and responses/<id>."""
    pages = Blueprint("wallets", __name__)

    @pages.get("/requests/<name>")
    def question(name: str) -> Response:
        return _signed(party.question(name, wallet_nonce=None))

    @pages.post("/requests/<name>")
    def question_with_nonce(name: str) -> Response:
        # A wallet may tell of itself what it likes; its nonce is all that is of use here (5.10).
        wallet_nonce = read_wallet_nonce(_form()) if request.mimetype == FORM else None
        return _signed(party.question(name, wallet_nonce=wallet_nonce))

    @pages.post("/responses/<name>")
    def answer(name: str) -> Response:
        return jsonify(redirect_uri=party.answer(name, _form()))

    return pages


def _form() -> dict[str, str]:
    """Return the posted form; Rejected for another type of body or a member that is there twice."""
    if request.mimetype != FORM:
        raise Rejected("RESPONSE_FORMAT", FORM, status=415)
    form: MultiDict[str, str] = request.form
    if any(len(values) > 1 for _, values in form.lists()):
        raise Rejected("RESPONSE_FORMAT", "a parameter twice")
    return form.to_dict()


def _signed(text: str) -> Response:
    return Response(text, content_type=CONTENT_TYPE)
