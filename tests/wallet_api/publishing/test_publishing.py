"""What verifiers get: one signed moment, the old or the new, never going back (C13, C14, T24)."""

from __future__ import annotations

import subprocess
import sys
import time
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import delete, select

from credentials.bundle import Bundle, parse_bundle, verify_bundle
from credentials.status_list import LIST_SIZE
from credentials.status_token import ListTimes, StatusToken, parse_status_cwt, verify_status_token
from tests.wallet_api.handset import Handset
from tests.wallet_api.racing import race
from tests.wallet_api.simulators import World
from wallet_api.errors import NotPublished
from wallet_api.models import Credential, Publication
from wallet_api.services import publication, status_lists

on_sqlite = pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
ROOT = Path(__file__).parents[3]


def rows(world: World) -> list[Credential]:
    with world.deps.transaction() as db:
        return list(db.scalars(select(Credential).order_by(Credential.position)))


def change(world: World, credential: Credential, status: str) -> None:
    status_lists.change_by_command(
        world.deps, [credential.id], status, reason="test", actor="admin"
    )


def read_bundle(world: World) -> Bundle:
    raw = publication.read_published(world.deps, publication.BUNDLE)
    return verify_bundle(parse_bundle(raw), world.deps.keys.bundle_root.public_key)


def read_list(world: World, number: int = 0) -> StatusToken:
    raw = publication.open_list(world.deps, number, "cwt").content
    signer = world.deps.keys.status.signer
    uri = f"https://wallet.test/v1/lists/status/{number}"
    now = int(world.clock.now().timestamp())
    return verify_status_token(parse_status_cwt(raw), signer.public_key, uri=uri, now=now)


def test_c13_what_is_revoked_or_suspended_is_so_in_bundle_and_list(
    world: World, phone: Handset
) -> None:
    assert publication.publish(world.deps)
    first, second, third, *others = rows(world)
    assert others
    assert read_bundle(world).revocation.counts() == (0, 0)
    change(world, first, "revoked")
    change(world, second, "suspended")
    change(world, third, "suspended")
    change(world, third, "good")
    assert publication.is_due(world.deps)
    publication.publish(world.deps)
    bundle, bits = read_bundle(world), read_list(world).statuses
    expected = {first.list_index: "revoked", second.list_index: "suspended"}
    for row in rows(world):
        status = expected.get(row.list_index, "good")
        assert bundle.revocation.status(0, row.list_index) == status
        assert bits.get(row.list_index) == {"good": 0, "revoked": 1, "suspended": 2}[status]
    assert list(bits.indices(1)) == list(bundle.revocation.revoked(0)) == [first.list_index]
    assert list(bits.indices(2)) == list(bundle.revocation.suspended(0)) == [second.list_index]


@on_sqlite
def test_t24_the_list_names_itself_its_time_and_its_end(world: World, phone: Handset) -> None:
    publication.publish(world.deps)
    token = read_list(world)
    now = int(world.clock.now().timestamp())
    assert token.uri == "https://wallet.test/v1/lists/status/0"
    assert token.times == ListTimes(now, now + 86_400, ttl=900)
    assert len(token.statuses.to_bytes()) == LIST_SIZE * 2 // 8


@on_sqlite
def test_a_revoked_credential_never_comes_back(world: World, phone: Handset) -> None:
    row = rows(world)[0]
    change(world, row, "revoked")
    for status in ("good", "suspended", "revoked"):
        held = status_lists.change_by_command(
            world.deps, [row.id], status, reason="x", actor="admin"
        )
        assert held == []


@on_sqlite
def test_a_revocation_leaves_the_lists_a_day_after_the_credential_is_over(
    world: World, phone: Handset
) -> None:
    row = rows(world)[0]
    change(world, row, "revoked")
    world.clock.at = row.expires_at + timedelta(hours=23)
    publication.publish(world.deps)
    assert read_bundle(world).revocation.counts() == (1, 0)
    world.clock.advance(hours=2)
    publication.publish(world.deps)
    assert read_bundle(world).revocation.counts() == (0, 0)


