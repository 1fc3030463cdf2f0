"""The folder of whole bundles and deltas: what a terminal's `sync` meets, day by day."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from credentials.bundle import parse_bundle, verify_bundle
from credentials.bundle_delta import apply_delta
from tests.wallet_api.handset import Handset
from tests.wallet_api.publishing.test_publishing import change, rows
from tests.wallet_api.simulators import World
from verifier.bundle import trust_bundle
from verifier.roots import root_of
from verifier.state import StateFolder
from verifier.sync import Outcome, Silent, open_source, synchronise
from wallet_api.services import bundle_files, publication

pytestmark = pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
ROOT = Path(__file__).parents[3]


def published(world: World) -> Path:
    return world.deps.publish_dir / bundle_files.FOLDER


def index(world: World) -> dict[str, Any]:
    value: dict[str, Any] = json.loads((published(world) / "index.json").read_bytes())
    return value


def sync(world: World, folder: Path) -> Outcome:
    return synchronise(
        open_source(str(published(world))),
        StateFolder(folder),
        root=root_of(world.deps.keys.bundle_root.public_key),
        now=world.clock.now(),
        progress=Silent(),
    )


def names(outcome: Outcome) -> list[str]:
    return [file.name for file in outcome.fetched]


def test_a_revocation_reaches_a_terminal_by_a_delta_and_a_resumption_as_well(
    world: World, phone: Handset, tmp_path: Path
) -> None:
    first = publication.publish(world.deps)
    assert names(sync(world, tmp_path)) == [f"{first}.cose"]
    revoked, suspended, *_ = rows(world)
    world.clock.advance(seconds=30)
    change(world, revoked, "revoked")
    change(world, suspended, "suspended")
    second = publication.publish(world.deps)
    outcome = sync(world, tmp_path)
    assert names(outcome) == [f"{first}-{second}.delta"]
    status = outcome.bundle.revocation.status
    assert status(0, revoked.list_index) == "revoked"
    assert status(0, suspended.list_index) == "suspended"
    world.clock.advance(seconds=30)
    change(world, suspended, "good")
    publication.publish(world.deps)
    status = sync(world, tmp_path).bundle.revocation.status
    assert status(0, suspended.list_index) == "good"
    assert status(0, revoked.list_index) == "revoked"


def test_a_terminal_that_was_off_for_days_comes_by_the_daily_deltas(
    world: World, phone: Handset, tmp_path: Path
) -> None:
    publication.publish(world.deps)
    world.clock.advance(hours=1)
    publication.publish(world.deps)
    sync(world, tmp_path)
    for _ in range(5):
        for _ in range(4):
            world.clock.advance(hours=6)
            publication.publish(world.deps)
    outcome = sync(world, tmp_path)
    assert all(name.endswith(".delta") for name in names(outcome))
    assert 5 <= len(outcome.fetched) <= 7
    raw = publication.read_published(world.deps, publication.BUNDLE)
    assert (tmp_path / "bundle.cose").read_bytes() == raw


def test_every_delta_of_the_index_leads_where_it_says(world: World, phone: Handset) -> None:
    for _ in range(9):
        publication.publish(world.deps)
        world.clock.advance(hours=7)
    root, folder, found = world.deps.keys.bundle_root.public_key, published(world), index(world)
    assert len(found["deltas"]) >= 4
    for entry in found["deltas"]:
        base = (folder / f"{entry['base']}.cose").read_bytes()
        result = apply_delta(base, (folder / entry["file"]).read_bytes(), root)
        assert verify_bundle(parse_bundle(result), root).version == entry["version"]
        assert result == (folder / f"{entry['version']}.cose").read_bytes()


def test_old_files_are_cleared_away(world: World) -> None:
    for _ in range(30):
        publication.publish(world.deps)
        world.clock.advance(hours=12)
    wholes = list(published(world).glob("*.cose"))
    assert len(wholes) <= bundle_files.KEPT_ANCHORS + bundle_files.RECENT_BASES + 1
    assert len(index(world)["anchors"]) == bundle_files.KEPT_ANCHORS
    stale = published(world) / "1-2.delta"
    stale.write_bytes(b"x")
    left_by_a_kill = published(world) / ".9.cose.new"
    left_by_a_kill.write_bytes(b"x")
    publication.publish(world.deps)
    assert stale.exists()  # somebody may be reading it
    for path in (stale, left_by_a_kill):
        os.utime(path, (time.time() - 3600,) * 2)
    publication.publish(world.deps)
    assert not stale.exists()
    assert not left_by_a_kill.exists()


def test_c14_a_publisher_killed_at_any_moment_leaves_an_index_whose_files_are_whole(
    world: World, tmp_path: Path
) -> None:
    publication.publish(world.deps)
    command = [
        sys.executable, "-m", "tests.wallet_api.publishing.publish_for_ever",
        str(world.deps.settings.database_url), str(tmp_path),
    ]  # fmt: skip
    root = root_of(world.deps.keys.bundle_root.public_key)
    for delay in (0.06, 0.2):
        with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE) as child:
            assert child.stdout is not None
            assert child.stdout.readline() == b"ready\n"
            time.sleep(delay)
            child.kill()
        found = index(world)
        for entry in found["bundles"] + found["deltas"]:
            data = (published(world) / entry["file"]).read_bytes()
            assert hashlib.sha256(data).hexdigest() == entry["sha256"]
            if "base" not in entry:
                assert trust_bundle(data, root=root).version == entry["version"]
    assert publication.publish(world.deps) == index(world)["version"]


def test_files_are_served_with_ranges_and_etags(world: World, phone: Handset) -> None:
    version = publication.publish(world.deps)
    whole = phone.api.get(f"/v1/lists/bundles/{version}.cose")
    assert (whole.status_code, whole.mimetype) == (200, "application/cose")
    part = phone.api.get(f"/v1/lists/bundles/{version}.cose", headers={"Range": "bytes=1000-"})
    assert (part.status_code, part.data) == (206, whole.data[1000:])
    assert part.headers["Content-Range"].startswith("bytes 1000-")
    listed = phone.api.get("/v1/lists/bundles/index.json")
    assert (listed.mimetype, listed.get_json()["version"]) == ("application/json", version)
    tag = {"If-None-Match": listed.headers["ETag"]}
    assert phone.api.get("/v1/lists/bundles/index.json", headers=tag).status_code == 304
    for name in ("9.cose", "..%2f.lock", ".lock", "index.json.new", "x" * 300, "1-2.delta"):
        answer = phone.api.get(f"/v1/lists/bundles/{name}")
        assert answer.status_code == 404
