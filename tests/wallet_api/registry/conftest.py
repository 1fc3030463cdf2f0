"""The sample registry as a file, and the simulator as a process of its own."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import requests

from samples.people import build_registry, load_residents
from samples.registry_simulator.server import PASSWORD, USER
from wallet_api.adapters.registry.http import HttpRegistry
from wallet_api.adapters.registry.sql import SqlRegistry
from wallet_api.ports.registry import PopulationRegistry

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def registry_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("registry") / "registry.db"
    build_registry(path)
    return path


@pytest.fixture(scope="module")
def simulator_url(registry_file: Path) -> Iterator[str]:
    command = [
        sys.executable, "-m", "samples.registry_simulator", "--port", "0",
        "--db", str(registry_file), "--slow-seconds", "3",
    ]  # fmt: skip
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
        assert process.stdout is not None
        yield process.stdout.readline().strip()
        process.terminate()


@pytest.fixture(scope="module")
def service(simulator_url: str) -> HttpRegistry:
    return HttpRegistry(simulator_url, user_id=USER, password=PASSWORD, timeout=2.0)


@pytest.fixture(scope="module")
def embedded(registry_file: Path) -> Iterator[SqlRegistry]:
    registry = SqlRegistry(f"sqlite:///{registry_file}")
    yield registry
    registry.close()


@pytest.fixture(params=["embedded", "service"])
def registry(request: pytest.FixtureRequest) -> PopulationRegistry:
    found: PopulationRegistry = request.getfixturevalue(request.param)
    return found


@pytest.fixture
def bend(simulator_url: str) -> Iterator[Callable[[str, str], None]]:
    """Bend the simulator's answers about a NIK; all is straight again after the test."""
    bent: list[str] = []

    def put(nik: str, how: str) -> None:
        bent.append(nik)
        requests.put(f"{simulator_url}/_bend/{nik}", data=how, timeout=5).raise_for_status()

    yield put
    for nik in bent:
        requests.put(f"{simulator_url}/_bend/{nik}", data="", timeout=5).raise_for_status()


@pytest.fixture(scope="session")
def niks() -> dict[str, str]:
    """NIKs of the residents of the demo by their short name."""
    return {resident["id"]: resident["nik"] for resident in load_residents()}