@on_sqlite
def test_t24_the_version_never_goes_back(world: World) -> None:
    """Not in one second, not when the clock falls, not after a restored database."""
    versions = [publication.publish(world.deps) for _ in range(2)]
    world.clock.advance(hours=-1)
    versions.append(publication.publish(world.deps))
    with world.deps.transaction() as db:
        db.execute(delete(Publication))
    versions.append(publication.publish(world.deps))
    assert versions == sorted(set(versions))
    assert read_bundle(world).version == versions[-1]
    assert len(list(world.deps.publish_dir.glob("v*"))) == publication.KEPT_VERSIONS


def test_two_publishers_beside_each_other_take_turns(world: World) -> None:
    seen = race([partial(publication.publish, world.deps)] * 3)
    versions = [int(version) for version in seen if version != "None"]
    assert len(versions) == len(seen) - ("None" in seen)
    assert read_bundle(world).version == max(versions)


@on_sqlite
def test_publishing_is_due_after_a_change_and_after_a_minute(world: World, phone: Handset) -> None:
    assert publication.is_due(world.deps)
    world.clock.advance(seconds=10)
    publication.publish(world.deps)
    assert not publication.is_due(world.deps)
    world.clock.advance(seconds=1)
    change(world, rows(world)[0], "suspended")
    assert publication.is_due(world.deps)
    world.clock.advance(seconds=10)
    publication.publish(world.deps)
    assert not publication.is_due(world.deps)
    world.clock.advance(seconds=60)
    assert publication.is_due(world.deps)


@on_sqlite
def test_c14_a_publisher_killed_at_any_moment_leaves_a_whole_version(
    world: World, tmp_path: Path
) -> None:
    publication.publish(world.deps)
    command = [
        sys.executable,
        "-m",
        "tests.wallet_api.publishing.publish_for_ever",
        str(world.deps.settings.database_url),
        str(tmp_path),
    ]
    versions = [read_bundle(world).version]
    for delay in (0.05, 0.2):
        with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE) as child:
            assert child.stdout is not None
            assert child.stdout.readline() == b"ready\n"
            until = time.monotonic() + delay
            while time.monotonic() < until:
                versions.append(read_bundle(world).version)
            child.kill()
        versions.append(read_bundle(world).version)
    assert versions == sorted(versions)
    assert publication.publish(world.deps)
    current = (world.deps.publish_dir / publication.CURRENT).readlink()
    assert current.name == f"v{read_bundle(world).version}"
    assert list(world.deps.publish_dir.glob(".v*")) == []


@on_sqlite
def test_before_the_first_publication_there_is_a_problem_document(world: World) -> None:
    with pytest.raises(NotPublished):
        publication.read_published(world.deps, publication.BUNDLE)
    answer = Handset(world).api.get("/v1/lists/bundle")
    assert (answer.status_code, answer.get_json()["code"]) == (404, "NOT_PUBLISHED")


@on_sqlite
def test_the_bundle_is_served_with_an_etag(world: World, phone: Handset) -> None:
    publication.publish(world.deps)
    first = phone.api.get("/v1/lists/bundle")
    assert (first.status_code, first.mimetype) == (200, "application/cose")
    assert "max-age" in first.headers["Cache-Control"]
    assert "Wallet-Nonce" not in first.headers  # whoever comes next gets it from a cache
    same = phone.api.get("/v1/lists/bundle", headers={"If-None-Match": first.headers["ETag"]})
    assert (same.status_code, same.data) == (304, b"")
    world.clock.advance(seconds=5)
    publication.publish(world.deps)
    newer = phone.api.get("/v1/lists/bundle", headers={"If-None-Match": first.headers["ETag"]})
    assert newer.status_code == 200
    assert newer.data != first.data
