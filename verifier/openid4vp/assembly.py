"""Puts a relying party together from its folder."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from verifier.openid4vp.exchange import RelyingParty
from verifier.openid4vp.presentations import Checker
from verifier.openid4vp.sealing import Seal
from verifier.openid4vp.settings import DATABASE, Folder, check_public_url
from verifier.openid4vp.statuses import StatusLists
from verifier.openid4vp.store import Store
from verifier.openid4vp.trust import load_trust


def read_clock() -> int:
    """Return unix seconds."""
    return int(time.time())


def assemble(
    path: Path,
    *,
    public_url: str | None = None,
    trust: Path | None = None,
    clock: Callable[[], int] = read_clock,
) -> RelyingParty:
    """Return the relying party of a folder; options win over its settings. SetupError."""
    folder = Folder(path)
    settings = folder.load_settings()
    if public_url is not None:
        settings = replace(settings, public_url=check_public_url(public_url))
    believed = load_trust(trust or path / settings.trust)
    return RelyingParty(
        settings=settings,
        identity=folder.load_identity(),
        checker=Checker(believed, StatusLists(clock)),
        store=Store(path / DATABASE),
        seal=Seal(folder.secret()),
        clock=clock,
    )
