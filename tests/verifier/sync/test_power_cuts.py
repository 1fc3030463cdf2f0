"""A power cut at any moment of an install: a whole bundle, never an older one, ready to go on."""

from __future__ import annotations

from pathlib import Path

import pytest

from samples.vectors_world import NOW
from tests.verifier.conftest import AT
from tests.verifier.sync.disk import Disk, State, lay, watch
from tests.verifier.sync.stand import Registry
from verifier.bundle import read_bundle
from verifier.errors import BundleError, StateError
from verifier.roots import load_root
from verifier.state import StateFolder
from verifier.sync import Silent, open_source, synchronise

ROOT = load_root()


def sync(registry: Registry, folder: Path) -> None:
    source = open_source(str(registry.folder))
    synchronise(source, StateFolder(folder), root=ROOT, now=AT, progress=Silent())


def rebooted(state: State, folder: Path) -> int:
    """Start a terminal with what a power cut left; return the version in use."""
    list(lay(state, folder))
    terminal = StateFolder(folder)
    accepted = terminal.load().accepted
    return read_bundle(terminal.bundle_path, root=ROOT, accepted=accepted).version


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    one = Registry(tmp_path / "published", NOW)
    one.publish(1)
    return one


def test_at_any_moment_there_is_a_whole_bundle_that_never_goes_back(
    registry: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where the disk lost all that was not flushed, or wrote names down in another order."""
    folder = tmp_path / "state"
    sync(registry, folder)
    registry.publish(2, anchors=(1,))
    sync(registry, folder)
    registry.publish(3, anchors=(3,))
    states = watch(monkeypatch, Disk(folder), lambda: sync(registry, folder))
    found = [rebooted(state, tmp_path / f"{number}") for number, state in enumerate(states)]
    assert set(found) == {2, 3}
    assert len(states) > 20
    for number in range(0, len(states), 6):
        sync(registry, tmp_path / f"{number}")
        assert rebooted(_files(tmp_path / f"{number}"), tmp_path / f"again {number}") == 3


def test_the_first_bundle_is_there_or_not(
    registry: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "state"
    folder.mkdir()
    states = watch(monkeypatch, Disk(folder), lambda: sync(registry, folder))
    without = 0
    for number, state in enumerate(states):
        if "bundle.cose" not in state:
            assert "state.json" not in state
            without += 1
            continue
        assert rebooted(state, tmp_path / f"{number}") == 1
    assert 0 < without < len(states)


def test_a_disk_that_loses_what_was_flushed_is_noticed_and_mended(
    registry: Registry, tmp_path: Path
) -> None:
    """Beyond our order: a file in use is cut at any length. Nothing is checked with it."""
    folder = tmp_path / "state"
    sync(registry, folder)
    state, whole = StateFolder(folder), registry.bundles[1]
    for length in {*range(0, len(whole), len(whole) // 50), len(whole) - 1}:
        state.bundle_path.write_bytes(whole[:length])
        with pytest.raises(BundleError):
            read_bundle(state.bundle_path, root=ROOT, accepted=state.load().accepted)
    sync(registry, folder)
    assert state.bundle_path.read_bytes() == whole
    memory = (folder / "state.json").read_bytes()
    for length in range(len(memory)):
        (folder / "state.json").write_bytes(memory[:length])
        with pytest.raises(StateError, match="STATE_DAMAGED"):
            state.load()


@pytest.mark.parametrize("left", ["half", "zeros", "longer"])
def test_what_was_fetched_before_the_cut_is_only_used_when_it_is_whole(
    registry: Registry, tmp_path: Path, left: str
) -> None:
    folder = tmp_path / "state"
    sync(registry, folder)
    registry.publish(2)
    data = (registry.folder / "1-2.delta").read_bytes()
    import hashlib

    part = folder / "sync" / f"{hashlib.sha256(data).hexdigest()[:32]}.part"
    torn = {"half": data[:99], "zeros": bytes(len(data)), "longer": data + b"x"}[left]
    part.write_bytes(torn)
    sync(registry, folder)
    assert StateFolder(folder).bundle_path.read_bytes() == registry.bundles[2]


def _files(folder: Path) -> State:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}
