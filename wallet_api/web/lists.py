"""What verifiers fetch: bundle and status lists. A CDN or nginx may serve the same files."""

from __future__ import annotations

from hashlib import sha256
from typing import Any, Final

from apiflask import APIBlueprint
from flask import Response, make_response, request

from wallet_api.services import publication
from wallet_api.web import guards

bp = APIBlueprint("lists", __name__, url_prefix="/v1/lists", tag="Lists")
BUNDLE_TYPE: Final = "application/cose"


def _answers(media_type: str) -> dict[Any, Any]:
    binary = {"schema": {"type": "string", "format": "binary"}}
    found = {"description": "the signed file", "content": {media_type: binary}}
    return {200: found, 304: {"description": "not modified"}}


@bp.get("/bundle")
@guards.open_to_all
@bp.doc(responses=_answers(BUNDLE_TYPE))
def bundle() -> Response:
    """Get the signed verifier bundle; send If-None-Match to save the transfer."""
    return _file(publication.BUNDLE, BUNDLE_TYPE)


@bp.get("/status/<int:number>")
@guards.open_to_all
@bp.doc(responses=_answers(publication.LIST_TYPE))
def status_list(number: int) -> Response:
    """Get one status list (Token Status List, CWT)."""
    return _file(f"status/{number}.cwt", publication.LIST_TYPE)


def _file(name: str, media_type: str) -> Response:
    content = publication.read_published(guards.deps(), name)
    response = make_response(content)
    response.mimetype = media_type
    response.set_etag(sha256(content).hexdigest())
    response.headers["Cache-Control"] = "public, max-age=60"
    response.make_conditional(request.environ)
    return response
