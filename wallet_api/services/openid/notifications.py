"""What wallets of others tell of their credentials (OpenID4VCI 1.0 section 11), and its effect.

Telling is optional, so nothing waits for it. `credential_accepted` ends the older copies of the
same document under the same grant that were due for renewal, and no others: a wallet that fetches
more copies keeps those it has. What a wallet deleted or could not keep is revoked.
"""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import Select, select, update
from sqlalchemy.orm import Session

from wallet_api.audit import record
from wallet_api.errors.openid import OpenIdError
from wallet_api.models import Credential
from wallet_api.services import status_lists
from wallet_api.services.deps import Deps
from wallet_api.services.holdings import SUPERSEDED
from wallet_api.services.issued import DELIVERED, ENDED, QR, SIGNED
from wallet_api.services.openid.access import Access
from wallet_api.services.openid.bodies import JSON, Body, read_request

ACCEPTED: Final = "credential_accepted"
REASONS: Final = {
    "credential_failure": "not kept by the wallet",
    "credential_deleted": "deleted by the wallet",
}
ACTOR: Final = "foreign wallet"
BAD_REQUEST: Final = "invalid_notification_request"


def take_note(deps: Deps, access: Access, body: Body) -> None:
    """Take note of an event; the same one again changes nothing.

    OpenIdError invalid_notification_id or invalid_notification_request (section 11.3).
    """
    if body.media != JSON:
        raise OpenIdError(BAD_REQUEST, "send application/json")
    request, _ = read_request(deps, body, error=BAD_REQUEST)
    named, event = request.get("notification_id"), request.get("event")
    if not isinstance(named, str) or not isinstance(event, str):
        raise OpenIdError(BAD_REQUEST, "notification_id or event is missing")
    if event != ACCEPTED and event not in REASONS:
        raise OpenIdError(BAD_REQUEST, "there is no such event")
    if not named.isprintable():  # none of ours; PostgreSQL would stumble over a NUL
        raise _unknown()
    with deps.transaction() as db:
        ids = list(db.scalars(_batch(access, named)))
        if not ids:
            raise _unknown()
        if event == ACCEPTED:
            _mark_delivered(db, deps, ids)
        else:
            _end(db, deps, ids, reason=REASONS[event])


def _batch(access: Access, named: str) -> Select[str]:
    return select(Credential.id).where(
        Credential.batch == named, Credential.grant_id == access.grant, Credential.format != QR
    )


def _mark_delivered(db: Session, deps: Deps, ids: list[str]) -> None:
    now = deps.now()
    arrived = db.execute(
        update(Credential)
        .where(Credential.id.in_(ids), Credential.stage == SIGNED)
        .values(stage=DELIVERED, delivered_at=now)
        .returning(
            Credential.id,
            Credential.grant_id,
            Credential.type,
            Credential.document_key,
            Credential.format,
            Credential.batch,
            Credential.wallet_id,
            Credential.renew_at,
        )
        .execution_options(synchronize_session=False)
    ).all()
    if not arrived:
        return
    older = _older(db, deps, arrived[0])
    _end(db, deps, older, reason=SUPERSEDED)
    for row in arrived:
        record(db, "credential.delivered", at=now, actor=ACTOR, subject=row.id, retired=len(older))


def _older(db: Session, deps: Deps, fresh: Any) -> list[str]:
    """List the copies that the fresh ones take the place of; what is itself due takes none."""
    now = deps.now()
    if fresh.renew_at <= now:
        return []
    return list(
        db.scalars(
            select(Credential.id).where(
                Credential.wallet_id == fresh.wallet_id,
                Credential.grant_id == fresh.grant_id,
                Credential.type == fresh.type,
                Credential.document_key == fresh.document_key,
                Credential.format == fresh.format,
                Credential.batch != fresh.batch,
                Credential.stage.in_((SIGNED, DELIVERED)),
                Credential.renew_at <= now,
            )
        )
    )


def _end(db: Session, deps: Deps, ids: list[str], *, reason: str) -> None:
    status_lists.change_status(db, deps, ids, status_lists.REVOKED, reason=reason, actor=ACTOR)
    db.execute(
        update(Credential)
        .where(Credential.id.in_(ids))
        .values(stage=ENDED)
        .execution_options(synchronize_session=False)
    )


def _unknown() -> OpenIdError:
    return OpenIdError("invalid_notification_id", "this grant has no such notification")
