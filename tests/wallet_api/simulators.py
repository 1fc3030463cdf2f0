"""A wallet API on a desk: real database, vault, keys and outbox; simulated world around it.

`make_deps` puts it together; each simulator can be bent by one line of a test:
`world.registry.people[nik] = …`, `world.clock.advance(seconds=20)`, `world.faces.outcome = …`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING, Any

from pydantic_settings import BaseSettings, PydanticBaseSettingsSource
from sqlalchemy import Engine, event

from wallet_api import data, db
from wallet_api.adapters.file_outbox import FileMessenger
from wallet_api.adapters.keys import PemKeyRing, make_keys
from wallet_api.adapters.vault import FileVault
from wallet_api.bootstrap import load_catalogue
from wallet_api.config import Settings
from wallet_api.ports.faces import FaceJob, FaceResult, FrameNote, Outcome
from wallet_api.ports.registry import (
    Contacts,
    Document,
    RegistryAnswer,
    RegistryStatus,
    RegistryUnavailable,
    Unavailable,
    make_answer,
)
from wallet_api.services.deps import Deps

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from credentials.catalogue import Catalogue

# What worlds leave to the next ones of their process; each would take as long as a whole test.
_FIRST_ENGINES: dict[str, Engine] = {}
_SPARE_KEYS: dict[str, list[dict[str, bytes]]] = {}

NOON = datetime(2026, 11, 23, 5, 0, tzinfo=UTC)
NIK = "3174054512900001"
PHOTO = b"\xff\xd8\xff\xe0 a registry photo \xff\xd9"


@dataclass
class SettableClock:
    """A clock that stands still until a test moves it."""

    at: datetime = NOON

    def now(self) -> datetime:
        return self.at

    def advance(self, **parts: float) -> None:
        self.at += timedelta(**parts)


@dataclass
class MemoryRegistry:
    """A registry of answers in memory; `down` makes it unreachable."""

    people: dict[str, RegistryAnswer] = field(default_factory=dict)
    down: bool = False
    asked: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)

    def look_up(self, nik: str) -> RegistryAnswer:
        self.asked.append(nik)
        if self.down:
            raise RegistryUnavailable(Unavailable.DOWN)
        return self.people.get(nik) or make_answer(RegistryStatus.NOT_FOUND, nik)

    def changes_since(self, cursor: str) -> tuple[list[str], str]:
        after = int(cursor or 0)
        return self.changed[after:], str(len(self.changed))

    def add(
        self,
        nik: str,
        person: Mapping[str, object] | None = None,
        *,
        photo: bytes | None = PHOTO,
        documents: Sequence[Document] = (),
        contacts: Contacts | None = None,
    ) -> None:
        """Add or change a living person with a record."""
        values = person or {"name": "SITI NURHALIZA", "nik": nik}
        self.people[nik] = make_answer(
            RegistryStatus.FOUND,
            nik,
            person=values,
            photo=photo,
            documents=documents,
            contacts=contacts,
        )
        self.changed.append(nik)

    def set_status(self, nik: str, status: RegistryStatus) -> None:
        """Say something else of that NIK from now on."""
        self.people[nik] = make_answer(status, nik)
        self.changed.append(nik)


@dataclass
class SteadyFaces:
    """A matcher and portrait maker that answers what a test wants to hear."""

    outcome: Outcome = "match"
    reasons: tuple[str, ...] = ("NO_FACE",)
    portrait: bytes = b"RIFF\x04\x00\x00\x00WEBP"
    jobs: list[FaceJob] = field(default_factory=list)

    def match(self, job: FaceJob) -> FaceResult:
        self.jobs.append(job)
        good = self.outcome == "match"
        reasons = () if good else self.reasons
        notes = tuple(FrameNote(frame.turn, () if good else reasons) for frame in job.frames)
        return FaceResult(
            self.outcome,
            0.6,
            0.4,
            "steady",
            reasons,
            len(job.frames),
            quality=dict.fromkeys(reasons, True),
            challenge="passed",
            notes=notes,
            clearest=0,
        )

    def make(self, photo: bytes, *, max_bytes: int = 700) -> bytes:
        return self.portrait[:max_bytes]


@dataclass(frozen=True)
class World:
    """The services' dependencies, and the simulators inside them under their own types."""

    deps: Deps
    clock: SettableClock
    registry: MemoryRegistry
    faces: SteadyFaces
    outbox: Path
    keys: dict[str, bytes] = field(default_factory=dict)

    def messages(self) -> list[dict[str, Any]]:
        """What was really sent, in no particular order."""
        return [json.loads(path.read_text()) for path in sorted(self.outbox.glob("*.json"))]

    def with_settings(self, **changes: object) -> World:
        """The same world under other settings."""
        settings = self.deps.settings.model_copy(update=changes)
        return replace(self, deps=replace(self.deps, settings=settings))


