"""`sync` as a person or a scheduler runs it."""

from __future__ import annotations

import io
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.verifier.conftest import Run
from tests.verifier.sync.stand import Registry
from verifier.sync import Bar

RunCommand = Callable[..., Run]


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    made_here = Registry(tmp_path / "published", int(time.time()))
    made_here.publish(1)
    return made_here


def test_it_says_what_it_did(registry: Registry, tmp_path: Path, run: RunCommand) -> None:
    command = ("sync", registry.folder, "--state", tmp_path / "state")
    first = run(*command)
    assert (first.code, first.err) == (0, "")
    assert "Daftar kepercayaan diperbarui ke versi 1" in first.out
    assert "KEPERCAYAAN PENGEMBANGAN" in first.out
    assert "up to date: version 1" in run(*command, "--lang", "en").out
    registry.publish(2)
    done = run(*command, "--json").json
    assert done.pop("bytes") < len(registry.bundles[2]) / 4
    assert done == {
        "version": 2, "changed": True, "files": ["1-2.delta"], "development_trust": True
    }  # fmt: skip


def test_what_it_brought_is_what_check_uses(
    registry: Registry, tmp_path: Path, run: RunCommand
) -> None:
    state = tmp_path / "state"
    assert run("check", "ID1:X", "--state", state, "--json").json["code"] == "BUNDLE_NEEDED"
    run("sync", registry.folder, "--state", state)
    assert run("check", "ID1:X", "--state", state, "--json").json["code"] != "BUNDLE_NEEDED"


def test_when_it_fails_the_exit_code_and_the_text_say_so(tmp_path: Path, run: RunCommand) -> None:
    done = run("sync", tmp_path / "nothing", "--state", tmp_path / "state", "--lang", "en")
    assert done.code == 2
    assert done.err.startswith("SYNC_SOURCE: The source must be")
    assert run("sync", tmp_path).code == 2


def test_the_bar_ends_at_the_whole() -> None:
    stream = io.StringIO()
    bar = Bar(stream)
    bar.begin(2_000_000)
    bar.at(1_000_000)
    bar.at(2_000_000)
    bar.end()
    assert "100%  2.0 MB / 2.0 MB" in stream.getvalue()
    assert stream.getvalue().endswith("\n")
