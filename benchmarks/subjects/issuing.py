"""Issuing one person's whole set: five document types, every profile, one holder key.

Everything of the service is measured (reading, drafts, density, intents, signatures, storing, the
answer), on a SQLite file with the product's settings, but not the registry, the portrait and HTTP.
"A core" is processor time, of the program and of the kernel for it: one process that no neighbour
disturbs does so many sets a second. The second figure holds on any machine: it is the time of a set
over that of its bare signatures and their verification, measured in turns in the same run.
"""

from __future__ import annotations

import secrets
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.figures import Figure
from credentials.jwk import thumbprint
from credentials.signing import PemSigner, generate_pem, verify_es256
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
TIMES_THE_CRYPTOGRAPHY = 8
ROUNDS = 100
WARM_UP = 5
TYPES = 5
TYPICAL_CLAIMS = bytes(300)


def measure() -> list[Figure]:
    """Return how many whole sets one core issues in a second, and the ratio to bare signatures."""
    with TemporaryDirectory() as folder:
        world = _open_world(Path(folder))
        phone = _resident(world, Path(folder))
        credentials = [_issue(world, phone)[1] for _ in range(WARM_UP)][-1]
        sets, bare = [], []
        for _ in range(ROUNDS):
            bare.append(_sign_and_verify(credentials))
            sets.append(_issue(world, phone)[0])
        close(world)
    middle = statistics.median(sets)
    ratio = middle / statistics.median(bare)
    return [
        Figure("issuing one whole set, a core", 1 / middle, "sets/s", SETS_A_SECOND, at_least=True),
        Figure(
            "issuing over its bare signatures", middle, "s", TIMES_THE_CRYPTOGRAPHY, ratio=ratio
        ),
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


def _issue(world: World, phone: Handset) -> tuple[float, int]:
    """Issue once; return the seconds of processor it took, and how many credentials there are."""
    who = TokenFacts(phone.wallet, thumbprint(phone.device.public_key), "full", "")
    once = Once("benchmark", secrets.token_hex(16), b"")
    offered = phone.holder_keys()
    idempotency.begin(world.deps, once)
    answers: list[dict[str, object]] = []
    taken = _timed(lambda: answers.append(issuance.issue(world.deps, who, offered, once=once)))
    issued = answers[0]["credentials"]
    assert isinstance(issued, list)
    assert len({held["type"] for held in issued}) == TYPES
    return taken, len(issued)


_SIGNER = PemSigner(generate_pem())


def _sign_and_verify(count: int) -> float:
    """Sign and verify so many times and do nothing else; return the seconds of processor."""

    def work() -> None:
        for _ in range(count):
            signature = _SIGNER.sign(TYPICAL_CLAIMS)
            verify_es256(_SIGNER.public_key, TYPICAL_CLAIMS, signature)

    return _timed(work)


def _timed(work: Callable[[], None]) -> float:
    began = time.process_time()
    work()
    return time.process_time() - began