class _TestSettings(Settings):
    """Settings that do not even look for an environment."""

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        **others: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return (init_settings,)


def make_settings(url: str, folder: Path, **changes: Any) -> Settings:
    """Settings of a test, without the environment."""
    values: dict[str, Any] = {
        "database_url": url,
        "keys_dir": folder / "keys",
        "public_url": "https://wallet.test",
        "registry_url": "sqlite:///nothing.db",
        "publish_dir": folder / "published",
        "second_officer_percent": 0,
        "face_wait_seconds": 0,
    }
    return _TestSettings(**(values | changes))


def make_deps(url: str, folder: Path, **changes: Any) -> World:
    """A world on the migrated database at `url`, with keys of its own below `folder`."""
    settings = make_settings(url, folder, **changes)
    clock, registry, faces = SettableClock(), MemoryRegistry(), SteadyFaces()
    catalogue = _catalogue()
    keys = _lay_keys(settings)
    outbox = folder / "outbox"
    deps = Deps(
        settings=settings,
        sessions=db.make_sessions(_open_engine(url)),
        clock=clock,
        vault=FileVault(settings.keys_dir / "vault.json"),
        keys=PemKeyRing(settings.keys_dir),
        registry=registry,
        faces=faces,
        portraits=faces,
        mail=FileMessenger(outbox, "email"),
        sms=FileMessenger(outbox, "sms"),
        catalogue=catalogue,
        regions=data.load_region_codes(),
        publish_dir=settings.publish_dir,
    )
    return World(deps, clock, registry, faces, outbox, keys)


def close(world: World) -> None:
    """Give the database's connections and the keys back."""
    bind = world.deps.sessions.kw["bind"]
    bind.dispose()
    _SPARE_KEYS.setdefault(world.deps.settings.public_url, []).append(world.keys)


def _lay_keys(settings: Settings) -> dict[str, bytes]:
    """Fill the folder of keys with those of a world that is closed, or make the first of them.

    Worlds that are open together never have the same.
    """
    folder, spare = settings.keys_dir, _SPARE_KEYS.get(settings.public_url)
    if folder.exists() or not spare:
        make_keys(folder, _types(_catalogue()), now=NOON, public_url=settings.public_url)
        return {path.name: path.read_bytes() for path in folder.iterdir()}
    folder.mkdir(mode=0o700)
    for name, content in spare[-1].items():
        (folder / name).write_bytes(content)
        (folder / name).chmod(0o600)
    return spare.pop()


def _open_engine(url: str) -> Engine:
    """Open an engine that knows the statements which the engines of earlier tests have compiled."""
    engine = db.make_engine(url)
    if engine.name == "sqlite":
        event.listen(engine, "connect", _do_not_wait_for_the_disk)
    if engine.name not in _FIRST_ENGINES:
        engine.connect().close()  # lets the dialect ask which server this is
        _FIRST_ENGINES[engine.name] = engine
    first = _FIRST_ENGINES[engine.name]
    engine.dialect, engine._compiled_cache = first.dialect, first._compiled_cache
    return engine


@cache
def _catalogue() -> Catalogue:
    return load_catalogue()


def _do_not_wait_for_the_disk(connection: Any, _record: object) -> None:
    connection.execute("PRAGMA synchronous=OFF")  # as in tests/postgres.py


def _types(catalogue: Catalogue) -> tuple[str, ...]:
    return tuple(held.name for held in catalogue.types)
