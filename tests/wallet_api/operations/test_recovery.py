"""Backup and restore for real: nothing handed out before is handed out again (C10, G29)."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from sqlalchemy import func, select

from credentials.bundle import Bundle, parse_bundle, verify_bundle
from samples.people import build_registry
from tests.wallet_api.handset import Handset, with_wallet
from wallet_api import db as database
from wallet_api.adapters.registry.sql import SqlRegistry
from wallet_api.models import Credential, StatusList
from wallet_api.services import publication, recovery, status_lists

if TYPE_CHECKING:
    from pathlib import Path

    from tests.postgres import PostgresServer
    from tests.wallet_api.simulators import World

NIK = "3171011708909316"
pytestmark = pytest.mark.parametrize("database_kind", ["postgresql"], indirect=True)


def _bundle(world: World) -> Bundle:
    signed = publication.read_published(world.deps, publication.BUNDLE)
    return verify_bundle(parse_bundle(signed), world.deps.keys.bundle_root.public_key)


def _slots(world: World, *ids: str) -> list[tuple[int, int]]:
    """Status entries of these credentials, of all without any."""
    which = Credential.id.in_(ids) if ids else Credential.id.is_not(None)
    with world.deps.transaction() as db:
        rows = db.execute(select(Credential.list_number, Credential.list_index).where(which)).all()
    return [(row[0], row[1]) for row in rows]


def _dump(server: PostgresServer, url: str, file: str) -> None:
    name = url.partition("?")[0].rpartition("/")[2]
    subprocess.run(
        [
            *(server.programs / "pg_dump", "-h", server.folder, "-U", "postgres"),
            *("--format=custom", f"--file={file}", name),
        ],
        check=True,
    )


def _restore(server: PostgresServer, world: World, file: str) -> World:
    """Make a new database of the backup; the same keys and published files beside it."""
    name = f"restored_{uuid4().hex}"
    url = server.create_database(name)
    subprocess.run(
        [
            *(server.programs / "pg_restore", "-h", server.folder, "-U", "postgres"),
            *("--exit-on-error", "--no-owner", f"--dbname={name}", file),
        ],
        check=True,
    )
    sessions = database.make_sessions(database.make_engine(url))
    return replace(world, deps=replace(world.deps, sessions=sessions))


@pytest.fixture(scope="module")
def sample_registry(tmp_path_factory: pytest.TempPathFactory) -> SqlRegistry:
    path = tmp_path_factory.mktemp("people") / "registry.db"
    build_registry(path)
    return SqlRegistry(f"sqlite:///{path}")


@pytest.fixture
def phone(world: World, sample_registry: SqlRegistry) -> Handset:
    """A phone with an open session of somebody with every document."""
    world.registry.people[NIK] = sample_registry.look_up(NIK)
    made = with_wallet(world, NIK, add=False)
    made.session()
    return made


def test_after_a_restore_indices_versions_and_revocations_never_go_back(
    world: World, phone: Handset, postgres_server: PostgresServer, tmp_path: Path
) -> None:
    backup = str(tmp_path / "backup.dump")
    known = phone.issue()
    publication.publish(world.deps)
    _dump(postgres_server, world.deps.settings.database_url, backup)

    # What the backup does not know: more credentials, revocations of old and new, publications.
    world.clock.advance(hours=1)
    phone.session()
    lost = phone.issue()
    for credential in (known[0], lost[0]):
        status_lists.change_by_command(
            world.deps, [credential["id"]], status_lists.REVOKED, reason="test", actor="test"
        )
    revoked = _slots(world, known[0]["id"], lost[0]["id"])
    handed_out = set(_slots(world))
    last = publication.publish(world.deps)
    assert last is not None

    restored = _restore(postgres_server, world, backup)
    try:
        report = recovery.after_restore(restored.deps)
        assert (report.closed, report.marked, report.lost) == (1, 1, 1)
        world.clock.advance(hours=-2)  # the new machine's clock is behind
        again = publication.publish(restored.deps)
        assert again is not None
        assert again > last
        bundle = _bundle(restored)
        assert [bundle.revocation.status(*slot) for slot in revoked] == ["revoked", "revoked"]
        with restored.deps.transaction() as db:
            fresh = status_lists.allocate(db, restored.deps, 200)
        assert {(slot.number, slot.index) for slot in fresh} & handed_out == set()
        assert {slot.number for slot in fresh} == {report.next_list}
    finally:
        restored.deps.sessions.kw["bind"].dispose()


def test_running_it_again_leaves_another_gap(world: World, phone: Handset) -> None:
    phone.issue()
    first = recovery.after_restore(world.deps)
    second = recovery.after_restore(world.deps)
    assert second.next_list == first.next_list + recovery.GAP
    with world.deps.transaction() as db:
        still_open = db.scalar(
            select(func.count()).select_from(StatusList).where(StatusList.closed.is_(False))
        )
    assert still_open == 0


def test_without_the_published_files_lists_are_closed_all_the_same(
    world: World, phone: Handset
) -> None:
    phone.issue()
    report = recovery.after_restore(world.deps)
    assert (report.closed, report.marked, report.lost) == (1, 0, 0)
    assert report.next_list > recovery.GAP
