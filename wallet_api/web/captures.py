"""Step 3 on the phone: the capture of a face, prompt by prompt, and its frames."""

from __future__ import annotations

from apiflask import APIBlueprint
from flask import request

from credentials.errors import FormatError
from credentials.jwk import b64url_decode
from wallet_api.errors import InputInvalid
from wallet_api.services import capture_upload, captures
from wallet_api.web import guards
from wallet_api.web.schemas.captures import Capture, DigestsBody
from wallet_api.web.schemas.parts import Empty

bp = APIBlueprint(
    "captures",
    __name__,
    url_prefix="/v1/enrolments/<string:enrolment_id>/face/captures",
    tag="Enrolment",
)


@bp.post("")
@guards.device("face_capture")
@bp.input(Empty, arg_name="body")
@bp.output(Capture, status_code=201)
def open_capture(enrolment_id: str, body: Empty) -> dict[str, object]:  # noqa: ARG001 - must be empty
    """Open a capture and get its first prompt. One that was under way is abandoned."""
    return captures.open_capture(guards.deps(), enrolment_id, once=guards.caller().once)


@bp.get("/<string:capture_id>")
@guards.device("face_capture_status")
@bp.output(Capture)
def read_capture(enrolment_id: str, capture_id: str) -> dict[str, object]:
    """Where the capture stands: the prompt that waits, the frames that are missing."""
    return captures.read(guards.deps(), enrolment_id, capture_id)


@bp.post("/<string:capture_id>/digests")
@guards.device("face_digests")
@bp.input(DigestsBody, arg_name="body")
@bp.output(Capture)
def answer_prompt(enrolment_id: str, capture_id: str, body: DigestsBody) -> dict[str, object]:
    """Answer the prompt with the digests of the frames just taken; the next prompt comes back."""
    try:
        digests = [b64url_decode(digest) for digest in body.digests]
    except FormatError:
        raise InputInvalid(errors=[{"field": "digests", "code": "FIELD_INVALID"}]) from None
    once = guards.caller().once
    return captures.answer_prompt(
        guards.deps(), enrolment_id, capture_id, body.prompt, digests, once=once
    )


@bp.post("/<string:capture_id>/frames")
@guards.device("face_frame", picture=True)
@bp.output(Capture)
def take_frame(enrolment_id: str, capture_id: str) -> dict[str, object]:
    """Send one promised frame, its bytes as the body. The same frame twice is fine."""
    data = request.get_data(cache=True)
    once = guards.caller().once
    return capture_upload.take_frame(guards.deps(), enrolment_id, capture_id, data, once=once)
