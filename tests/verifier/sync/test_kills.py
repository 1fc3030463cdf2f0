"""kill -9 at any moment of `sync`: the terminal works on, and the next run goes on."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from pathlib import Path

from tests.verifier.sync.stand import Registry, serving
from verifier.bundle import read_bundle
from verifier.roots import load_root
from verifier.state import StateFolder

REPOSITORY = Path(__file__).parents[3]
KILLS = int(os.environ.get("SYNC_KILLS", "8"))


def _start(url: str, state: Path) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "verifier", "sync", url, "--state", str(state), "--json"]
    return subprocess.Popen(command, cwd=REPOSITORY, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def test_killed_at_any_moment_the_terminal_has_a_whole_bundle_that_never_goes_back(
    tmp_path: Path,
) -> None:
    """Each round publishes one more version; kills fall from the start to beyond the end."""
    registry = Registry(tmp_path / "published", int(time.time()))
    registry.publish(1, anchors=(1,))
    folder = tmp_path / "state"
    state, root = StateFolder(folder), load_root()
    dice = random.Random(5)
    with serving(registry.folder, slow=0.01) as server:
        began = time.monotonic()
        with _start(server.url, folder) as first:
            assert first.wait(60) == 0
        whole_run = time.monotonic() - began
        version, ended_early = 1, 0
        for turn in range(2, KILLS + 2):
            registry.publish(turn, anchors=(1,))
            with _start(server.url, folder) as child:
                try:
                    child.wait(dice.uniform(0.3, 1.0) * whole_run)
                except subprocess.TimeoutExpired:
                    child.kill()
                    ended_early += 1
            now_in_use = read_bundle(state.bundle_path, root=root, accepted=state.load().accepted)
            assert version <= now_in_use.version <= turn
            version = now_in_use.version
            assert state.bundle_path.read_bytes() == registry.bundles[version]
        assert ended_early
        with _start(server.url, folder) as last:
            assert last.wait(60) == 0
    assert state.bundle_path.read_bytes() == registry.bundles[KILLS + 1]
    left = {path.name for path in folder.iterdir() if path.is_file() and path.name[0] != "."}
    assert left == {"state.json", "bundle.cose", "bundle.previous.cose", "bundle.anchor.cose"}
