"""Publishing what verifiers need: the signed bundle and the status lists of one moment.

Everything of a version is written into a folder of its own; one atomic rename
of the link ``current`` makes it visible, so that a verifier gets the old or the
new, never half of each (crash points C13, C14). A version is a row that exists
once; it follows the clock, so that it never goes back, not even after a restore.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache, lru_cache
from pathlib import Path
from typing import Final

from sqlalchemy import func, select, update
from sqlalchemy.exc import IntegrityError

from credentials.bundle import Bundle, parse_bundle, sign_bundle, verify_bundle
from credentials.regions import Regions, pack_regions
from credentials.relying_party_list import parse_list, sign_list, verify_list
from credentials.revocation import RevocationSet
from credentials.trust import TrustList
from wallet_api import data
from wallet_api.audit import record
from wallet_api.errors import NotPublished
from wallet_api.models import Credential, Publication, StatusRemnant
from wallet_api.models import StatusList as StatusListRow
from wallet_api.services import recommended_policies, relying_parties
from wallet_api.services.bundle_files import add_beside, add_bundle
from wallet_api.services.deps import Deps
from wallet_api.services.list_tokens import LIST_LIFE
from wallet_api.services.list_tokens import sign_list as sign_status_list
from wallet_api.services.status_lists import GOOD, REVOKED, SUSPENDED

BUNDLE: Final = "bundle.cose"
RELYING_PARTIES: Final = "relying-parties.cose"
CURRENT: Final = "current"
KEPT_VERSIONS: Final = 3
MOST_KEPT: Final = 128  # list files in the memory of a process, some 30 KB each


@dataclass(frozen=True, slots=True)
class _Moment:
    """What the committed rows say at one moment."""

    version: int
    at: datetime
    lists: tuple[int, ...]
    changed: tuple[tuple[int, int, str], ...]  # list, index, status; in order
    disowned: tuple[int, ...]  # serials of relying parties' certificates that were revoked


def is_due(deps: Deps) -> bool:
    """Say whether something changed since the last publication, or it has become old."""
    with deps.transaction() as db:
        last = db.scalar(
            select(func.max(Publication.created_at)).where(Publication.completed_at.is_not(None))
        )
        if last is None or deps.now() - last >= timedelta(seconds=deps.settings.publish_seconds):
            return True
        # The moment of a change is taken before its commit: look a little further back.
        since = last - timedelta(seconds=5)
        changed = select(Credential.id).where(Credential.status_at > since).limit(1)
        opened = select(StatusListRow.number).where(StatusListRow.created_at > since).limit(1)
        found = db.scalar(changed) is not None or db.scalar(opened) is not None
        return found or relying_parties.changed_since(db, since)


def publish(deps: Deps) -> int | None:
    """Publish the present state; return its version, None if another publisher was first."""
    with _alone(deps.publish_dir):
        moment = _take_moment(deps)
        if moment is None:
            return None
        folder = deps.publish_dir / f"v{moment.version}"
        revocation = _revocation(moment)
        bundle = _make_bundle(deps, moment, revocation)
        askers = _make_list(deps, moment)
        _write_version(deps, folder, moment, {BUNDLE: bundle, RELYING_PARTIES: askers}, revocation)
        _switch(deps.publish_dir, folder)
        add_bundle(deps.publish_dir, moment.version, bundle, deps.keys.publisher)
        add_beside(deps.publish_dir, RELYING_PARTIES, askers)
        _forget_old(deps.publish_dir)
        with deps.transaction() as db:
            now = deps.now()
            db.execute(
                update(Publication)
                .where(Publication.version == moment.version)
                .values(completed_at=now, bundle_sha256=hashlib.sha256(bundle).hexdigest())
            )
            record(
                db,
                "lists.published",
                at=now,
                actor="publisher",
                subject=str(moment.version),
                version=moment.version,
                lists=len(moment.lists),
            )
    return moment.version


def read_published(deps: Deps, name: str) -> bytes:
    """Read one file of the current version; raises ``NotPublished``."""
    try:
        return (deps.publish_dir / CURRENT / name).read_bytes()
    except OSError:
        raise NotPublished from None


@dataclass(frozen=True, slots=True)
class PublishedList:
    """A list's file and the tag (RFC 9110 section 8.8.3) that names these very bytes."""

    content: bytes
    etag: str


def open_list(deps: Deps, number: int, form: str) -> PublishedList:
    """Return a status list of the current version; raises ``NotPublished``.

    A version's files never change: only which version is current is looked up each time. Where
    that version is cleared away in the same moment, the next one is there.
    """
    for _ in range(2):
        try:
            version = os.readlink(f"{deps.publish_dir}/{CURRENT}")  # noqa: PTH115 - thousands a second
            return _read_list(f"{deps.publish_dir}/{version}", number, form)
        except OSError:
            continue
    raise NotPublished


