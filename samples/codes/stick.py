"""A terminal with yesterday's bundle, and a stick that brings today's.

Between the two one credential was revoked. Signed with the sample keys, so every desk that uses
it says DEVELOPMENT TRUST. All times count from `now`: it can be made on any day.
"""

from __future__ import annotations

import hashlib
import json
import random
import shutil
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from credentials.bundle import Bundle, sign_bundle
from credentials.bundle_delta import sign_delta
from credentials.revocation import RevocationSet
from credentials.trust import TrustList
from samples.keys import SampleSigner
from samples.vectors_world import DAY, HOUR, LIST, bundles, trust_list
from verifier.bundle import trust_bundle
from verifier.roots import load_root
from verifier.state import StateFolder

STICK, TERMINAL, CODES = "stick", "terminal", "codes"
MARK = "prepared.json"
AGE = 20 * HOUR  # of yesterday's bundle: no warning yet
REVOKED_YEARS_AGO = 20_000  # entries, so that a delta is worth fetching
REVOKED_TODAY = 4711
_ISSUERS = ("issuer-population", "issuer-tax", "issuer-health", "issuer-vehicles")


class FolderTaken(Exception):
    """The folder holds something that was not made here."""


@dataclass(frozen=True, slots=True)
class Folder:
    """What is prepared: `stick` to carry, `terminal` for `--state`, `codes` with pictures."""

    path: Path

    @property
    def stick(self) -> Path:
        """What goes on the USB stick."""
        return self.path / STICK

    @property
    def terminal(self) -> Path:
        """The state folder of a desk that was last online yesterday."""
        return self.path / TERMINAL

    @property
    def codes(self) -> Path:
        """Pictures of the codes that need no phone."""
        return self.path / CODES


def prepare(path: Path, now: int) -> Folder:
    """Make the folder anew for the time `now` (unix s); FolderTaken if it is somebody else's."""
    if path.exists() and not (path / MARK).is_file() and any(path.iterdir()):
        raise FolderTaken(str(path))
    for name in (STICK, TERMINAL, CODES):
        shutil.rmtree(path / name, ignore_errors=True)
        (path / name).mkdir(parents=True)
    (path / MARK).write_text(json.dumps({"prepared_at": now}) + "\n", "utf-8")
    folder = Folder(path)
    root = SampleSigner("root")
    yesterday, today = (sign_bundle(one, root) for one in _both(now))
    StateFolder(folder.terminal).install(yesterday, trust_bundle(yesterday, root=load_root()))
    _publish(folder.stick, yesterday, today, now)
    return folder


def _both(now: int) -> tuple[Bundle, Bundle]:
    taken = set(random.Random(20).sample(range(100_000, 1_000_000), REVOKED_YEARS_AGO))
    before = replace(
        bundles()["current"],
        version=_version(now - AGE),
        issued_at=now - AGE,
        status_as_of=now - AGE,
        expires_at=now - AGE + 7 * DAY,
        trust=_trust(now),
        revocation=RevocationSet({LIST: sorted(taken)}),
    )
    after = replace(
        before,
        version=_version(now),
        issued_at=now - 60,
        status_as_of=now - 60,
        expires_at=now + 7 * DAY,
        revocation=RevocationSet({LIST: sorted({*taken, REVOKED_TODAY})}),
    )
    return before, after


def _version(at: int) -> int:
    """Return a version that only grows, whenever the folder is made again."""
    return at // HOUR


def _trust(now: int) -> TrustList:
    """Return the issuers of the vectors, with their windows moved to `now`."""
    wanted = [SampleSigner(name).public_key for name in _ISSUERS]
    return TrustList(
        tuple(
            replace(key, not_before=now - 400 * DAY, not_after=now + 300 * DAY)
            for key in trust_list().keys
            if key.public_key in wanted
        )
    )


def _publish(stick: Path, yesterday: bytes, today: bytes, now: int) -> None:
    """Write what `jobs publish` would: the whole bundle, the way from yesterday's, the index."""
    old, new = _version(now - AGE), _version(now)
    whole = _write(stick, f"{new}.cose", today, new)
    delta = sign_delta(yesterday, today, SampleSigner("root"))
    step = _write(stick, f"{old}-{new}.delta", delta, new) | {"base": old}
    index = {"format": 1, "version": new, "bundles": [whole], "deltas": [step], "anchors": []}
    (stick / "index.json").write_text(json.dumps(index, indent=2) + "\n", "utf-8")


def _write(stick: Path, name: str, data: bytes, version: int) -> dict[str, Any]:
    (stick / name).write_bytes(data)
    digest = hashlib.sha256(data).hexdigest()
    return {"version": version, "file": name, "size": len(data), "sha256": digest}
