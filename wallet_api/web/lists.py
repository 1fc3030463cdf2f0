"""What verifiers fetch: bundle and status lists. A CDN or nginx may serve the same files."""

from __future__ import annotations

from hashlib import sha256
from typing import Any, Final

from apiflask import APIBlueprint
from flask import Response, make_response, request

from wallet_api.errors import NotAcceptable
from wallet_api.services import bundle_files, publication
from wallet_api.services.list_tokens import CWT, JWT, LIST_TTL, MEDIA_TYPES
from wallet_api.web import guards

bp = APIBlueprint("lists", __name__, url_prefix="/v1/lists", tag="Lists")
PREFIX: Final = "/v1/lists/status/"
BUNDLE_TYPE: Final = "application/cose"
# A verifier may keep a list as long as the list says of itself; what stands between them, and
# would add its own time to that, for a minute.
LIST_HEADERS: Final = {
    "Cache-Control": f"public, max-age={int(LIST_TTL.total_seconds())}, s-maxage=60",
    "Vary": "Accept",
    "Access-Control-Allow-Origin": "*",  # Token Status List, section 8.1
    "Access-Control-Expose-Headers": "ETag",
    "Cross-Origin-Resource-Policy": "cross-origin",
}
_FORMS: Final = {media_type: form for form, media_type in MEDIA_TYPES.items()}
OFTEN: Final = _FORMS | {"": JWT, "*/*": JWT}


def _answers(*media_types: str) -> dict[Any, Any]:
    binary = {"schema": {"type": "string", "format": "binary"}}
    found = {"description": "the signed file", "content": dict.fromkeys(media_types, binary)}
    return {200: found, 304: {"description": "not modified"}}


@bp.get("/bundle")
@guards.open_to_all
@bp.doc(responses=_answers(BUNDLE_TYPE))
def bundle() -> Response:
    """Get the signed verifier bundle; send If-None-Match to save the transfer."""
    content = publication.read_published(guards.deps(), publication.BUNDLE)
    response = make_response(content)
    response.mimetype = BUNDLE_TYPE
    response.set_etag(sha256(content).hexdigest())
    response.headers["Cache-Control"] = "public, max-age=60"
    response.make_conditional(request.environ)
    return response


@bp.get("/relying-parties")
@guards.open_to_all
@bp.doc(responses=_answers(BUNDLE_TYPE))
def relying_parties() -> Response:
    """Get what tells a genuine desk: key sets and revoked certificates of relying parties.

    For phones; send If-None-Match to save the transfer.
    """
    content = publication.read_published(guards.deps(), publication.RELYING_PARTIES)
    response = make_response(content)
    response.mimetype = BUNDLE_TYPE
    response.set_etag(sha256(content).hexdigest())
    response.headers["Cache-Control"] = "public, max-age=60"
    response.make_conditional(request.environ)
    return response


@bp.get("/bundles/<name>")
@guards.open_to_all
@bp.doc(hide=True)
def bundle_file(name: str) -> Response:
    """Get a file of the folder that `verifier sync` reads; ranges and ETags as a web server."""
    content = bundle_files.read_file(guards.deps(), name)
    index = name == bundle_files.INDEX
    response = make_response(content)
    response.mimetype = "application/json" if index else BUNDLE_TYPE
    response.set_etag(sha256(content).hexdigest())
    response.headers["Cache-Control"] = "public, max-age=60"
    response.make_conditional(request.environ, accept_ranges=True, complete_length=len(content))
    return response


@bp.get("/status/<int:number>")
@guards.open_to_all
@bp.doc(responses=_answers(*MEDIA_TYPES.values()))
def status_list(number: int) -> Response:
    """Get one status list (Token Status List), as JWT unless Accept asks for the CWT.

    Send If-None-Match to save the transfer. Open to every origin.
    """
    form = _wanted(request.headers.get("Accept", ""))
    held = publication.open_list(guards.deps(), number, form)
    if _has(held.etag):
        response = Response(status=304)
        del response.headers["Content-Type"]
    else:
        response = Response(held.content, content_type=MEDIA_TYPES[form])
    response.headers.extend(LIST_HEADERS, ETag=held.etag)
    return response


def _wanted(accept: str) -> str:
    """Choose the form that the client likes best, the JWT where it likes both; NotAcceptable."""
    form = OFTEN.get(accept)
    if form is not None:
        return form
    media_type = request.accept_mimetypes.best_match([MEDIA_TYPES[JWT], MEDIA_TYPES[CWT]])
    if media_type is None:
        raise NotAcceptable
    return _FORMS[media_type]


def _has(etag: str) -> bool:
    """Say whether the client has these very bytes already."""
    sent = request.headers.get("If-None-Match")
    return sent is not None and (sent == etag or request.if_none_match.contains_weak(etag[1:-1]))
