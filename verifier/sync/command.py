"""`sync URL|FOLDER --state DIR`: bring a terminal up to date, and say what that took."""

from __future__ import annotations

import json
import sys
from argparse import Namespace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from verifier.report import development_lines
from verifier.roots import load_root
from verifier.state import StateFolder
from verifier.sync import Bar, Outcome, Progress, Silent, open_source, synchronise

if TYPE_CHECKING:
    from verifier.cli import Console


def sync(options: Namespace, console: Console) -> int:
    """Exit 0 when the newest bundle is in use; otherwise nothing has changed."""
    shown = sys.stderr.isatty() and not options.quiet and not options.json
    progress: Progress = Bar(sys.stderr) if shown else Silent()
    outcome = synchronise(
        open_source(options.place),
        StateFolder(options.state),
        root=load_root(options.root),
        now=datetime.now(UTC),
        progress=progress,
    )
    if console.as_json:
        console.say(json.dumps(_members(outcome)))
        return 0
    lines = development_lines(outcome.bundle, console.words)
    name = "sync_done" if outcome.changed else "sync_same"
    version = outcome.bundle.version
    lines.append(console.words.label(name, version=version, size=f"{outcome.size:,}"))
    console.say("\n".join(lines))
    return 0


def _members(outcome: Outcome) -> dict[str, object]:
    return {
        "version": outcome.bundle.version,
        "changed": outcome.changed,
        "bytes": outcome.size,
        "files": [file.name for file in outcome.fetched],
        "development_trust": outcome.bundle.development,
    }
