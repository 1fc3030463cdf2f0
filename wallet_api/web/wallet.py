"""The wallet: menu, issuing, renewal, delivery, blocking."""

from __future__ import annotations

from apiflask import APIBlueprint

from wallet_api.errors import TokenInvalid
from wallet_api.services import holdings, issuance
from wallet_api.services.idempotency import Once
from wallet_api.services.sessions import TokenFacts
from wallet_api.web import guards
from wallet_api.web.schemas.parts import Empty
from wallet_api.web.schemas.wallet import (
    BlockBody,
    CredentialsAnswer,
    DeliveredAnswer,
    DeliveredBody,
    HeldAnswer,
    IssueBody,
    RenewBody,
    StateAnswer,
    WalletAnswer,
)

bp = APIBlueprint("wallet", __name__, url_prefix="/v1/wallet", tag="Wallet")


def _caller() -> tuple[TokenFacts, Once]:
    who = guards.caller()
    if who.token is None or who.once is None:
        raise TokenInvalid
    return who.token, who.once


@bp.get("")
@guards.token()
@bp.output(WalletAnswer)
def read_wallet() -> dict[str, object]:
    """The menu: every document type, and which of them the registry has for you."""
    return holdings.menu(guards.deps(), guards.caller().subject)


@bp.post("/credentials")
@guards.token()
@bp.input(IssueBody, arg_name="body")
@bp.output(CredentialsAnswer, status_code=201)
def issue(body: IssueBody) -> dict[str, object]:
    """Issue the person's documents in all profiles as QR credentials."""
    who, once = _caller()
    keys = [held.model_dump() for held in body.holder_keys]
    return issuance.issue(guards.deps(), who, keys, once=once, types=body.types)


@bp.post("/renewals")
@guards.token(scope="renew")
@bp.input(RenewBody, arg_name="body")
@bp.output(CredentialsAnswer, status_code=201)
def renew(body: RenewBody) -> dict[str, object]:
    """Issue what is past half of its life or changed in the registry; may be empty."""
    who, once = _caller()
    keys = [held.model_dump() for held in body.holder_keys]
    return issuance.issue(guards.deps(), who, keys, once=once, only_due=True)


@bp.post("/credentials/delivered")
@guards.token(scope="renew")
@bp.input(DeliveredBody, arg_name="body")
@bp.output(DeliveredAnswer)
def delivered(body: DeliveredBody) -> dict[str, object]:
    """Confirm that credentials arrived; the older ones of the same document end now."""
    who, once = _caller()
    return holdings.mark_delivered(guards.deps(), who.wallet, body.ids, once=once)


@bp.get("/credentials")
@guards.token(scope="renew")
@bp.output(HeldAnswer)
def list_credentials() -> dict[str, object]:
    """List what the wallet holds, without the bytes."""
    return holdings.list_held(guards.deps(), guards.caller().subject)


@bp.post("/block")
@guards.token()
@bp.input(BlockBody, arg_name="body")
@bp.output(StateAnswer)
def block(body: BlockBody) -> dict[str, object]:
    """Block the wallet: its credentials are suspended with the next publication."""
    who, once = _caller()
    return holdings.block(guards.deps(), who.wallet, body.reason, once=once)


@bp.post("/close")
@guards.token()
@bp.input(Empty, arg_name="body")
@bp.output(StateAnswer)
def close(body: Empty) -> dict[str, object]:  # noqa: ARG001 - must be empty
    """Unbind this phone for good; its credentials are revoked."""
    who, once = _caller()
    return holdings.close(guards.deps(), who.wallet, once=once)
