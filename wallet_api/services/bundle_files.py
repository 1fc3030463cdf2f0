"""Bundles as static files: whole ones, deltas between them, and an index of both.

    bundles/index.json            what there is; replaced in one step, after all it names
    bundles/VERSION.cose          whole bundles: the newest, and the anchors
    bundles/BASE-VERSION.delta    from an earlier version to this one
    bundles/relying-parties.cose  for phones: which desks are genuine; replaced in one step

Any web server, CDN or USB stick can carry the folder; `python -m verifier sync` reads it. The first
version of each day (UTC) is an anchor: a terminal keeps the newest it has passed, so that after any
pause shorter than a bundle's life the way is a chain of daily deltas and one to the present. Files
never change under their names; what the index no longer names stays for those still reading.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import time
from pathlib import Path
from typing import Any, Final

from credentials.bundle import parse_bundle
from credentials.bundle_delta import sign_delta
from credentials.bundle_form import read_sections
from credentials.errors import CredentialError
from credentials.signing import Signer
from wallet_api.errors import NotPublished
from wallet_api.services.deps import Deps

FOLDER: Final = "bundles"
INDEX: Final = "index.json"
FORMAT: Final = 1
DAY: Final = 86_400
KEPT_ANCHORS: Final = 9  # days; a bundle lives seven
RECENT_BASES: Final = 3  # versions before this one that a terminal may hold
LINGER_SECONDS: Final = 600  # a file named by an index that somebody has just read

_NAME: Final = re.compile(
    r"index\.json|relying-parties\.cose|[0-9]{1,12}\.cose|[0-9]{1,12}-[0-9]{1,12}\.delta", re.ASCII
)


def add_bundle(publish_dir: Path, version: int, bundle: bytes, signer: Signer) -> None:
    """Add a published bundle with deltas to it, and make the index name them.

    Safe to be killed in: the index names the old files until all new ones are there, and the next
    version does what was left undone.
    """
    folder = publish_dir / FOLDER
    folder.mkdir(exist_ok=True)
    held = _whole_bundles(folder)
    _put(folder / f"{version}.cose", bundle)
    anchors = _anchors(folder, [*held, version])
    bases = {*held[-RECENT_BASES:], *anchors[-1:], *(anchors[-2:-1] if version in anchors else ())}
    for base in sorted(bases - {version}):
        _add_delta(folder, base, version, bundle, signer)
    _write_index(folder, version, anchors)
    _clear(folder, version, anchors)


def add_beside(publish_dir: Path, name: str, content: bytes) -> None:
    """Replace a file that stands beside the bundles, whole."""
    _put(publish_dir / FOLDER / name, content)


def read_file(deps: Deps, name: str) -> bytes:
    """Read the file of that name; raises ``NotPublished``, for any name we never give as well."""
    if not _NAME.fullmatch(name):
        raise NotPublished
    try:
        return (deps.publish_dir / FOLDER / name).read_bytes()
    except OSError:
        raise NotPublished from None


def _whole_bundles(folder: Path) -> list[int]:
    return sorted(int(path.stem) for path in folder.glob("*.cose") if path.stem.isdigit())


def _anchors(folder: Path, versions: list[int]) -> list[int]:
    """Return the first version of each day, the last days only."""
    first: dict[int, int] = {}
    for version in sorted(versions):
        try:
            data = (folder / f"{version}.cose").read_bytes()
            issued_at = read_sections(parse_bundle(data).payload).issued_at
        except (OSError, CredentialError):  # of an older format, or being cleared away
            continue
        first.setdefault(issued_at // DAY, version)
    return sorted(first.values())[-KEPT_ANCHORS:]


def _add_delta(folder: Path, base: int, version: int, bundle: bytes, signer: Signer) -> None:
    try:
        before = (folder / f"{base}.cose").read_bytes()
        delta = sign_delta(before, bundle, signer)
    except (OSError, CredentialError):  # no such base any more: whoever holds it fetches the whole
        return
    if len(delta) < len(bundle):
        _put(folder / f"{base}-{version}.delta", delta)


def _write_index(folder: Path, version: int, anchors: list[int]) -> None:
    whole = sorted({version, *anchors[-1:]})
    deltas = []
    for path in folder.glob("*-*.delta"):
        base, result = map(int, path.stem.split("-"))
        if result == version or {base, result} <= set(anchors):
            deltas.append(_entry(path, result) | {"base": base})
    index = {
        "format": FORMAT,
        "version": version,
        "bundles": [_entry(folder / f"{one}.cose", one) for one in whole],
        "deltas": sorted(deltas, key=lambda entry: (entry["version"], entry["base"])),
        "anchors": anchors,
    }
    _put(folder / INDEX, json.dumps(index, indent=1).encode() + b"\n")


def _entry(path: Path, version: int) -> dict[str, Any]:
    data = path.read_bytes()
    digest = hashlib.sha256(data).hexdigest()
    return {"version": version, "file": path.name, "size": len(data), "sha256": digest}


def _clear(folder: Path, version: int, anchors: list[int]) -> None:
    """Remove what no index has named for a while, and what a killed publisher left."""
    recent = {version, *anchors, *_whole_bundles(folder)[-RECENT_BASES - 1 :]}
    for path in folder.iterdir():
        ends = path.stem.split("-")
        if path.suffix == ".cose":
            needless = path.stem.isdigit() and int(path.stem) not in recent
        elif path.suffix == ".delta":
            needless = int(ends[1]) != version and not {*map(int, ends)} <= set(anchors)
        else:
            needless = path.name.startswith(".")
        if needless and (path.suffix == ".cose" or _age(path) > LINGER_SECONDS):
            path.unlink(missing_ok=True)


def _age(path: Path) -> float:
    try:
        return time.time() - path.stat().st_mtime  # a file's own time, not the service's clock
    except FileNotFoundError:
        return 0


def _put(path: Path, content: bytes) -> None:
    """Write beside, flush, put in place: readers and crashes find the old file or the new one."""
    fresh = path.with_name(f".{path.name}.new")
    with fresh.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
    descriptor = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
