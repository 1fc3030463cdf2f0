"""Whether the service can work, and how far behind it is: for /readyz and /metrics.

Every query here is answered from an index or a table of a few rows: a metric
must not be what slows the service down.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from cryptography import x509
from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from credentials.errors import CredentialError
from credentials.key_set import verify_key_sets
from wallet_api.models import JobRun, OutboxMessage, Publication
from wallet_api.services import recommended_policies
from wallet_api.services.deps import Deps

LISTS_TOO_OLD: Final = timedelta(minutes=15)
"""Older published lists than this call for a person: revocations no longer get out."""


CERTIFICATES_TOO_OLD: Final = timedelta(days=60)
"""With less time left than this, credentials issued today still verify to their last day."""


@dataclass(frozen=True, slots=True)
class Backlog:
    """Messages of one kind that wait: how many, how many failed before, the age of the oldest."""

    kind: str
    waiting: int
    retried: int
    oldest_seconds: float


@dataclass(frozen=True, slots=True)
class JobSigns:
    """When a periodic job last ended well, and how often it failed since."""

    name: str
    finished_at: datetime | None
    failures: int


@dataclass(frozen=True, slots=True)
class Signs:
    """What the database says of the work behind the requests."""

    backlog: tuple[Backlog, ...]
    jobs: tuple[JobSigns, ...]
    version: int | None
    published_at: datetime | None
    lists_age_seconds: float | None


@dataclass(frozen=True, slots=True)
class Readiness:
    """One answer a check: "ok", or what is wrong in one word. ``ready`` decides."""

    ready: bool
    checks: dict[str, str]
    lists_age_seconds: float | None


def read(deps: Deps) -> Signs:
    """Read the signs; raises ``SQLAlchemyError`` when the database does not answer."""
    now = deps.now()
    with deps.transaction() as db:
        version, published_at = _last_publication(db)
        age = (now - published_at).total_seconds() if published_at else None
        return Signs(_backlog(db, now), _jobs(db), version, published_at, age)


def check(deps: Deps) -> Readiness:
    """Check what a worker needs to answer requests.

    Old lists, keys near their end and policies that cannot be used are reported, but do not
    take the worker out of service: it has other work, and restarting it would mend none of them.
    """
    checks = {"keys": _check_keys(deps)}
    if checks["keys"] == "ok":
        checks["certificates"] = _check_certificates(deps)
        checks["key_set"] = _check_key_set(deps)
    age = None
    try:
        with deps.transaction() as db:
            _, published_at = _last_publication(db)
        checks["database"] = "ok"
    except SQLAlchemyError:
        checks["database"] = "unreachable"
    else:
        age = (deps.now() - published_at).total_seconds() if published_at else None
        fresh = age is not None and age <= LISTS_TOO_OLD.total_seconds()
        checks["lists"] = "ok" if fresh else "never published" if age is None else "too old"
    checks["policies"] = recommended_policies.check(deps)
    ready = checks["keys"] == "ok" and checks["database"] == "ok"
    return Readiness(ready, checks, age)


def _check_keys(deps: Deps) -> str:
    """Load every key: a file that is gone or unreadable shows here, not at the first signature."""
    keys = deps.keys
    try:
        _ = (
            keys.bundle_root,
            keys.publisher,
            keys.key_sets,
            keys.token_key,
            keys.time_key,
            keys.challenge_key,
            keys.kiosk_ca,
        )
        _ = (keys.issuer_root, keys.sd_jwt, keys.document_signer, keys.status, keys.request_key)
        for held in deps.catalogue.types:
            keys.issuer_for(held.name, deps.now())
    except LookupError:
        return "no issuer key for today"
    except (OSError, ValueError):
        return "unreadable"
    return "ok"


def _check_certificates(deps: Deps) -> str:
    keys = deps.keys
    leaves = (one.chain[0] for one in (keys.sd_jwt, keys.document_signer, keys.status))
    held = (keys.issuer_root, *map(x509.load_der_x509_certificate, leaves))
    return _in_time(min(one.not_valid_after_utc for one in held) - deps.now())


def _check_key_set(deps: Deps) -> str:
    """Look when terminals stop believing bundles: at the set's end, or at the publisher's in it."""
    keys = deps.keys
    try:
        held = verify_key_sets(keys.key_sets, keys.bundle_root.public_key).keys
    except CredentialError:
        return "unusable"
    ends = [key.not_after for key in held.roles if key.kid == keys.publisher.kid]
    ends_at = datetime.fromtimestamp(min(held.expires_at, *ends), UTC)
    return _in_time(ends_at - deps.now())


def _in_time(left: timedelta) -> str:
    if left <= timedelta():
        return "expired"
    return "ok" if left > CERTIFICATES_TOO_OLD else "end soon"


def _last_publication(db: Session) -> tuple[int | None, datetime | None]:
    row = db.execute(
        select(Publication.version, Publication.created_at)
        .where(Publication.completed_at.is_not(None))
        .order_by(Publication.version.desc())
        .limit(1)
    ).first()
    return (row.version, row.created_at) if row else (None, None)


def _backlog(db: Session, now: datetime) -> tuple[Backlog, ...]:
    rows = db.execute(
        select(
            OutboxMessage.kind,
            func.count(),
            func.count().filter(OutboxMessage.attempts > 1),
            func.min(OutboxMessage.created_at),
        )
        .where(OutboxMessage.done_at.is_(None), OutboxMessage.due_at <= now)
        .group_by(OutboxMessage.kind)
    )
    return tuple(
        Backlog(kind, waiting, retried, (now - oldest).total_seconds())
        for kind, waiting, retried, oldest in rows
    )


def _jobs(db: Session) -> tuple[JobSigns, ...]:
    rows = db.scalars(select(JobRun).order_by(JobRun.name))
    return tuple(JobSigns(row.name, row.finished_at, row.failures) for row in rows)
