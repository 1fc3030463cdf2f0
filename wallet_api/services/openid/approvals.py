"""The resident's decision about another wallet's request, in the national app.

The app shows who asks, for which documents, and the number that the page shows as well; approving
takes the device key and the PIN key, refusing the device key alone.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Final, Literal

from sqlalchemy import update
from sqlalchemy.orm import Session

from credentials.statement import UnverifiedStatement
from wallet_api.audit import record
from wallet_api.errors import NotFound, PinProofMissing
from wallet_api.models import OpenIdOffer, OpenIdRequest, Wallet
from wallet_api.services import pins, sessions
from wallet_api.services.deps import Deps
from wallet_api.services.enrolment_view import iso
from wallet_api.services.idempotency import Once, remember
from wallet_api.services.openid import authorizations, codes, offers

Decision = Literal["approve", "refuse"]
APPROVE: Final = "approve"


@dataclass(frozen=True, slots=True)
class Choice:
    """What the resident decided, and the number that the app had shown."""

    decision: Decision
    number: str


def look(deps: Deps, wallet_id: str, request_id: str) -> dict[str, object]:
    """Return what the app shows before the decision; raises ``NotFound`` when it is over."""
    with deps.reading() as db:
        wallet = db.get_one(Wallet, wallet_id)
        sessions.demand_active(wallet.state)
        row = _load(db, deps, wallet_id, request_id)
    return {
        "id": row.id,
        "client": authorizations.describe_client(row),
        "client_id": row.client_id,
        "attested": row.attested,
        "documents": authorizations.list_documents(deps, row),
        "number": row.number,
        "expires_at": iso(row.expires_at),
    }


def decide(
    deps: Deps,
    wallet_id: str,
    request_id: str,
    choice: Choice,
    proof: UnverifiedStatement | None,
    *,
    once: Once | None,
) -> dict[str, object]:
    """Approve or refuse; raises ``PinWrong``, ``PinWait``, ``WalletBlocked``, ``NotFound``."""
    approved = choice.decision == APPROVE
    if approved:
        if proof is None:
            raise PinProofMissing
        with deps.reading() as db:
            _load(db, deps, wallet_id, request_id)
        pins.check_wallet_pin(deps, wallet_id, proof)
    state = codes.APPROVED if approved else authorizations.REFUSED
    with deps.transaction() as db:
        sessions.demand_active(db.get_one(Wallet, wallet_id).state)
        row = _load(db, deps, wallet_id, request_id)
        _settle(db, deps, row, wallet_id=wallet_id, number=choice.number, state=state)
        names = json.loads(row.configurations)
        facts = {"configurations": names} if approved else {}
        event = "openid.authorized" if approved else "openid.refused"
        record(db, event, at=deps.now(), actor="device", subject=wallet_id, request=row.id, **facts)
        answer: dict[str, object] = {"id": request_id, "decision": choice.decision}
        remember(db, deps, once, 200, answer)
    return answer


def _load(db: Session, deps: Deps, wallet_id: str, request_id: str) -> OpenIdRequest:
    """Return a request that waits for this wallet's holder, or anybody's."""
    row = db.get(OpenIdRequest, request_id)
    if row is None or row.state != authorizations.SHOWN or row.expires_at <= deps.now():
        raise NotFound
    if row.offer_id is not None:
        offer = db.get(OpenIdOffer, row.offer_id)
        if offer is None or offer.wallet_id != wallet_id:
            raise NotFound
    return row


def _settle(
    db: Session, deps: Deps, row: OpenIdRequest, *, wallet_id: str, number: str, state: str
) -> None:
    """Move the request on, once; an offer behind it is taken with the approval."""
    moved = db.execute(
        update(OpenIdRequest)
        .where(
            OpenIdRequest.id == row.id,
            OpenIdRequest.state == authorizations.SHOWN,
            OpenIdRequest.expires_at > deps.now(),
            OpenIdRequest.number == number,
        )
        .values(state=state, wallet_id=wallet_id, expires_at=deps.now() + authorizations.KEPT_AFTER)
        .returning(OpenIdRequest.id)
        .execution_options(synchronize_session=False)
    ).first()
    if moved is None:
        raise NotFound
    approved = state == codes.APPROVED
    if approved and row.offer_id is not None and not offers.take_offer(db, deps, row.offer_id):
        raise NotFound
