"""The clients of others, one process each for all tests of a test process."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.interop.clients import NODE, PYTHON, Client


@pytest.fixture(scope="session")
def javascript() -> Iterator[Client]:
    """@sd-jwt/* and @owf/mdoc."""
    client = Client(NODE, "node/formats.mjs")
    yield client
    client.close()


@pytest.fixture(scope="session")
def python() -> Iterator[Client]:
    """PyPI's sd-jwt and isomdoc."""
    client = Client(PYTHON, "python/formats.py")
    yield client
    client.close()
