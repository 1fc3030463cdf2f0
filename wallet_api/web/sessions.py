"""Opening a session with device key and PIN key."""

from __future__ import annotations

from apiflask import APIBlueprint

from wallet_api.errors import StatementInvalid
from wallet_api.services import sessions
from wallet_api.web import guards
from wallet_api.web.schemas.wallet import SessionAnswer, SessionBody

bp = APIBlueprint("sessions", __name__, url_prefix="/v1/sessions", tag="Session")


@bp.post("")
@guards.device("session", subject="wallet")
@bp.input(SessionBody, arg_name="body")
@bp.output(SessionAnswer, status_code=201)
def open_session(body: SessionBody) -> dict[str, object]:
    """Open a session of ten minutes; scope `renew` needs no PIN and may only renew."""
    who = guards.caller()
    if body.wallet != who.subject:
        raise StatementInvalid
    return sessions.open_session(
        guards.deps(), who.subject, body.scope, who.pin_proof, once=who.once
    )
