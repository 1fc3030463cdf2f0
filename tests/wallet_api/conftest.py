"""A wallet API with a simulated world, on either database."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from argon2 import PasswordHasher

from wallet_api.services import operators

from .simulators import World, close, make_deps

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def world(migrated_database_url: str, tmp_path: Path) -> Iterator[World]:
    """Services on a migrated database of this test's own, SQLite and PostgreSQL."""
    made = make_deps(migrated_database_url, tmp_path)
    yield made
    close(made)


@pytest.fixture(autouse=True, scope="session")
def quick_passwords() -> Iterator[None]:
    """Argon2id with little memory: at its real strength it would be most of the tests' time."""
    real = operators.HASHER
    operators.HASHER = PasswordHasher(time_cost=1, memory_cost=8 * 1024, parallelism=1)
    yield
    operators.HASHER = real
