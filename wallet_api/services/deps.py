"""What every service is given."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection
from sqlalchemy.orm import Session

from credentials.catalogue import Catalogue
from wallet_api import db
from wallet_api.config import Settings
from wallet_api.ports.clock import Clock
from wallet_api.ports.delivery import Messenger
from wallet_api.ports.faces import FaceMatcher, PortraitMaker
from wallet_api.ports.keys import KeyRing
from wallet_api.ports.registry import PopulationRegistry
from wallet_api.ports.vault import Vault
from wallet_api.rules.nik import RegionCodes
from wallet_api.services.reserve import Reserve


@dataclass(frozen=True, slots=True)
class Deps:
    """Ports, settings and the session factory; made once by ``bootstrap``."""

    settings: Settings
    sessions: db.SessionFactory
    clock: Clock
    vault: Vault
    keys: KeyRing
    registry: PopulationRegistry
    faces: FaceMatcher
    portraits: PortraitMaker
    mail: Messenger
    sms: Messenger
    catalogue: Catalogue
    regions: RegionCodes
    publish_dir: Path
    reserve: Reserve = field(default_factory=Reserve)

    def transaction(self) -> AbstractContextManager[Session]:
        """Open one transaction: committed at the end of the block, or not at all."""
        return db.transaction(self.sessions)

    def statements(self) -> AbstractContextManager[Connection]:
        """Open one transaction for statements made once, without entities."""
        return db.statements(self.sessions)

    def reading(self) -> AbstractContextManager[Session]:
        """Open a session for one look that changes nothing: no transaction around it."""
        return db.reading(self.sessions)

    def looking(self) -> AbstractContextManager[Connection]:
        """Open the same for one statement made once, without entities."""
        return db.looking(self.sessions)

    @staticmethod
    def one_trip(statements: db.Statements) -> AbstractContextManager[None]:
        """Send the writes of a block together, where the database can."""
        return db.one_trip(statements)

    def now(self) -> datetime:
        """Return the server's time, UTC-aware."""
        return self.clock.now()
