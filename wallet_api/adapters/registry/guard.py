"""Keeps people who do not exist out of production, and people who do out of everything else.

No real NIK can be typed into a demo, where its data would meet sample keys and open doors; no
sample person gets a credential that a bank would trust. The guard stands around the registry, so
no caller can forget it, and it refuses before anything is asked or sent.
"""

from __future__ import annotations

from enum import StrEnum

from wallet_api.ports.registry import PopulationRegistry, RegistryAnswer, RegistryRefused
from wallet_api.rules.person import is_synthetic


class People(StrEnum):
    """Whom an installation may ask for."""

    REAL = "real"
    SYNTHETIC = "synthetic"


class GuardedRegistry:
    """A `PopulationRegistry` that asks another one for its own kind of people only."""

    def __init__(self, registry: PopulationRegistry, *, people: People) -> None:
        self._registry = registry
        self._people = people

    def look_up(self, nik: str) -> RegistryAnswer:
        """Ask, or raise `RegistryRefused` with SYNTHETIC_IN_PRODUCTION or REAL_IN_DEMO."""
        if not self._admits(nik):
            production = self._people is People.REAL
            raise RegistryRefused("SYNTHETIC_IN_PRODUCTION" if production else "REAL_IN_DEMO")
        return self._registry.look_up(nik)

    def changes_since(self, cursor: str) -> tuple[list[str], str]:
        """Pass on the changes of people who may be asked for; the cursor moves past the rest."""
        while True:
            changed, cursor = self._registry.changes_since(cursor)
            admitted = [nik for nik in changed if self._admits(nik)]
            if admitted or not changed:
                return admitted, cursor

    def _admits(self, nik: str) -> bool:
        return is_synthetic(nik) is (self._people is People.SYNTHETIC)
