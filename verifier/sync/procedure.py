"""The order in which a terminal is brought up to date; every step may be the last.

1. One process at a time; a second one is told so.
2. What is held is read. A bundle in use that no longer verifies counts as not held.
3. The index says what there is. A newest version below the one in use is refused.
4. The cheapest way is planned: a whole bundle, or deltas from one that is held.
5. Each file is fetched into `sync/` (taken up where it broke off) and compared with its hash.
6. Deltas are applied in memory; the result is trusted by the rules of `verifier.bundle`, as any
   bundle: signatures, no rollback, not expired.
7. Only then it replaces the one in use, in one step; the one before is kept.

Killed before 7, the terminal works on with what it had, and the next run goes on with the files
already there. When deltas do not come out, a whole bundle is fetched instead.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from credentials.bundle import parse_bundle
from credentials.bundle_delta import apply_delta
from credentials.bundle_form import MAX_SIZE, read_sections
from credentials.errors import CredentialError, FormatError
from verifier.bundle import (
    TrustedBundle,
    map_bundle,
    read_bundle_bytes,
    require_current,
    trust_bundle,
)
from verifier.errors import BundleError, StateError, SyncError
from verifier.roots import Root
from verifier.state import StateFolder
from verifier.sync import plan as planning
from verifier.sync.index import INDEX, Index, RemoteFile
from verifier.sync.progress import Progress
from verifier.sync.sources import Source

_WHOLE_INSTEAD = frozenset({"SYNC_DELTA", "SYNC_DAMAGED", "SYNC_NOT_FOUND"})
_MAX_FETCH = 2 * MAX_SIZE  # a whole bundle at its largest is cheaper than any way beyond it
_KEPT = frozenset({INDEX, "index.etag", "lock"})


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run came to: the bundle in use now, and what was fetched for it."""

    bundle: TrustedBundle
    changed: bool
    fetched: tuple[RemoteFile, ...] = ()

    @property
    def size(self) -> int:
        """Bytes of the files that made it."""
        return planning.size(self.fetched)


def synchronise(
    source: Source, state: StateFolder, *, root: Root, now: datetime, progress: Progress
) -> Outcome:
    """Bring the state folder up to date; SyncError, BundleError, StateError change nothing."""
    with _alone(state.workplace):
        state.sweep(now)
        held = _held(state)
        in_use = _in_use(state, root)
        index = source.index(state.workplace)
        newest = max(state.load().bundle_version, in_use.version if in_use else 0)
        if index.version < newest:
            detail = f"version {index.version}, seen before {newest}"
            raise BundleError("BUNDLE_ROLLED_BACK", detail)
        if in_use is not None and in_use.version == index.version:
            _tidy(state.workplace, ())
            return Outcome(require_current(in_use, now), changed=False)
        held.pop(index.version, None)  # it is held, but no longer good
        run = _Run(source, state, root, now, progress)
        way = _way(index, held)
        try:
            return run.along(way, index, held)
        except SyncError as error:
            if error.code not in _WHOLE_INSTEAD or all(step.base is None for step in way):
                raise
        return run.along(_way(index, {}, deltas=False), index, {})


