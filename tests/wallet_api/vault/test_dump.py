"""A stolen database: no NIK, no name, no address, no number, no PIN key (T17, T30, G30)."""

from __future__ import annotations

import base64
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from credentials.jwk import thumbprint
from credentials.signing import compress
from tests.wallet_api.handset import Handset, at_face, with_wallet, work_off

if TYPE_CHECKING:
    from tests.postgres import PostgresServer
    from tests.wallet_api.simulators import World

NIK, OTHER = "3174054512900001", "3174054512900002"
CANARIES = [
    NIK,
    OTHER,
    "KENARI NURHALIZA",
    "kenari.surat@example.org",
    "6281298765432",
    "81298765432",
    "JALAN KENARI",
]


def live(world: World) -> tuple[Handset, Handset]:
    """Two residents go the whole way; one is still enrolling."""
    person = {"name": CANARIES[2], "street": CANARIES[5]}
    world.registry.add(NIK, person | {"nik": NIK})
    enrolling = at_face(world, email=CANARIES[3], phone="+" + CANARIES[4])
    enrolling.face()
    enrolling.set_pin()
    world.registry.add(OTHER, person | {"nik": OTHER})
    holder = with_wallet(world, OTHER, add=False)
    holder.session()
    holder.session(pin=enrolling.pin)
    holder.call("POST", "/v1/wallet/block", {"reason": "lost"})
    work_off(world)
    return enrolling, holder


def found_in(dump: bytes, phones: tuple[Handset, Handset]) -> list[str]:
    secrets = [text.encode() for text in CANARIES]
    for phone in phones:
        x = compress(phone.pin.public_key)[1:]
        secrets += [x, x.hex().encode(), base64.b64encode(x)[:40]]
        secrets.append(thumbprint(phone.pin.public_key).encode())
    lower = dump.lower()
    return [secret.hex() for secret in secrets if secret.lower() in lower]


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
def test_t30_the_sqlite_file_and_its_log_hold_nothing_in_clear(world: World) -> None:
    phones = live(world)
    path = Path(world.deps.settings.database_url.removeprefix("sqlite:///"))
    files = [path, path.with_name(path.name + "-wal")]
    dump = b"".join(file.read_bytes() for file in files if file.exists())
    assert phones[1].wallet.encode() in dump  # it is the right file
    assert found_in(dump, phones) == []


@pytest.mark.parametrize("database_kind", ["postgresql"], indirect=True)
def test_t30_a_dump_of_postgresql_holds_nothing_in_clear(
    world: World, postgres_server: PostgresServer
) -> None:
    phones = live(world)
    name = world.deps.settings.database_url.partition("?")[0].rpartition("/")[2]
    program = shutil.which("pg_dump", path=str(postgres_server.programs)) or "pg_dump"
    command = [program, "-h", str(postgres_server.folder), "-U", "postgres", name]
    dump = subprocess.run(command, check=True, capture_output=True).stdout
    assert phones[1].wallet.encode() in dump
    hexes = [text.encode().hex() for text in CANARIES]
    assert found_in(dump, phones) == []
    assert [text for text in hexes if text.encode() in dump] == []
