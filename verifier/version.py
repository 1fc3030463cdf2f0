"""Which version of the verifier this is: a bundle may say which is the oldest that may check."""

from __future__ import annotations

from typing import Final

VERSION: Final = "1.0.0"  # as in pyproject.toml; a test compares


def is_older_than(version: str, *, own: str = VERSION) -> bool:
    """Tell whether this verifier is older than a version of three numbers."""
    return _numbers(own) < _numbers(version)


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(map(int, version.split(".")))
