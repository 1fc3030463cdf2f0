"""The engine is loaded once for all face tests: they only read from it."""

from __future__ import annotations

import pytest

from wallet_api.adapters.faces.matcher import LocalFaceMatcher, load


@pytest.fixture(scope="session")
def matcher() -> LocalFaceMatcher:
    return load()
