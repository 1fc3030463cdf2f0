"""The credential issuer's endpoints for wallets of others (OpenID4VCI 1.0 sections 7 to 11).

An access token in the address is refused: addresses end up in logs (RFC 6750 section 5.3).
"""

from __future__ import annotations

from apiflask import APIBlueprint
from flask import Response, jsonify, make_response, request

from wallet_api.errors.openid import OpenIdError
from wallet_api.services import nonces
from wallet_api.services.openid import (
    access,
    addresses,
    credential_requests,
    deferral,
    notifications,
)
from wallet_api.services.openid.access import Access
from wallet_api.services.openid.bodies import Body, Reply
from wallet_api.web import guards

bp = APIBlueprint("openid_issuer", __name__, url_prefix="/openid", enable_openapi=False)


@bp.post("/nonce")
@guards.open_to_all
def nonce() -> Response:
    """Get a nonce for the proofs of one credential request (section 7)."""
    response = jsonify({"c_nonce": nonces.make(guards.deps())})
    response.headers["Cache-Control"] = "no-store"
    return response


@bp.post("/credential")
@guards.open_to_all
def credential() -> Response:
    """Get credentials, one for each key that is proven (section 8)."""
    who = _access("credential")
    return _respond(credential_requests.request_credentials(guards.deps(), who, _body()))


@bp.post("/deferred")
@guards.open_to_all
def deferred() -> Response:
    """Get credentials that were promised, or hear when to come again (section 9)."""
    who = _access("deferred")
    return _respond(deferral.deliver(guards.deps(), who, _body()))


@bp.post("/notification")
@guards.open_to_all
def notification() -> Response:
    """Hear what became of credentials in the wallet (section 11)."""
    who = _access("notification")
    notifications.take_note(guards.deps(), who, _body())
    response = make_response("", 204)
    response.headers["Cache-Control"] = "no-store"
    return response


def _access(endpoint: str) -> Access:
    """Return what the request's token opens; the guard of these views."""
    if "access_token" in request.args:
        raise OpenIdError("invalid_request", "an access token goes into the Authorization header")
    return access.check_access(
        guards.deps(),
        authorization=request.headers.get("Authorization"),
        proof=request.headers.get("DPoP"),
        method=request.method,
        url=addresses.endpoint(guards.deps(), endpoint),
    )


def _body() -> Body:
    return Body(request.get_data(cache=False), request.mimetype)


def _respond(reply: Reply) -> Response:
    response = make_response(reply.body.content, reply.status)
    response.mimetype = reply.body.media
    response.headers["Cache-Control"] = "no-store"
    return response
