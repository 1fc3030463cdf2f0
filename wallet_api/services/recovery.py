"""After a restore from a backup: nothing that was handed out since is handed out again.

The restored database knows nothing of what came after the backup. Three things
must not repeat or go back (crash point C10, goal G29):

- **Status indices.** Lists that were open may have given out more indices than
  the database remembers, and newer lists may exist. All known lists are closed
  and a gap of numbers is left before the next.
- **Bundle versions.** They follow the clock (services/publication.py), and the
  version that is still published counts as well.
- **Revocations.** What the published lists say is revoked or suspended, and the
  restored rows do not, is marked again; an entry whose credential is lost stays
  published for as long as the credential can live.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from credentials.bundle import parse_bundle, verify_bundle
from credentials.errors import CredentialError
from credentials.qr_credential import MAX_LIFE
from credentials.revocation import RevocationSet
from wallet_api.audit import record
from wallet_api.errors import NotPublished
from wallet_api.models import Credential, Publication, StatusList, StatusRemnant
from wallet_api.services import publication, status_lists
from wallet_api.services.deps import Deps
from wallet_api.services.list_tokens import LIST_LIFE

GAP: Final = 1000
"""Lists that may have been opened since the backup: a thousand million credentials."""
ACTOR: Final = "administrator"
REASON: Final = "published before the restore"


@dataclass(frozen=True, slots=True)
class Recovered:
    """What was done: lists closed, the first new list's number, statuses marked again."""

    closed: int
    next_list: int
    marked: int
    lost: int  # published entries whose credential the backup does not have; they stay published


def after_restore(deps: Deps) -> Recovered:
    """Make a restored database safe to issue from. Safe to run twice (a further gap is left)."""
    published = _published(deps)
    now = deps.now()
    with deps.transaction() as db:
        closed = db.scalars(
            update(StatusList)
            .where(StatusList.closed.is_(False))
            .values(closed=True)
            .returning(StatusList.number)
        ).all()
        known = set(db.scalars(select(StatusList.number)))
        seen = set(published.lists) if published else set()
        last = max(known | seen, default=0) + GAP
        for number in sorted({*(seen - known), last}):
            db.add(StatusList(number=number, issued=0, closed=True, created_at=now))
        record(db, "lists.closed", at=now, actor=ACTOR, subject="after restore", lists=len(closed))
        if published is not None:
            _skip_version(db, deps, published.version)
    entries = _entries(published.revocation) if published else []
    marked = [_mark(deps, entry) for entry in entries]
    return Recovered(len(closed), last + 1, marked.count(True), marked.count(None))


@dataclass(frozen=True, slots=True)
class _Entry:
    number: int
    index: int
    status: str


@dataclass(frozen=True, slots=True)
class _Published:
    version: int
    lists: tuple[int, ...]
    revocation: RevocationSet


def _published(deps: Deps) -> _Published | None:
    """Read what the outside has seen last, if the published files survived."""
    try:
        signed = publication.read_published(deps, publication.BUNDLE)
        bundle = verify_bundle(parse_bundle(signed), deps.keys.bundle_root.public_key)
    except (NotPublished, CredentialError):
        return None
    return _Published(bundle.version, bundle.revocation.lists, bundle.revocation)


def _skip_version(db: Session, deps: Deps, version: int) -> None:
    """Remember the published version: the next is above it whatever the clock says."""
    known = db.scalar(select(func.max(Publication.version))) or 0
    if version > known:
        db.add(Publication(version=version, created_at=deps.now()))


def _entries(published: RevocationSet) -> list[_Entry]:
    return [
        _Entry(number, int(index), status)
        for number in published.lists
        for status, indices in (
            (status_lists.REVOKED, published.revoked(number)),
            (status_lists.SUSPENDED, published.suspended(number)),
        )
        for index in indices
    ]


def _mark(deps: Deps, entry: _Entry) -> bool | None:
    """Mark one entry; one without its credential is kept by itself, and gives None."""
    with deps.transaction() as db:
        credential_id = db.scalar(
            select(Credential.id).where(
                Credential.list_number == entry.number, Credential.list_index == entry.index
            )
        )
        if credential_id is not None:
            return bool(
                status_lists.change_status(
                    db, deps, [credential_id], entry.status, reason=REASON, actor=ACTOR
                )
            )
        until = deps.now() + timedelta(seconds=MAX_LIFE) + LIST_LIFE
        db.merge(
            StatusRemnant(
                list_number=entry.number, list_index=entry.index, status=entry.status, until=until
            )
        )
    return None