@dataclass(frozen=True, slots=True)
class _Run:
    source: Source
    state: StateFolder
    root: Root
    now: datetime
    progress: Progress

    def along(self, way: tuple[RemoteFile, ...], index: Index, held: Mapping[int, Path]) -> Outcome:
        """Fetch, apply, verify and install."""
        _tidy(self.state.workplace, way)
        files = self._fetch(way)
        data, anchor = b"", None
        for step, content in zip(way, files, strict=True):
            if step.base is None:
                data = content
            else:
                base = data or read_bundle_bytes(held[step.base])
                data = _applied(base, content, self.root)
            if step.version in index.anchors:
                anchor = data
        bundle = trust_bundle(data, root=self.root, accepted=self.state.load().accepted)
        require_current(bundle, self.now)
        if anchor is not None:
            self.state.keep_anchor(anchor)
        self.state.install(data, bundle)
        _tidy(self.state.workplace, ())
        return Outcome(bundle, changed=True, fetched=way)

    def _fetch(self, way: tuple[RemoteFile, ...]) -> list[bytes]:
        self.progress.begin(planning.size(way))
        contents, before = [], 0
        try:
            for file in way:
                contents.append(self._fetch_one(file, before))
                before += file.size
        finally:
            self.progress.end()
        return contents

    def _fetch_one(self, file: RemoteFile, before: int) -> bytes:
        target = self.state.workplace / _part_name(file)
        begun = target.is_file()
        for attempt in (1, 2):
            try:
                self.source.fetch(file, target, self.progress, before)
                return _intact(file, target)
            except SyncError as error:
                if error.code != "SYNC_DAMAGED":
                    raise
                target.unlink(missing_ok=True)
                if attempt == 2 or not begun:  # what was begun earlier may be of another file
                    raise
        raise AssertionError  # the second turn returns or raises


def _way(index: Index, held: Mapping[int, Path], *, deltas: bool = True) -> tuple[RemoteFile, ...]:
    files = index.files if deltas else tuple(one for one in index.files if one.base is None)
    way = planning.plan(Index(index.version, files, index.anchors), tuple(held))
    if not way or planning.size(way) > _MAX_FETCH:
        raise SyncError("SYNC_NOTHING_FITS")
    return way


def _applied(base: bytes, delta: bytes, root: Root) -> bytes:
    try:
        return apply_delta(base, delta, root.public_key)
    except CredentialError as error:
        raise SyncError("SYNC_DELTA", error.code) from None


def _intact(file: RemoteFile, path: Path) -> bytes:
    try:
        data = path.read_bytes()
    except OSError:
        raise SyncError("SYNC_NOT_WRITABLE", path.name) from None
    if len(data) != file.size or hashlib.sha256(data).hexdigest() != file.sha256:
        raise SyncError("SYNC_DAMAGED", file.name)
    return data


def _part_name(file: RemoteFile) -> str:
    """Name a file by its content: the beginning of one is never continued with another's end."""
    return f"{file.sha256[:32]}.part"


def _held(state: StateFolder) -> dict[int, Path]:
    """Return held bundles by version. Not verified: what a delta makes of them will be."""
    found: dict[int, Path] = {}
    for path in state.held_bundles():
        try:
            version = read_sections(parse_bundle(path.read_bytes()).payload).version
        except (OSError, FormatError):
            continue
        found.setdefault(version, path)
    return found


def _in_use(state: StateFolder, root: Root) -> TrustedBundle | None:
    try:
        view = map_bundle(state.bundle_path)
        return trust_bundle(view, root=root, accepted=state.load().accepted)
    except BundleError:
        return None


def _tidy(workplace: Path, way: tuple[RemoteFile, ...]) -> None:
    """Remove what no plan needs any more, such as the beginnings of files since replaced."""
    kept = _KEPT | {_part_name(file) for file in way}
    for path in workplace.iterdir():
        if path.name not in kept and not path.name.startswith("lock"):
            path.unlink(missing_ok=True)


@contextmanager
def _alone(workplace: Path) -> Iterator[None]:
    """Hold a lock that ends with the process, however it ends; on every operating system.

    An SQLite file, because its locks are the operating system's own and Python brings it along.
    """
    try:
        workplace.mkdir(parents=True, exist_ok=True)
        lock = sqlite3.connect(workplace / "lock", timeout=0, isolation_level=None)
    except (OSError, sqlite3.Error):
        raise StateError("STATE_NOT_WRITABLE", workplace.name) from None
    with closing(lock):
        try:
            lock.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError:
            raise SyncError("SYNC_BUSY") from None
        except sqlite3.Error:
            raise StateError("STATE_DAMAGED", "lock") from None
        yield
