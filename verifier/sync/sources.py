"""Where files come from: a folder, or a web server through whatever proxy the system names."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from credentials.bundle_form import MAX_SIZE
from verifier.errors import SyncError
from verifier.sync.index import INDEX, MAX_INDEX_BYTES, Index, RemoteFile, parse_index
from verifier.sync.progress import Progress

LONE_BUNDLE = "bundle.cose"


class Source(Protocol):
    """Gives an index, and brings files to the terminal."""

    def index(self, workplace: Path) -> Index:
        """Return the present index; SyncError. `workplace` may hold what was fetched before."""

    def fetch(self, file: RemoteFile, target: Path, progress: Progress, before: int) -> None:
        """Bring `file` to `target`, which may hold its beginning; SyncError.

        `before` bytes of the whole plan are there already. The size is right afterwards; the
        caller compares the hash.
        """


def open_source(place: str) -> Source:
    """Return the source for a URL (http, https) or a folder; SyncError("SYNC_SOURCE")."""
    scheme = place.partition("://")[0].lower() if "://" in place else ""
    if scheme in ("http", "https"):
        from verifier.sync.web import WebSource

        return WebSource(place)
    folder = Path(place)
    if scheme or not place or not folder.is_dir():
        raise SyncError("SYNC_SOURCE")
    return FolderSource(folder)


class FolderSource:
    """A folder on a stick or in the LAN: published files with their index, or a lone bundle."""

    def __init__(self, folder: Path) -> None:
        """Read from `folder`."""
        self._folder = folder

    def index(self, workplace: Path) -> Index:
        """Return the index of the folder; a folder with only `bundle.cose` is good as well."""
        del workplace
        if (self._folder / INDEX).is_file():
            return parse_index(self._read(INDEX, MAX_INDEX_BYTES))
        return _index_of(self._read(LONE_BUNDLE, MAX_SIZE))

    def fetch(self, file: RemoteFile, target: Path, progress: Progress, before: int) -> None:
        """Copy a file of the folder; SYNC_DAMAGED when its size is another."""
        data = self._read(file.name, file.size)
        if len(data) != file.size:
            raise SyncError("SYNC_DAMAGED", file.name)
        try:
            target.write_bytes(data)
        except OSError:
            raise SyncError("SYNC_NOT_WRITABLE", target.name) from None
        progress.at(before + file.size)

    def _read(self, name: str, limit: int) -> bytes:
        try:
            with (self._folder / name).open("rb") as file:
                return file.read(limit + 1)
        except FileNotFoundError:
            raise SyncError("SYNC_NOT_FOUND", name) from None
        except OSError:
            raise SyncError("SYNC_BROKEN", name) from None


def _index_of(data: bytes) -> Index:
    """Describe a lone bundle file; its version is only believed once it is verified."""
    import hashlib

    from credentials.bundle import parse_bundle
    from credentials.bundle_form import read_sections
    from credentials.errors import FormatError

    try:
        version = read_sections(parse_bundle(data).payload).version
    except FormatError:
        raise SyncError("SYNC_DAMAGED", LONE_BUNDLE) from None
    digest = hashlib.sha256(data).hexdigest()
    return Index(version, (RemoteFile(version, LONE_BUNDLE, len(data), digest),))
