"""Bringing a terminal's bundle up to date: from a web server, a LAN folder or a USB stick.

Nothing that is fetched is believed: an index only says what there is and how large, and whatever
comes is used after the pinned root's signatures held. So any server, cache or stick will do.
"""

from __future__ import annotations

from verifier.sync.procedure import Outcome, synchronise
from verifier.sync.progress import Bar, Progress, Silent
from verifier.sync.sources import open_source

__all__ = ["Bar", "Outcome", "Progress", "Silent", "open_source", "synchronise"]
