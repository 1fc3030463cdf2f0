"""A stick or a folder of the LAN as the source."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from samples.vectors_world import NOW
from tests.verifier.conftest import AT
from tests.verifier.sync.stand import Registry
from verifier.errors import SyncError
from verifier.roots import load_root
from verifier.state import StateFolder
from verifier.sync import Outcome, Silent, open_source, synchronise


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    made_here = Registry(tmp_path / "published", NOW)
    made_here.publish(1)
    return made_here


@pytest.fixture
def state(tmp_path: Path) -> StateFolder:
    return StateFolder(tmp_path / "state")


def sync(place: Path, state: StateFolder) -> Outcome:
    source = open_source(str(place))
    return synchronise(source, state, root=load_root(), now=AT, progress=Silent())


def test_a_stick_with_only_a_bundle_will_do(registry: Registry, state: StateFolder) -> None:
    stick = registry.folder.parent / "stick"
    stick.mkdir()
    with pytest.raises(SyncError, match="SYNC_NOT_FOUND"):
        sync(stick, state)
    shutil.copy(registry.folder / "1.cose", stick / "bundle.cose")
    assert sync(stick, state).bundle.version == 1
    (stick / "bundle.cose").write_bytes(registry.bundles[1][:500])
    with pytest.raises(SyncError, match="SYNC_DAMAGED"):
        sync(stick, state)
    assert state.bundle_path.read_bytes() == registry.bundles[1]


def test_a_file_cut_on_a_stick_is_noticed(registry: Registry, state: StateFolder) -> None:
    (registry.folder / "1.cose").write_bytes(registry.bundles[1][:5000])
    with pytest.raises(SyncError, match="SYNC_DAMAGED"):
        sync(registry.folder, state)


@pytest.mark.parametrize(
    "place", ["ftp://x/y", "file:///tmp", "http://[", "/nonexistent/folder", "", "x\0y"]
)
def test_a_source_is_a_web_address_or_a_folder(place: str) -> None:
    with pytest.raises(SyncError, match="SYNC_SOURCE"):
        open_source(place)
