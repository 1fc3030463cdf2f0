"""The clients of others, and an installation of ours for them to talk to.

Each is started once for all tests of this folder, which one process runs (tests/queue_order.py).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.interop.clients import NODE, PYTHON, Client, Wallet
from tests.interop.relying_party import Asker
from tests.journey.office import running_office
from tests.journey.resident import Resident
from tests.journey.steps import Journey

if TYPE_CHECKING:
    from samples.administrator import Administrator
    from tests.journey.office import Office


@pytest.fixture(scope="package")
def javascript() -> Iterator[Client]:
    """@sd-jwt/* and @owf/mdoc."""
    client = Client(NODE, "node/formats.mjs")
    yield client
    client.close()


@pytest.fixture(scope="package")
def python() -> Iterator[Client]:
    """PyPI's sd-jwt and isomdoc."""
    client = Client(PYTHON, "python/formats.py")
    yield client
    client.close()


@dataclass(frozen=True, slots=True)
class Issuer:
    """The whole installation as processes, and Budi, who has every document, with his phone."""

    office: Office
    resident: Resident
    root: Path
    administrator: Administrator

    @property
    def url(self) -> str:
        """Address of the issuer."""
        return self.office.site.api

    def admin(self, *words: str) -> str:
        """Run a command of the administrator; return what it printed."""
        return self.administrator.run("admin", *words).strip()

    def offer(self, *types: str, form: str = "dc+sd-jwt", with_: tuple[str, ...] = ()) -> str:
        """Return the URI of an offer to Budi; without a transaction code unless `with_` says so."""
        words = [word for name in types for word in ("--type", name)]
        with_ = with_ or ("--no-tx-code",)
        nik = str(self.resident.person["nik"])
        return self.admin("offer", "--nik", nik, "--format", form, *words, *with_)


@pytest.fixture(scope="package")
def issuer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Issuer]:
    """An installation on SQLite where Budi has an active wallet."""
    with running_office(tmp_path_factory.mktemp("issuer")) as office:
        resident = Resident(office, "budi")
        for step in Journey(office, resident).steps()[:-1]:
            step()
        resident.status()
        root = office.site.folder / "issuer-root.pem"
        with office.site.administrator() as admin:
            root.write_text(admin.run("admin", "issuer-root"), "utf-8")
            yield Issuer(office, resident, root, admin)


@pytest.fixture(scope="package")
def bank(issuer: Issuer) -> Asker:
    """A relying party that believes the installation's issuer."""
    asker = Asker(issuer.office)
    asker.bank.prepare(issuer.administrator)
    asker.open()
    return asker


@pytest.fixture
def wallet(issuer: Issuer, bank: Asker, tmp_path: Path) -> Wallet:
    """A new wallet of somebody else, which trusts our issuer's root and the bank's."""
    return Wallet(tmp_path, issuer.root, "--verifier-root", str(bank.root))
