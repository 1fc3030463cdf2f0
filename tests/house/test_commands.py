"""The commands that README and `make help` promise are there, and setting up is cheap."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

from tests.house.tree import ROOT, files, text

PROMISED = {
    *("help", "setup", "demo", "run", "test", "check", "lock", "samples", "bench", "wheel"),
}
TARGET = re.compile(r"^([a-z][a-z-]*):(.*)$", re.MULTILINE)


def _targets() -> dict[str, str]:
    return dict(TARGET.findall((ROOT / "Makefile").read_text()))


def test_every_promised_command_exists() -> None:
    assert set(_targets()) >= PROMISED


def test_every_command_is_explained_by_make_help() -> None:
    assert [name for name, rest in _targets().items() if not re.search(r"## \w+", rest)] == []
    shown = subprocess.run(
        ["make", "help"], check=True, capture_output=True, cwd=ROOT, text=True
    ).stdout
    assert set(re.findall(r"^  make (\S+) +\S", shown, re.MULTILINE)) == set(_targets())


def test_every_command_is_phony() -> None:
    phony = re.search(r"^\.PHONY: (.*)$", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert phony
    assert set(phony[1].split()) == set(_targets())


def test_documents_name_only_commands_that_exist() -> None:
    named = {
        (str(path), name)
        for path in files()
        if path.suffix == ".md"
        for block in re.findall(r"`+[^`]+`+", text(path))
        for name in re.findall(r"\bmake ([a-z][a-z-]*)\b", block)
    }
    assert {(path, name) for path, name in named if name not in _targets()} == set()


def test_continuous_integration_runs_the_command_of_the_readme() -> None:
    assert (ROOT / ".ci" / "run").read_text().splitlines()[-1] == "make test"
    assert os.access(ROOT / ".ci" / "run", os.X_OK)


def _programs(folder: Path, **scripts: str) -> Path:
    """Make a PATH with what the setup scripts call, and with `scripts` in place of the real."""
    folder.mkdir()
    for name in ("cat", "cut", "dirname", "env", "ls", "printf", "pwd", "sed", "sh"):
        (folder / name).symlink_to(shutil.which(name) or "")
    for name, body in scripts.items():
        (folder / name).write_text(f"#!/bin/sh\n{body}\n")
        (folder / name).chmod(0o755)
    return folder


def _system_packages(tmp_path: Path, **scripts: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [ROOT / "scripts" / "system-packages.sh", "test"],
        check=False,
        capture_output=True,
        env={"PATH": str(_programs(tmp_path / "bin", **scripts)), "LOG": str(tmp_path / "log")},
        text=True,
    )


def test_who_may_not_install_is_told_what_is_missing(tmp_path: Path) -> None:
    result = _system_packages(tmp_path, id="echo 1000", **{"apt-get": 'echo "$@" >>"$LOG"'})
    assert result.returncode == 1
    assert "\n    chromium\n" in result.stderr
    assert "apt-get install" in result.stderr
    assert not (tmp_path / "log").exists()


def test_missing_packages_are_installed_after_refreshing_a_stale_index(tmp_path: Path) -> None:
    stale = (
        'echo "$@" >>"$LOG"\ncase "$1" in update) : ;; *) [ "$(cat "$LOG" | sed -n 2p)" ] ;; esac'
    )
    result = _system_packages(tmp_path, id="echo 0", **{"apt-get": stale})
    assert result.returncode == 0, result.stderr
    calls = (tmp_path / "log").read_text().splitlines()
    assert [call.split()[0] for call in calls] == ["install", "update", "install"]
    assert "chromium" in calls[-1].split()


def test_setting_up_again_does_nothing(tmp_path: Path) -> None:
    """A set-up folder with its stamp is recognised; a changed lock file is noticed."""
    (tmp_path / "scripts").mkdir()
    for name in ("setup.sh", "system-packages.sh", "find-python.sh"):
        shutil.copy(ROOT / "scripts" / name, tmp_path / "scripts" / name)
    (tmp_path / "requirements.txt").write_text("# nothing\n")
    python = tmp_path / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text(f'#!/bin/sh\necho "$@" >>{tmp_path}/calls\n')
    python.chmod(0o755)
    (tmp_path / ".venv" / "pyvenv.cfg").write_text("version = 3.11\n")

    def installs() -> int:
        subprocess.run([tmp_path / "scripts" / "setup.sh", "runtime"], check=True)
        return (tmp_path / "calls").read_text().count("--require-hashes")

    assert installs() == 1
    assert installs() == 1
    (tmp_path / "requirements.txt").write_text("# something else\n")
    assert installs() == 2
