"""What wallets of others read first: the issuer's metadata, and what a credential's type means.

Open to all and the same for everybody; pages of other sites may read it as well.
"""

from __future__ import annotations

from hashlib import sha256

from apiflask import APIBlueprint
from flask import Response, abort, jsonify, make_response, request

from wallet_api.services.openid import addresses, issuer_metadata
from wallet_api.services.openid.bodies import JSON, JWT
from wallet_api.web import guards

bp = APIBlueprint("openid_metadata", __name__, enable_openapi=False)


@bp.get("/.well-known/openid-credential-issuer")
@bp.get("/.well-known/openid-credential-issuer/<path:rest>")
@guards.open_to_all
def credential_issuer(rest: str = "") -> Response:
    """Get the metadata; signed when ``application/jwt`` is what the client prefers."""
    deps = guards.deps()
    # Section 12.2.2: between host and path. Proxies that strip the path lead to the other form.
    if rest and f"/{rest}" != addresses.path(deps):
        abort(404)
    if request.accept_mimetypes.best_match([JSON, JWT], default=JSON) == JWT:
        response = make_response(issuer_metadata.signed_metadata(deps))
        response.mimetype = JWT
    else:
        response = jsonify(issuer_metadata.metadata(deps))
    response.headers["Vary"] = "Accept"
    response.headers["Cache-Control"] = "public, max-age=300"
    response.headers["Access-Control-Allow-Origin"] = "*"
    return response


@bp.get("/openid/types/<name>")
@guards.open_to_all
def type_metadata(name: str) -> Response:
    """Get the type metadata that a `vct` leads to, the very bytes `vct#integrity` is over."""
    try:
        content = issuer_metadata.type_metadata(guards.deps(), name)
    except KeyError:
        abort(404)
    response = make_response(content)
    response.mimetype = JSON
    response.set_etag(sha256(content).hexdigest())
    response.headers["Cache-Control"] = "public, max-age=3600"
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.make_conditional(request.environ)
    return response
