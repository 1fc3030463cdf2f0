"""Steps 5 and 6 on the phone: scan, confirm with the PIN."""

from __future__ import annotations

from apiflask import APIBlueprint

from wallet_api.errors import PinProofMissing
from wallet_api.services import activation
from wallet_api.web import guards
from wallet_api.web.schemas.enrolments import ClaimBody, Status
from wallet_api.web.schemas.parts import Empty

bp = APIBlueprint("activation", __name__, url_prefix="/v1/enrolments", tag="Activation")


@bp.post("/<string:enrolment_id>/claim")
@guards.device("claim")
@bp.input(ClaimBody, arg_name="body")
@bp.output(Status)
def claim(enrolment_id: str, body: ClaimBody) -> dict[str, object]:
    """Step 5: post the scanned frame at once; it is accepted for 20 seconds, once."""
    return activation.claim(guards.deps(), enrolment_id, body.frame, once=guards.caller().once)


@bp.post("/<string:enrolment_id>/confirm")
@guards.device("confirm", pin=True)
@bp.input(Empty, arg_name="body")
@bp.output(Status)
def confirm(enrolment_id: str, body: Empty) -> dict[str, object]:  # noqa: ARG001 - must be empty
    """Step 6: confirm with the PIN within 120 seconds; the answer has the number to show."""
    who = guards.caller()
    if who.pin_proof is None:
        raise PinProofMissing
    return activation.confirm(guards.deps(), enrolment_id, who.pin_proof, once=who.once)
