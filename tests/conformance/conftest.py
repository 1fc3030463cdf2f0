"""One issuer that runs, as for the Foundation's suite, and what all modules share."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from samples.people import build_registry
from tests.conformance.sockets import Served, serving
from tests.wallet_api.handset import Handset, with_wallet
from tests.wallet_api.issuing.conftest import BUDI, draw_portrait
from tests.wallet_api.openid.issuer.credential_wallet import CredentialWallet
from tests.wallet_api.openid.test_attestation import Attester
from tests.wallet_api.simulators import World, close, make_deps
from wallet_api.adapters.registry.sql import SqlRegistry
from wallet_api.app import create_app
from wallet_api.db import migrate
from wallet_api.services import people, publication

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True)
class Place:
    """An issuer on a port; ``attester`` makes the attestations it believes."""

    world: World
    served: Served
    phone: Handset
    attester: Attester


@dataclass(frozen=True)
class Places:
    """The same issuer for any wallet, and under HAIP: for attested wallets with DPoP only.

    ``later`` is for any wallet again, and gives credentials after a minute.
    """

    plain: Place
    haip: Place
    later: Place


@pytest.fixture(scope="session")
def places(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Places]:
    """The issuer of all modules, and a resident with every type of document."""
    folder = tmp_path_factory.mktemp("conformance")
    url = f"sqlite:///{folder / 'wallet.db'}"
    migrate(url)
    world = make_deps(url, folder, openid_requests_per_network_hour=100_000)
    attester = Attester(int(world.clock.now().timestamp()))
    roots = folder / "attesters.pem"
    roots.write_bytes(attester.pem())
    known = world.with_settings(openid_attestation_roots=str(roots))
    demands = {"openid_require_wallet_attestation": True, "openid_require_dpop": True}
    strict = known.with_settings(**demands)
    build_registry(folder / "registry.db")
    world.registry.people[BUDI] = SqlRegistry(f"sqlite:///{folder / 'registry.db'}").look_up(BUDI)
    phone = with_wallet(world, BUDI, add=False)
    with world.deps.transaction() as db:
        person = people.find(db, world.deps, BUDI)
        assert person is not None
        people.store_portrait(world.deps, person, draw_portrait())
    CredentialWallet(world).offered(BUDI, "id_card").fetch_texts()
    publication.publish(world.deps)  # as every minute: from now on there is a status list
    with ExitStack() as stack:
        plain, haip, later = (
            Place(one, stack.enter_context(serving(create_app(deps=one.deps))), phone, attester)
            for one in (known, strict, known.with_settings(openid_deferred_seconds=60))
        )
        yield Places(plain, haip, later)
    close(world)


@pytest.fixture
def plain(places: Places) -> Place:
    """The issuer of the plan `oid4vci-1_0-issuer-test-plan`."""
    return places.plain


@pytest.fixture
def haip(places: Places) -> Place:
    """The issuer of the plan `oid4vci-1_0-issuer-haip-test-plan`."""
    return places.haip


def pytest_configure(config: pytest.Config) -> None:
    """Make the mark known under which a test stands for a module."""
    config.addinivalue_line("markers", "module(name): the conformance module this test stands for")
