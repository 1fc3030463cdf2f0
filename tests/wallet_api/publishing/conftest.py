"""A phone whose wallet holds credentials, for tests of what is published about them."""

from __future__ import annotations

import pytest

from tests.wallet_api.handset import Handset, with_wallet
from tests.wallet_api.simulators import World

PERSON = {
    "nik": "3174054512900001",
    "name": "SITI NURHALIZA",
    "birth_date": "1990-12-05",
    "birth_place": "JAKARTA",
    "sex": "F",
    "religion": "ISLAM",
    "marital_status": "NEVER_MARRIED",
    "occupation": "GURU",
    "street": "JL. MERDEKA 1",
    "rt": "001",
    "rw": "002",
    "village_code": "3174051001",
    "nationality": "ID",
}


@pytest.fixture
def phone(world: World) -> Handset:
    world.registry.add(PERSON["nik"], PERSON)
    made = with_wallet(world, add=False)
    made.session()
    assert made.issue()
    return made
