"""The page behind a “this was not me” link: looking changes nothing, the form blocks (T09)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import update

from wallet_api.audit import record
from wallet_api.errors import LinkInvalid
from wallet_api.models import NoticeLink, Wallet
from wallet_api.rules import lifecycle
from wallet_api.services import wallets
from wallet_api.services.deps import Deps
from wallet_api.services.notices import link_hash

HOLDER: Final = "holder link"


@dataclass(frozen=True, slots=True)
class LinkFacts:
    """What the page behind a link may show: when the wallet was opened, whether it still is."""

    opened_at: datetime
    blocked: bool
    closed: bool


def look_at(deps: Deps, token: str) -> LinkFacts:
    """Return what the page shows; changes nothing. Raises ``LinkInvalid``."""
    with deps.transaction() as db:
        link = db.get(NoticeLink, link_hash(deps, token))
        if link is None or link.expires_at <= deps.now():
            raise LinkInvalid
        wallet = db.get_one(Wallet, link.wallet_id)
        return LinkFacts(
            wallet.created_at,
            blocked=wallet.state == lifecycle.BLOCKED,
            closed=wallet.state == lifecycle.CLOSED,
        )


def block_by_link(deps: Deps, token: str) -> LinkFacts:
    """Block the wallet of a link, once; again changes nothing. Raises ``LinkInvalid``."""
    now = deps.now()
    with deps.transaction() as db:
        wallet_id = db.execute(
            update(NoticeLink)
            .where(
                NoticeLink.token_hash == link_hash(deps, token),
                NoticeLink.used_at.is_(None),
                NoticeLink.expires_at > now,
            )
            .values(used_at=now)
            .returning(NoticeLink.wallet_id)
        ).scalar_one_or_none()
        if wallet_id is not None:
            wallets.block_wallet(db, deps, wallet_id, reason="not me", actor=HOLDER)
            record(db, "notice.blocked", at=now, actor=HOLDER, subject=wallet_id, wallet=wallet_id)
    return look_at(deps, token)
