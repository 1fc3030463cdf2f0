"""Which verifier this is, and what it does when the registry wants newer ones only."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from verifier.version import VERSION, is_older_than


def test_the_version_is_that_of_the_distribution() -> None:
    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text("utf-8"))
    assert project["project"]["version"] == VERSION


@pytest.mark.parametrize(
    ("minimum", "older"),
    [("1.2.3", False), ("1.2.4", True), ("1.10.0", True), ("0.99.99", False), ("2.0.0", True)],
)
def test_versions_are_compared_number_by_number(minimum: str, older: bool) -> None:  # noqa: FBT001
    assert is_older_than(minimum, own="1.2.3") is older