@lru_cache(maxsize=MOST_KEPT)
def _read_list(version: str, number: int, form: str) -> PublishedList:
    content = (Path(version) / "status" / f"{number}.{form}").read_bytes()
    return PublishedList(content, f'"{hashlib.sha256(content).hexdigest()}"')


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _take_moment(deps: Deps) -> _Moment | None:
    now, newest = deps.now(), max(_versions(deps.publish_dir), default=0)
    try:
        with deps.transaction() as db:
            last = db.scalar(select(func.max(Publication.version))) or 0
            version = max(last, newest, int(now.timestamp()) - 1) + 1
            db.add(Publication(version=version, created_at=now))
            db.flush()
            held = select(Credential.list_number, Credential.list_index, Credential.status).where(
                Credential.status != GOOD, Credential.expires_at > now - LIST_LIFE
            )
            lost = select(
                StatusRemnant.list_number, StatusRemnant.list_index, StatusRemnant.status
            ).where(StatusRemnant.until > now)
            rows = db.execute(held.union(lost).order_by("list_number", "list_index")).all()
            # After the rows: a list opened between the two reads must not be missing.
            lists = tuple(db.scalars(select(StatusListRow.number).order_by(StatusListRow.number)))
            disowned = relying_parties.revoked_serials(db, now)
    except IntegrityError:
        return None
    return _Moment(version, now, lists, tuple((row[0], row[1], row[2]) for row in rows), disowned)


def _make_bundle(deps: Deps, moment: _Moment, revocation: RevocationSet) -> bytes:
    at = int(moment.at.timestamp())
    bundle = Bundle(
        version=moment.version,
        issued_at=at,
        expires_at=at + deps.settings.bundle_hours * 3600,
        status_as_of=at,
        trust=TrustList(()),  # the key set says it
        revocation=revocation,
        catalogue=deps.catalogue,
        regions=region_names(),
        minimum_app_version=deps.settings.verifier_minimum_version,
        policies=recommended_policies.to_publish(deps, _last_bundle(deps)),
    )
    signed = sign_bundle(bundle, deps.keys.publisher, key_sets=deps.keys.key_sets)
    verify_bundle(parse_bundle(signed), deps.keys.bundle_root.public_key)
    return signed


def _make_list(deps: Deps, moment: _Moment) -> bytes:
    """Sign what phones need to tell a genuine desk, and look at it as they will."""
    signed = sign_list(
        deps.keys.publisher,
        version=moment.version,
        at=int(moment.at.timestamp()),
        key_sets=deps.keys.key_sets,
        revoked=moment.disowned,
    )
    verify_list(parse_list(signed), deps.keys.bundle_root.public_key)
    return signed


def _last_bundle(deps: Deps) -> bytes | None:
    try:
        return read_published(deps, BUNDLE)
    except NotPublished:
        return None


def _revocation(moment: _Moment) -> RevocationSet:
    by_status: dict[str, dict[int, list[int]]] = {
        status: {number: [] for number in moment.lists} for status in (REVOKED, SUSPENDED)
    }
    for number, index, status in moment.changed:
        by_status[status][number].append(index)
    return RevocationSet(by_status[REVOKED], by_status[SUSPENDED])


@cache
def region_names() -> Regions:
    """Pack the names of all regions; the same bytes for every version."""
    rows = [(code, name, "") for code, name in data.load_region_names().items()]
    rows += [(code, held.name, held.postal_code) for code, held in data.load_villages().items()]
    return pack_regions(rows)


def _write_version(
    deps: Deps,
    folder: Path,
    moment: _Moment,
    files: Mapping[str, bytes],
    revocation: RevocationSet,
) -> None:
    (folder / "status").mkdir(parents=True)
    for name, content in files.items():
        _write(folder / name, content)
    for number in moment.lists:
        for suffix, token in sign_status_list(deps, revocation, number, at=moment.at).items():
            _write(folder / "status" / f"{number}.{suffix}", token)
    _sync_folder(folder / "status")
    _sync_folder(folder)


def _write(path: Path, content: bytes) -> None:
    with path.open("xb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _switch(publish_dir: Path, folder: Path) -> None:
    fresh = publish_dir / f".{folder.name}"
    fresh.unlink(missing_ok=True)
    fresh.symlink_to(folder.name)
    fresh.replace(publish_dir / CURRENT)
    _sync_folder(publish_dir)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _versions(publish_dir: Path) -> list[int]:
    names = (entry.name.removeprefix("v") for entry in publish_dir.glob("v*"))
    return sorted(int(name) for name in names if name.isdigit())


def _forget_old(publish_dir: Path) -> None:
    for version in _versions(publish_dir)[:-KEPT_VERSIONS]:
        shutil.rmtree(publish_dir / f"v{version}", ignore_errors=True)
    for link in publish_dir.glob(".v*"):  # of a publisher that died before it switched
        link.unlink(missing_ok=True)
