"""Issuing one person's whole set: five document types, every profile, one holder key.

Everything of the service is measured (reading, drafts, density, intents, signatures, storing, the
answer) but the registry, the portrait and HTTP. The unit is seconds of processor a set, so that a
busy neighbour does not count.
"""

from __future__ import annotations

import secrets
import statistics
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.figures import Figure
from credentials.jwk import thumbprint
from samples.people import build_registry
from tests.wallet_api.handset import Handset, with_wallet
from tests.wallet_api.issuing.conftest import BUDI, draw_portrait
from tests.wallet_api.simulators import World, close, make_deps
from wallet_api.adapters.registry.sql import SqlRegistry
from wallet_api.db import migrate
from wallet_api.services import idempotency, issuance, people
from wallet_api.services.idempotency import Once
from wallet_api.services.sessions import TokenFacts

SETS_A_SECOND = 100
ROUNDS = 40
WARM_UP = 3


def measure() -> list[Figure]:
    """Return how many whole sets one core issues in a second."""
    with TemporaryDirectory() as folder:
        world = _open_world(Path(folder))
        phone = _resident(world, Path(folder))
        taken = [_issue(world, phone) for _ in range(ROUNDS + WARM_UP)][WARM_UP:]
        close(world)
    rate = 1 / statistics.median(taken)
    return [
        Figure("issuing one whole set, a core", rate, "sets/s", limit=SETS_A_SECOND, at_least=True)
    ]


def _open_world(folder: Path) -> World:
    url = f"sqlite:///{folder / 'wallet.db'}"
    migrate(url)
    return make_deps(url, folder)


def _resident(world: World, folder: Path) -> Handset:
    build_registry(folder / "registry.db")
    registry = SqlRegistry(f"sqlite:///{folder / 'registry.db'}")
    world.registry.people[BUDI] = registry.look_up(BUDI)
    phone = with_wallet(world, BUDI, add=False)
    with world.deps.transaction() as db:
        person = people.find(db, world.deps, BUDI)
        assert person is not None
        people.store_portrait(world.deps, person, draw_portrait())
    return phone


def _issue(world: World, phone: Handset) -> float:
    """Issue once; return the seconds of processor it took."""
    who = TokenFacts(phone.wallet, _thumbprint(phone), "full", "")
    once = Once("benchmark", secrets.token_hex(16), b"")
    offered = phone.holder_keys()
    idempotency.begin(world.deps, once)
    began = time.process_time()
    answer = issuance.issue(world.deps, who, offered, once=once)
    taken = time.process_time() - began
    issued = answer["credentials"]
    assert isinstance(issued, list)
    assert len({held["type"] for held in issued}) == 5
    return taken


def _thumbprint(phone: Handset) -> str:
    return thumbprint(phone.device.public_key)
