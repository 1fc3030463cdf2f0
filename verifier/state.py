"""What a terminal remembers between runs, in one folder: `--state DIR`.

    state.json              what was accepted: bundle version, key set, root; clock floor
    bundle.cose             the bundle in use      bundle.previous.cose   the one before it
    bundle.anchor.cose      the one that later deltas start from
    sync/                   what is being fetched
    replay/<sha256>         one file per accepted proof

Every file is put in place in one step, so a power cut leaves the old one or the new one. A replay
entry is made with "create, fail if it exists": of two processes with the same proof exactly one
wins, on every operating system and without locks.
"""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from verifier.bundle import Accepted, TrustedBundle
from verifier.errors import StateError
from verifier.files import write_atomically
from verifier.replay import MAX_PROOFS, REMEMBER_SECONDS

_STATE = "state.json"
_BUNDLE = "bundle.cose"
_PREVIOUS = "bundle.previous.cose"
_LEFT_BEHIND_SECONDS = 3600
_ANCHOR = "bundle.anchor.cose"


@dataclass(frozen=True, slots=True)
class Memory:
    """What must never go back: versions, the root in force and the newest signed time."""

    bundle_version: int = 0
    clock_floor: datetime | None = None
    key_set_version: int = 0
    root_in_force: str | None = None

    @property
    def accepted(self) -> Accepted:
        """What a bundle is held against."""
        return Accepted(self.bundle_version, self.key_set_version, self.root_in_force)


class StateFolder:
    """One terminal's folder; made when something is first written."""

    def __init__(self, path: str | Path) -> None:
        """Use `path`; nothing is read or written yet."""
        self._path = Path(path)

    @property
    def bundle_path(self) -> Path:
        """Where `install` puts the bundle in use."""
        return self._path / _BUNDLE

    @property
    def workplace(self) -> Path:
        """Where `sync` keeps what it fetches; nothing there is ever used unverified."""
        return self._path / "sync"

    def held_bundles(self) -> tuple[Path, ...]:
        """Return the bundle files there are: in use, anchor, previous."""
        named = (self._path / name for name in (_BUNDLE, _ANCHOR, _PREVIOUS))
        return tuple(path for path in named if path.is_file())

    def keep_anchor(self, data: bytes) -> None:
        """Keep a bundle that later deltas start from."""
        write_atomically(self._path / _ANCHOR, data)

    def sweep(self, now: datetime) -> None:
        """Remove what a process that was killed while it wrote has left behind an hour ago."""
        for path in self._path.glob(".*.*-*"):
            with suppress(OSError):
                if now.timestamp() - path.stat().st_mtime > _LEFT_BEHIND_SECONDS:
                    path.unlink()

    def load(self) -> Memory:
        """Read the memory; a folder without one has an empty memory. StateError if damaged."""
        try:
            data = (self._path / _STATE).read_bytes()
        except FileNotFoundError:
            return Memory()
        except OSError:
            raise StateError("STATE_NOT_READABLE", _STATE) from None
        try:
            return _memory(json.loads(data))
        except (
            ValueError,
            KeyError,
            TypeError,
            AttributeError,
            OverflowError,
            OSError,
            RecursionError,
        ):
            raise StateError("STATE_DAMAGED", _STATE) from None

    def note(self, bundle: TrustedBundle) -> None:
        """Raise versions and floor to those of a trusted bundle; never lower them."""
        before = self.load()
        floor = bundle.newest_signed_at
        if before.clock_floor is not None:
            floor = max(floor, before.clock_floor)
        after = Memory(max(bundle.version, before.bundle_version), floor, *_keys(bundle, before))
        if after != before:
            members = {
                "bundle_version": after.bundle_version,
                "clock_floor": int(floor.timestamp()),
                "key_set_version": after.key_set_version,
                "root_in_force": after.root_in_force,
            }
            write_atomically(self._path / _STATE, json.dumps(members).encode())

    def install(self, data: bytes, bundle: TrustedBundle) -> None:
        """Make `data` (already trusted as `bundle`) the bundle in use, and keep the one before.

        The memory is raised last: were it first, a power cut in between would leave a bundle
        that is too old for it, and a terminal that refuses everything.
        """
        try:
            before = self.bundle_path.read_bytes()
        except FileNotFoundError:
            before = None
        except OSError:
            raise StateError("STATE_NOT_READABLE", _BUNDLE) from None
        if before is not None and before != data:
            write_atomically(self._path / _PREVIOUS, before)
        write_atomically(self.bundle_path, data)
        self.note(bundle)

    def replay(self) -> FolderReplay:
        """Return the replay memory of this folder."""
        return FolderReplay(self._path / "replay")


class FolderReplay:
    """A replay memory of files, shared by all processes that use the folder."""

    def __init__(self, path: Path, *, capacity: int = MAX_PROOFS) -> None:
        """Keep entries under `path`, at most `capacity`."""
        self._path = path
        self._capacity = capacity

    def has_seen(self, key: bytes, at: int) -> bool:
        """Tell whether `key` was accepted less than two minutes before `at`."""
        accepted_at = _read_time(self._path / key.hex())
        return accepted_at is not None and at - accepted_at < REMEMBER_SECONDS

    def is_full(self, at: int) -> bool:
        """Tell whether there is no room for one more; old entries are removed first."""
        try:
            entries = list(self._path.iterdir())
        except FileNotFoundError:
            return False
        except OSError:
            raise StateError("STATE_NOT_READABLE", "replay") from None
        kept = 0
        for entry in entries:
            accepted_at = _read_time(entry)
            if accepted_at is not None and at - accepted_at >= REMEMBER_SECONDS:
                entry.unlink(missing_ok=True)
            else:
                kept += 1
        return kept >= self._capacity

    def remember(self, key: bytes, at: int) -> bool:
        """Put `key` in; False when it is there already or another process was first."""
        try:
            self._path.mkdir(parents=True, exist_ok=True)
        except OSError:
            raise StateError("STATE_NOT_WRITABLE", "replay") from None
        try:
            with (self._path / key.hex()).open("x", encoding="ascii") as file:
                file.write(str(at))
        except FileExistsError:
            return False
        except OSError:
            raise StateError("STATE_NOT_WRITABLE", "replay") from None
        return True


def _memory(value: Any) -> Memory:
    version, floor = value["bundle_version"], value["clock_floor"]
    keys, root = value.get("key_set_version", 0), value.get("root_in_force")
    if {type(version), type(floor), type(keys)} != {int} or not isinstance(root, str | None):
        raise StateError("STATE_DAMAGED", _STATE)
    return Memory(version, datetime.fromtimestamp(floor, UTC), keys, root)


def _keys(bundle: TrustedBundle, before: Memory) -> tuple[int, str | None]:
    """Return key set version and root in force after a bundle; an older bundle lowers neither."""
    if bundle.chain.keys.version < before.key_set_version:
        return before.key_set_version, before.root_in_force
    return bundle.chain.keys.version, bundle.root_in_force


def _read_time(entry: Path) -> int | None:
    """Return when an entry was accepted, None when there is none.

    An entry that is empty (made this instant by another process, or cut short by a power cut)
    counts from the file's own time: seen is the safe side.
    """
    try:
        text = entry.read_text(encoding="ascii")
        return int(text) if text.isdigit() else int(entry.stat().st_mtime)
    except FileNotFoundError:
        return None
    except (OSError, ValueError):
        raise StateError("STATE_NOT_READABLE", "replay") from None
