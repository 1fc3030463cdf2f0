"""The resident's decision about what another wallet asks for."""

from __future__ import annotations

from apiflask import APIBlueprint

from wallet_api.services.openid import approvals
from wallet_api.web import guards
from wallet_api.web.schemas.authorizations import (
    AuthorizationAnswer,
    DecisionAnswer,
    DecisionBody,
)

bp = APIBlueprint("authorizations", __name__, url_prefix="/v1/wallet/authorizations", tag="Wallet")


@bp.get("/<string:authorization_id>")
@guards.device("authorize", subject="wallet")
@bp.output(AuthorizationAnswer)
def look(authorization_id: str) -> dict[str, object]:
    """Who asks for copies of which documents, and the number that the page must show as well."""
    return approvals.look(guards.deps(), guards.caller().subject, authorization_id)


@bp.post("/<string:authorization_id>")
@guards.device("authorize", subject="wallet")
@bp.input(DecisionBody, arg_name="body")
@bp.output(DecisionAnswer)
def decide(authorization_id: str, body: DecisionBody) -> dict[str, object]:
    """Approve with device key and PIN key, or refuse with the device key alone."""
    who = guards.caller()
    choice = approvals.Choice(body.decision, body.number)
    return approvals.decide(
        guards.deps(), who.subject, authorization_id, choice, who.pin_proof, once=who.once
    )
