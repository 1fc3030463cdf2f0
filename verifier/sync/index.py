"""The index beside published bundles: which files there are, how large, from what to what.

    { "format": 1, "version": 12,
      "bundles": [ {"version": 12, "file": "12.cose", "size": 5700000, "sha256": "…"} ],
      "deltas": [ {"base": 11, "version": 12, "file": "11-12.delta", "size": 520, "sha256": "…"} ],
      "anchors": [ 11 ] }

Hints, not signed: a lie in it costs a download and is noticed. An anchor is a version that later
deltas start from; a terminal keeps the newest it has passed.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

from credentials.bundle_form import MAX_SIZE
from verifier.errors import SyncError

INDEX = "index.json"
MAX_INDEX_BYTES = 1 << 20
FORMAT = 1

_NAME = re.compile(r"[0-9A-Za-z][0-9A-Za-z._-]{0,99}", re.ASCII)
_SHA256 = re.compile(r"[0-9a-f]{64}", re.ASCII)
_MAX_FILES = 1000
_MAX_VERSION = 1 << 40


@dataclass(frozen=True, slots=True)
class RemoteFile:
    """One file: a whole bundle (`base` is None), or a delta from `base` to `version`."""

    version: int
    name: str
    size: int
    sha256: str
    base: int | None = None


@dataclass(frozen=True, slots=True)
class Index:
    """What a source offers. `version` is the newest."""

    version: int
    files: tuple[RemoteFile, ...]
    anchors: frozenset[int] = frozenset()


def parse_index(data: bytes) -> Index:
    """Read an index; SyncError("SYNC_NOT_AN_INDEX"), for a sign-in page of some network as well."""
    try:
        value: Any = json.loads(data) if len(data) <= MAX_INDEX_BYTES else None
        if value["format"] != FORMAT:
            raise SyncError("SYNC_NOT_AN_INDEX", "another format")
        bundles = [_file(entry, None) for entry in _listed(value, "bundles")]
        deltas = [_file(entry, _number(entry["base"])) for entry in _listed(value, "deltas")]
        anchors = frozenset(_number(one) for one in _listed(value, "anchors"))
        return Index(_number(value["version"]), (*bundles, *deltas), anchors)
    except (ValueError, KeyError, TypeError, RecursionError):
        raise SyncError("SYNC_NOT_AN_INDEX") from None


def _listed(value: Any, name: str) -> list[Any]:
    entries = value.get(name, [])
    if not isinstance(entries, list) or len(entries) > _MAX_FILES:
        raise ValueError(name)
    return entries


def _file(entry: Any, base: int | None) -> RemoteFile:
    version, size = _number(entry["version"]), _number(entry["size"])
    name, sha256 = entry["file"], entry["sha256"]
    if not _NAME.fullmatch(name) or not _SHA256.fullmatch(sha256) or not 0 < size <= MAX_SIZE:
        raise ValueError
    if base is not None and base >= version:
        raise ValueError
    return RemoteFile(version, name, size, sha256, base)


def _number(value: Any) -> int:
    if type(value) is not int or not 0 <= value < _MAX_VERSION:
        raise ValueError
    return value
