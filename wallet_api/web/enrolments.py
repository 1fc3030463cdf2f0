"""The steps of an enrolment up to the PIN, and its status."""

from __future__ import annotations

from apiflask import APIBlueprint

from wallet_api.errors import PinProofMissing, StatementInvalid
from wallet_api.services import contacts, enrolments, faces, proofs
from wallet_api.web import face_room, guards
from wallet_api.web.schemas.captures import FaceBody
from wallet_api.web.schemas.enrolments import (
    CodesBody,
    ContactBody,
    FaceOfficeBody,
    PinBody,
    StartBody,
    Status,
)
from wallet_api.web.schemas.parts import Empty

bp = APIBlueprint("enrolments", __name__, url_prefix="/v1/enrolments", tag="Enrolment")


@bp.post("")
@guards.device("start", subject="new")
@bp.input(StartBody, arg_name="body")
@bp.output(Status, status_code=202)
def start(body: StartBody) -> dict[str, object]:
    """Step 1: start an enrolment. The answer is the same whether or not the NIK exists."""
    who = guards.caller()
    if who.statement is None or not proofs.is_by(who.statement, body.device_key.model_dump()):
        raise StatementInvalid
    asked = enrolments.Start(
        nik=body.nik,
        email=body.email,
        phone=body.phone,
        device_key=body.device_key.model_dump(),
        platform=body.platform,
        os_version=body.os_version,
        app_version=body.app_version,
        device_model=body.device_model,
        consent_version=body.consent_version,
        language=body.language,
        network=guards.network(),
    )
    return enrolments.start(guards.deps(), asked, once=who.once)


@bp.get("/<string:enrolment_id>")
@guards.device("status")
@bp.output(Status)
def status(enrolment_id: str) -> dict[str, object]:
    """State, next step, its deadline, poll interval and server time."""
    return enrolments.status(guards.deps(), enrolment_id)


@bp.post("/<string:enrolment_id>/contact/codes")
@guards.device("contact_codes")
@bp.input(CodesBody, arg_name="body")
@bp.output(Status, status_code=202)
def send_codes(enrolment_id: str, body: CodesBody) -> dict[str, object]:
    """Step 2: send codes again; the older ones stop working."""
    once = guards.caller().once
    return contacts.resend(guards.deps(), enrolment_id, body.channels, once=once)


@bp.post("/<string:enrolment_id>/contact")
@guards.device("contact")
@bp.input(ContactBody, arg_name="body")
@bp.output(Status)
def verify_contact(enrolment_id: str, body: ContactBody) -> dict[str, object]:
    """Step 2: prove the e-mail address and the phone."""
    sent = {"email": body.email_code, "sms": body.sms_code}
    codes = {channel: code for channel, code in sent.items() if code is not None}
    return contacts.verify(guards.deps(), enrolment_id, codes, once=guards.caller().once)


@bp.post("/<string:enrolment_id>/face")
@face_room.demanded
@guards.device("face")
@bp.input(FaceBody, arg_name="body")
@bp.output(Status)
def submit_face(enrolment_id: str, body: FaceBody) -> dict[str, object]:
    """Step 3: compare a capture; answers yes, try again, or that an officer will look."""
    return faces.submit(guards.deps(), enrolment_id, body.capture, once=guards.caller().once)


@bp.post("/<string:enrolment_id>/face/office")
@guards.device("face_office")
@bp.input(FaceOfficeBody, arg_name="body")
@bp.output(Status)
def face_at_office(enrolment_id: str, body: FaceOfficeBody) -> dict[str, object]:
    """Step 3, the other way: an officer compares the face at the counter."""
    return faces.to_office(guards.deps(), enrolment_id, body.reason, once=guards.caller().once)


@bp.post("/<string:enrolment_id>/pin")
@guards.device("pin", pin=True)
@bp.input(PinBody, arg_name="body")
@bp.output(Status)
def set_pin(enrolment_id: str, body: PinBody) -> dict[str, object]:
    """Step 4: the public PIN key, proven by its own signature."""
    who = guards.caller()
    if who.pin_proof is None:
        raise PinProofMissing
    key = body.pin_key.model_dump()
    return enrolments.set_pin(guards.deps(), enrolment_id, key, who.pin_proof, once=who.once)


@bp.post("/<string:enrolment_id>/cancel")
@guards.device("cancel")
@bp.input(Empty, arg_name="body")
@bp.output(Status)
def cancel(enrolment_id: str, body: Empty) -> dict[str, object]:  # noqa: ARG001 - must be empty
    """End the enrolment."""
    return enrolments.cancel(guards.deps(), enrolment_id, once=guards.caller().once)
