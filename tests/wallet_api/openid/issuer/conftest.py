"""A resident with everything the sample registry has, and wallets of others that fetch it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from samples.people import build_registry
from tests.wallet_api.handset import Handset, with_wallet
from tests.wallet_api.issuing.conftest import BUDI, draw_portrait
from wallet_api.adapters.registry.sql import SqlRegistry
from wallet_api.services import people

from .credential_wallet import CredentialWallet

if TYPE_CHECKING:
    from tests.wallet_api.simulators import World

Open = Callable[[str], Handset]


@pytest.fixture(scope="session")
def sample_registry(tmp_path_factory: pytest.TempPathFactory) -> SqlRegistry:
    path = tmp_path_factory.mktemp("people") / "registry.db"
    build_registry(path)
    return SqlRegistry(f"sqlite:///{path}")


@pytest.fixture
def open_national(world: World, sample_registry: SqlRegistry) -> Open:
    """Open the national wallet of a sample resident, with a portrait where he has a photo."""

    def make(nik: str) -> Handset:
        answer = sample_registry.look_up(nik)
        world.registry.people[nik] = answer
        phone = with_wallet(world, nik, add=False)
        with world.deps.transaction() as db:
            person = people.find(db, world.deps, nik)
            assert person is not None
            people.store_portrait(world.deps, person, draw_portrait() if answer.photo else None)
        return phone

    return make


@pytest.fixture
def national(open_national: Open) -> Handset:
    """Budi's phone: he has all five document types, his family is of four."""
    return open_national(BUDI)


@pytest.fixture
def holder(world: World, national: Handset) -> CredentialWallet:
    """A wallet of somebody else that may fetch Budi's ID card as SD-JWT VC."""
    return CredentialWallet(world).offered(BUDI, "id_card")
