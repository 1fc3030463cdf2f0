"""From one address in the settings to a guarded registry."""

from __future__ import annotations

from urllib.parse import unquote, urlsplit

from wallet_api.adapters.registry.guard import GuardedRegistry, People
from wallet_api.adapters.registry.http import HttpRegistry
from wallet_api.adapters.registry.sql import SqlRegistry
from wallet_api.errors import ConfigurationError
from wallet_api.ports.registry import PopulationRegistry


def open_registry(url: str, *, people: People, timeout: float = 3.0) -> PopulationRegistry:
    """Return the registry behind `url`, asked for its own kind of people only.

    `http(s)://USER:PASSWORD@host[:port][/path]` (percent-encoded) is the service of
    `docs/registry-contract.md`, everything else an SQLAlchemy URL of the embedded registry.
    Raises `ConfigurationError` for a service without credentials. Opens nothing yet.
    """
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"}:
        return GuardedRegistry(SqlRegistry(url), people=people)
    if not parts.username or parts.password is None or not parts.hostname:
        raise ConfigurationError(errors=["WALLET_REGISTRY_URL: user and password are missing"])
    host = parts.netloc.rpartition("@")[2]
    service = HttpRegistry(
        f"{parts.scheme}://{host}{parts.path}",
        user_id=unquote(parts.username),
        password=unquote(parts.password),
        timeout=timeout,
    )
    return GuardedRegistry(service, people=people)
