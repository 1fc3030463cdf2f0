"""What a bank's back end calls with its API key: start a request, ask how it stands."""

from __future__ import annotations

import hashlib
import hmac
from typing import cast

from flask import Blueprint, Response, jsonify, request

from verifier.errors import PolicyError
from verifier.openid4vp.errors import QueryError, Rejected
from verifier.openid4vp.exchange import RelyingParty, Wish
from verifier.openid4vp.queries import FORMATS, SD_JWT, CredentialFormat
from verifier.openid4vp.request_objects import PREFIXES, ClientPrefix
from verifier.openid4vp.results import Results
from verifier.openid4vp.store import Flow
from verifier.openid4vp.web.bodies import read_object
from verifier.policy import built_in_policies

_FLOWS = ("cross_device", "same_device")
_MEMBERS = {"policy", "type", "format", "flow", "return_url", "client_prefix", "post"}


def back_end_addresses(party: RelyingParty, api_key: str) -> Blueprint:
    """Return requests and requests/<id>; with an empty key nobody gets in."""
    pages = Blueprint("back_end", __name__)
    results = Results(party)
    # Policies that the operator named, besides those of the package: no path comes from outside.
    known = {*built_in_policies(), *(offer.policy for offer in party.settings.offers)}

    @pages.before_request
    def check_key() -> None:
        scheme, _, given = request.headers.get("Authorization", "").partition(" ")
        digests = [hashlib.sha256(key.encode()).digest() for key in (given, api_key)]
        if not api_key or scheme.lower() != "bearer" or not hmac.compare_digest(*digests):
            raise Rejected("API_KEY", status=401)

    @pages.post("/requests")
    def start() -> tuple[Response, int]:
        try:
            started = party.start(_wish(known))
        except (QueryError, PolicyError) as error:
            raise Rejected(error.code, error.detail) from None
        document = jsonify(id=started.id, link=started.link, expires_at=started.expires_at)
        return document, 201

    @pages.get("/requests/<name>")
    def standing(name: str) -> Response:
        return jsonify(results.report(name, code=request.args.get("response_code")))

    return pages


def _wish(known: set[str]) -> Wish:
    """Read the JSON body; Rejected("INPUT_INVALID", member)."""
    body = read_object()
    if not body.keys() <= _MEMBERS:
        raise Rejected("INPUT_INVALID")
    texts = {name: body.get(name, "") for name in _MEMBERS - {"post"}}
    if not all(isinstance(text, str) and text.isascii() for text in texts.values()):
        raise Rejected("INPUT_INVALID")
    texts = {"format": SD_JWT, "flow": _FLOWS[0]} | {
        name: one for name, one in texts.items() if one
    }
    choices = {"format": FORMATS, "flow": _FLOWS, "client_prefix": PREFIXES, "policy": known}
    for name, allowed in choices.items():
        if name in texts and texts[name] not in allowed:
            raise Rejected("INPUT_INVALID", name)
    if "policy" not in texts or "type" not in texts or type(body.get("post", False)) is not bool:
        raise Rejected("INPUT_INVALID", "policy, type")
    return Wish(
        policy=texts["policy"],
        document_type=texts["type"],
        format=cast("CredentialFormat", texts["format"]),
        flow=cast("Flow", texts["flow"]),
        return_url=texts.get("return_url", ""),
        client_prefix=cast("ClientPrefix | None", texts.get("client_prefix")),
        post=body.get("post", False),
    )
