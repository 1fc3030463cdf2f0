"""Dependencies: each wanted for a reason, all locked with hashes, none by address."""

from __future__ import annotations

import re
import tomllib

import pytest

from tests.house.tree import ROOT

PAIRS = [
    *("requirements", "requirements-dev", "requirements-evaluation"),
    *("requirements-face-recognition", "tests/interop/python/requirements"),
]
PIN = re.compile(
    r"^([a-z0-9._-]+)(?:\[[a-z,]+\])?==(\S+)(.*?)(?=^[a-z0-9]|\Z)", re.MULTILINE | re.DOTALL
)


def _wanted(name: str) -> dict[str, str]:
    """Return {package: the rest of its line} of a .in file."""
    lines = (ROOT / f"{name}.in").read_text().splitlines()
    return {
        match[1].lower(): match[2]
        for line in lines
        if (match := re.match(r"([A-Za-z][A-Za-z0-9._-]*)(.*)", line))
    }


def _locked(name: str) -> dict[str, tuple[str, str]]:
    """Return {package: (version, the rest of its entry)} of a lock file."""
    content = (ROOT / f"{name}.txt").read_text()
    return {match[1].lower(): (match[2], match[3]) for match in PIN.finditer(content)}


@pytest.mark.parametrize("name", PAIRS)
def test_every_direct_dependency_has_its_reason(name: str) -> None:
    wanted = _wanted(name)
    assert wanted
    assert [package for package, rest in wanted.items() if not re.search(r"# \S", rest)] == []


@pytest.mark.parametrize("name", PAIRS)
def test_every_direct_dependency_is_locked(name: str) -> None:
    assert set(_wanted(name)) <= set(_locked(name))


@pytest.mark.parametrize("name", PAIRS)
def test_every_locked_version_has_hashes(name: str) -> None:
    bare = [package for package, (_, rest) in _locked(name).items() if "--hash=sha256:" not in rest]
    assert bare == []


@pytest.mark.parametrize("name", PAIRS)
def test_lock_files_name_no_place_to_fetch_from(name: str) -> None:
    content = (ROOT / f"{name}.txt").read_text()
    assert "://" not in content
    assert "--index" not in content
    assert "--find-links" not in content
    assert "--trusted-host" not in content


def test_both_lock_files_agree() -> None:
    runtime, dev = _locked("requirements"), _locked("requirements-dev")
    differing = {name for name in set(runtime) & set(dev) if runtime[name][0] != dev[name][0]}
    assert differing == set()


def test_the_verifiers_wheel_asks_for_packages_that_we_test_with() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert sorted(re.split(r"\W", line)[0] for line in project["dependencies"]) == [
        "cbor2",
        "cryptography",
        "numpy",
    ]
    extras = [line for lines in project["optional-dependencies"].values() for line in lines]
    for line in [*project["dependencies"], *extras]:
        assert re.split(r"[<>=\[]", line)[0].lower() in _locked("requirements")
