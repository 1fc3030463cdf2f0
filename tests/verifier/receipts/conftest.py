"""One chain of eleven records for every test that only reads."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.verifier.receipts.chains import chain, export_bytes, swift_folder
from verifier.receipts.book import Head


@pytest.fixture
def folder() -> Iterator[Path]:
    with swift_folder() as path:
        yield path


@pytest.fixture(scope="session")
def eleven() -> Iterator[tuple[Path, bytes, Head]]:
    """Numbers 0 to 10: the folder, its export, the last head."""
    with swift_folder() as path:
        head = chain(path, 10)
        yield path, export_bytes(path), head
