"""The authorization server's endpoints for wallets of others (OpenID4VCI 1.0, RFC 6749).

What they take and answer is fixed by the specifications and described in docs/openid.md, not in
our OpenAPI document: they speak forms, and errors of OAuth.
"""

from __future__ import annotations

from typing import Final

from apiflask import APIBlueprint
from flask import Response, jsonify, request

from wallet_api.errors.openid import OpenIdError
from wallet_api.services.openid import (
    addresses,
    authorizations,
    clients,
    dpop,
    offers,
    server_metadata,
    tokens,
)
from wallet_api.services.openid.clients import Client
from wallet_api.web import guards

bp = APIBlueprint("openid_authorization", __name__, enable_openapi=False)

LARGEST_FORM: Final = 65_536
FORM: Final = "application/x-www-form-urlencoded"


@bp.get("/openid/offers/<string:reference>")
@guards.open_to_all
def read_offer(reference: str) -> Response:
    """Give the credential offer behind a reference (section 4.1.3)."""
    return _answer(offers.read_offer(guards.deps(), reference))


@bp.post("/openid/token")
@guards.open_to_all
def token() -> Response:
    """Exchange a code or a refresh token for access (section 6)."""
    form = read_form()
    client, jkt = identify(form, "token")
    return _answer(tokens.exchange(guards.deps(), form, client=client, jkt=jkt))


@bp.post("/openid/par")
@guards.open_to_all
def push() -> Response:
    """Keep a pushed authorization request (RFC 9126); there is no other way to ask."""
    form = read_form()
    client, jkt = identify(form, "par")
    answer = authorizations.push(
        guards.deps(), form, client=client, jkt=jkt, network=guards.network()
    )
    return _answer(answer, status=201)


@bp.get("/.well-known/oauth-authorization-server")
@bp.get("/.well-known/oauth-authorization-server/<path:rest>")
@guards.open_to_all
def metadata(rest: str = "") -> Response:
    """Give the server's metadata; the issuer's path stands behind the name (RFC 8414 section 3)."""
    deps = guards.deps()
    if rest and f"/{rest}" != addresses.path(deps):
        raise OpenIdError("invalid_request", "there is nothing here", status=404)
    return _document(server_metadata.metadata(deps))


@bp.get("/openid/jwks")
@guards.open_to_all
def keys() -> Response:
    """Give the public key that access tokens are signed with."""
    return _document(server_metadata.jwks(guards.deps()))


def read_form() -> dict[str, str]:
    """Return the form's parameters, each once (RFC 6749 section 3.2)."""
    if request.mimetype != FORM:
        raise OpenIdError("invalid_request", "the body is a form", status=400)
    if (request.content_length or 0) > LARGEST_FORM:
        raise OpenIdError("invalid_request", "the body is too large", status=413)
    found = request.form.to_dict(flat=False)
    if any(len(values) > 1 for values in found.values()):
        raise OpenIdError("invalid_request", "a parameter is repeated")
    return {name: values[0] for name, values in found.items()}


def identify(form: dict[str, str], name: str) -> tuple[Client, str | None]:
    """Return the client and the thumbprint of its DPoP key; proofs are used up."""
    deps, proof = guards.deps(), request.headers.get("DPoP")
    jkt = jti = None
    if proof is not None:
        url = addresses.endpoint(deps, name)
        jkt, jti = dpop.check_proof(deps, proof, method="POST", url=url)
    client = clients.identify(
        deps,
        form.get("client_id"),
        request.headers.get("OAuth-Client-Attestation"),
        request.headers.get("OAuth-Client-Attestation-PoP"),
    )
    if jkt is not None and jti is not None:
        dpop.use_proof(deps, jkt, jti)
    return client, jkt


def _answer(body: dict[str, object], status: int = 200) -> Response:
    response = jsonify(body)
    response.status_code = status
    response.headers["Cache-Control"] = "no-store"
    return response


def _document(body: dict[str, object]) -> Response:
    """Answer with what is the same for everybody; pages of other wallets may read it."""
    response = jsonify(body)
    response.headers["Cache-Control"] = "public, max-age=300"
    response.headers["Access-Control-Allow-Origin"] = "*"
    return response
