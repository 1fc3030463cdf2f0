"""Residents of the sample registry with everything they have there."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from PIL import Image
from sqlalchemy import select

from samples.people import build_registry
from tests.wallet_api.handset import Handset, with_wallet
from wallet_api.adapters.registry.sql import SqlRegistry
from wallet_api.models import Credential
from wallet_api.services import people

if TYPE_CHECKING:
    from tests.wallet_api.simulators import World

FATHER_OF_13 = "3374010901789132"  # a family of 15, all five document types
BUDI = "3171011708909316"  # a family of 4, all five document types
NO_PHOTO = "3171014707859045"
PATH = "/v1/wallet/credentials"

on_sqlite = pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
Open = Callable[[str], Handset]


def credential_rows(world: World) -> list[Credential]:
    with world.deps.transaction() as db:
        return list(db.scalars(select(Credential).order_by(Credential.position)))


def draw_portrait() -> bytes:
    """Draw what a portrait looks like to the issuing: WebP, 64 by 80, well below 700 bytes."""
    with io.BytesIO() as out:
        Image.linear_gradient("L").resize((64, 80)).convert("RGB").save(out, "WEBP", quality=40)
        return out.getvalue()


@pytest.fixture(scope="session")
def sample_registry(tmp_path_factory: pytest.TempPathFactory) -> SqlRegistry:
    path = tmp_path_factory.mktemp("people") / "registry.db"
    build_registry(path)
    return SqlRegistry(f"sqlite:///{path}")


@pytest.fixture
def open_for(world: World, sample_registry: SqlRegistry) -> Callable[[str], Handset]:
    """Give a phone with an open wallet and session for a sample resident."""

    def make(nik: str) -> Handset:
        answer = sample_registry.look_up(nik)
        world.registry.people[nik] = answer
        phone = with_wallet(world, nik, add=False)
        with world.deps.transaction() as db:
            person = people.find(db, world.deps, nik)
            assert person is not None
            people.store_portrait(world.deps, person, draw_portrait() if answer.photo else None)
        phone.session()
        return phone

    return make
