"""Operators' passkeys at the counter: browser to kiosk to here (WebAuthn Level 3)."""

from __future__ import annotations

from apiflask import APIBlueprint

from wallet_api.errors import ShiftEnded
from wallet_api.rules.passkeys import Assertion, Attestation
from wallet_api.services import passkeys, shift_opening
from wallet_api.services.counter_queue import Desk
from wallet_api.web import guards
from wallet_api.web.schemas.activation import ShiftAnswer
from wallet_api.web.schemas.passkeys import (
    AddChallengeBody,
    AddQuestion,
    ChallengeBody,
    PasskeyAnswer,
    PasskeyBody,
    PasskeysAnswer,
    PasskeyShiftBody,
    SignInQuestion,
)

bp = APIBlueprint("passkeys", __name__, url_prefix="/v1/kiosks/<string:kiosk_id>", tag="Kiosk")


@bp.post("/passkey-challenges")
@guards.kiosk("passkey_challenge", operator=False)
@bp.input(ChallengeBody, arg_name="body")
@bp.output(SignInQuestion, status_code=201)
def ask_to_sign_in(kiosk_id: str, body: ChallengeBody) -> dict[str, object]:
    """Get what the console asks the browser for: a passkey of any operator."""
    return passkeys.ask_to_sign_in(guards.deps(), kiosk_id, body.origin)


@bp.post("/passkey-shifts")
@guards.kiosk("passkey_shift_open", operator=False)
@bp.input(PasskeyShiftBody, arg_name="body")
@bp.output(ShiftAnswer, status_code=201)
def open_shift(kiosk_id: str, body: PasskeyShiftBody) -> dict[str, object]:
    """Sign an operator in by passkey and certify the shift's frame key."""
    return shift_opening.open_shift_by_passkey(
        guards.deps(),
        kiosk_id,
        Assertion(**body.passkey.model_dump()),
        body.frame_key.model_dump(),
        once=guards.caller().once,
    )


@bp.get("/passkeys")
@guards.kiosk("passkeys")
@bp.output(PasskeysAnswer)
def list_own(kiosk_id: str) -> dict[str, object]:
    """List the passkeys of the operator on shift."""
    return passkeys.list_own(guards.deps(), _desk(kiosk_id))


@bp.post("/passkeys/challenges")
@guards.kiosk("passkey_add_challenge")
@bp.input(AddChallengeBody, arg_name="body")
@bp.output(AddQuestion, status_code=201)
def ask_to_add(kiosk_id: str, body: AddChallengeBody) -> dict[str, object]:
    """Get what the console asks the browser to make; wants the password once more."""
    return passkeys.ask_to_add(
        guards.deps(), _desk(kiosk_id), origin=body.origin, password=body.password
    )


@bp.post("/passkeys")
@guards.kiosk("passkey_add")
@bp.input(PasskeyBody, arg_name="body")
@bp.output(PasskeyAnswer, status_code=201)
def add(kiosk_id: str, body: PasskeyBody) -> dict[str, object]:
    """Keep the passkey that the browser made."""
    return passkeys.add(
        guards.deps(),
        _desk(kiosk_id),
        Attestation(**body.passkey.model_dump()),
        name=body.name,
        once=guards.caller().once,
    )


def _desk(kiosk_id: str) -> Desk:
    shift = guards.caller().shift
    if shift is None:
        raise ShiftEnded
    return Desk(kiosk_id, shift)
