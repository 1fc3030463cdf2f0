"""The counter's side: kiosks, shifts, who waits, confirming, refusing, blocking."""

from __future__ import annotations

from typing import Any

from apiflask import APIBlueprint
from flask import Response

from wallet_api.errors import ShiftEnded
from wallet_api.services import (
    counter,
    counter_day,
    counter_queue,
    kiosk_certificates,
    kiosks,
    person_blocks,
    shift_opening,
    shifts,
)
from wallet_api.services.counter import Confirmation
from wallet_api.services.counter_queue import Desk
from wallet_api.services.shift_opening import SignIn
from wallet_api.services.shifts import ShiftFacts
from wallet_api.web import guards
from wallet_api.web.schemas.activation import (
    AcceptedAnswer,
    BlockNikBody,
    CertificateAnswer,
    ConfirmAnswer,
    ConfirmBody,
    DayAnswer,
    KioskEnrolAnswer,
    KioskEnrolBody,
    QueueAnswer,
    RefuseAnswer,
    RefuseBody,
    ShiftAnswer,
    ShiftBody,
)
from wallet_api.web.schemas.parts import Empty

bp = APIBlueprint("kiosks", __name__, url_prefix="/v1/kiosks", tag="Kiosk")

_BYTES: dict[str, Any] = {"schema": {"type": "string", "format": "binary"}}
_Answers = dict[int | str, dict[str, str | dict[str, dict[str, Any]]]]
_PHOTO: _Answers = {
    200: {"description": "The registry's photograph", "content": {"image/jpeg": _BYTES}}
}
_SELFIE: _Answers = {
    200: {
        "description": "The picture that the phone took",
        "content": {"image/jpeg": _BYTES, "image/png": _BYTES, "image/webp": _BYTES},
    }
}


@bp.get("/certificates/<string:kid>")
@guards.open_to_all
@bp.output(CertificateAnswer)
def read_certificate(kid: str) -> dict[str, object]:
    """Get the certificate of a scanned frame's key id; the app checks it against its pinned CA."""
    return kiosk_certificates.show(guards.deps(), kid)


@bp.post("")
@guards.kiosk("kiosk_enrol", operator=False)
@bp.input(KioskEnrolBody, arg_name="body")
@bp.output(KioskEnrolAnswer, status_code=201)
def enrol(body: KioskEnrolBody) -> dict[str, object]:
    """Enrol a kiosk with the one-time token of `admin kiosks add`."""
    return kiosks.enrol_kiosk(
        guards.deps(),
        token=body.token,
        identity_key=body.identity_key.model_dump(),
        name=body.name,
        once=guards.caller().once,
    )


@bp.post("/<string:kiosk_id>/shifts")
@guards.kiosk("shift_open", operator=False)
@bp.input(ShiftBody, arg_name="body")
@bp.output(ShiftAnswer, status_code=201)
def open_shift(kiosk_id: str, body: ShiftBody) -> dict[str, object]:
    """Sign an operator in and certify the shift's frame key."""
    sign_in = SignIn(body.username, body.password, body.totp)
    key = body.frame_key.model_dump()
    once = guards.caller().once
    return shift_opening.open_shift(guards.deps(), kiosk_id, sign_in, key, once=once)


@bp.post("/<string:kiosk_id>/shifts/close")
@guards.kiosk("shift_close")
@bp.input(Empty, arg_name="body")
@bp.output(Empty)
def close_shift(kiosk_id: str, body: Empty) -> dict[str, object]:  # noqa: ARG001 - must be empty
    """Sign the operator out."""
    return shifts.close_shift(guards.deps(), _shift(), once=guards.caller().once)


@bp.get("/<string:kiosk_id>/queue")
@guards.kiosk("queue")
@bp.output(QueueAnswer)
def read_queue(kiosk_id: str) -> dict[str, object]:
    """Who waits at this counter, and who needs a second officer in this office."""
    return counter_queue.list_queue(guards.deps(), Desk(kiosk_id, _shift()))


@bp.get("/<string:kiosk_id>/today")
@guards.kiosk("today")
@bp.output(DayAnswer)
def read_day(kiosk_id: str) -> dict[str, object]:
    """What went wrong today, by reason, at this counter and in its office."""
    return counter_day.show_day(guards.deps(), Desk(kiosk_id, _shift()))


@bp.get("/<string:kiosk_id>/queue/<string:enrolment_id>/photo")
@guards.kiosk("photo")
@bp.doc(responses=_PHOTO)
def read_photo(kiosk_id: str, enrolment_id: str) -> Response:
    """Get the registry's photograph of a waiting person."""
    photo = counter_queue.load_photo(guards.deps(), Desk(kiosk_id, _shift()), enrolment_id)
    return _picture(photo, "image/jpeg")


@bp.get("/<string:kiosk_id>/queue/<string:enrolment_id>/selfie")
@guards.kiosk("selfie")
@bp.doc(responses=_SELFIE)
def read_selfie(kiosk_id: str, enrolment_id: str) -> Response:
    """Get the picture the phone took of a waiting person, where an officer decides the face."""
    picture = counter_queue.load_selfie(guards.deps(), Desk(kiosk_id, _shift()), enrolment_id)
    return _picture(picture, _kind_of(picture))


def _picture(data: bytes, kind: str) -> Response:
    response = Response(data, mimetype=kind)
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response


def _kind_of(data: bytes) -> str:
    """Return the type of a picture that the matcher has read: JPEG, PNG or WebP."""
    if data.startswith(b"\x89PNG"):
        return "image/png"
    return "image/webp" if data.startswith(b"RIFF") else "image/jpeg"


@bp.post("/<string:kiosk_id>/queue/<string:enrolment_id>/confirm")
@guards.kiosk("activation_confirm")
@bp.input(ConfirmBody, arg_name="body")
@bp.output(ConfirmAnswer)
def confirm(kiosk_id: str, enrolment_id: str, body: ConfirmBody) -> dict[str, object]:
    """Step 7: the officer saw person and phone, and typed the number."""
    return counter.confirm(
        guards.deps(),
        Desk(kiosk_id, _shift()),
        enrolment_id,
        Confirmation(body.number, body.face_decision, body.face_reason),
        once=guards.caller().once,
    )


@bp.post("/<string:kiosk_id>/queue/<string:enrolment_id>/refuse")
@guards.kiosk("activation_refuse")
@bp.input(RefuseBody, arg_name="body")
@bp.output(RefuseAnswer)
def refuse(kiosk_id: str, enrolment_id: str, body: RefuseBody) -> dict[str, object]:
    """Step 7, the other way: refuse with a reason."""
    desk, once = Desk(kiosk_id, _shift()), guards.caller().once
    return counter.refuse(guards.deps(), desk, enrolment_id, body.reason, once=once)


@bp.post("/<string:kiosk_id>/blocks")
@guards.kiosk("block_nik")
@bp.input(BlockNikBody, arg_name="body")
@bp.output(AcceptedAnswer, status_code=202)
def block_nik(kiosk_id: str, body: BlockNikBody) -> dict[str, object]:
    """Block a person's wallet by NIK. The answer is the same whether or not there is one."""
    desk, once = Desk(kiosk_id, _shift()), guards.caller().once
    return person_blocks.block_at_counter(guards.deps(), desk, body.nik, body.reason, once=once)


def _shift() -> ShiftFacts:
    shift = guards.caller().shift
    if shift is None:
        raise ShiftEnded
    return shift
