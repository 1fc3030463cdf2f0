"""Vectors for phone makers: what a phone signs and checks, input and expected output, to the byte.

Each file is {name, why, input, expected}. The keys are the sample keys, derived from fixed texts;
the signatures are deterministic (RFC 6979), so an implementation that signs deterministically
reproduces them, and any other verifies them. `build` writes them, the tests read them back.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from samples.client_vectors import captures, challenges, frames, pins, presentations, statements

FOLDER = Path(__file__).parent.parent / "vectors" / "client"
Vector = dict[str, Any]


def vectors() -> Iterator[tuple[str, Vector]]:
    """Yield (kind, vector) for every vector."""
    for kind, cases in (
        ("pin-key", pins.cases()),
        ("pin-rules", pins.rule_cases()),
        ("statement", statements.cases()),
        ("dpop", statements.dpop_cases()),
        ("holder-proof", statements.holder_cases()),
        ("face-prompt", captures.cases()),
        ("face-digests", captures.digest_cases()),
        ("claim", frames.claim_cases()),
        ("frame", frames.cases()),
        ("presentation", presentations.cases()),
        ("challenge", challenges.cases()),
    ):
        for case in cases:
            yield kind, case


def build(folder: Path = FOLDER) -> None:
    """Write every vector, and nothing else, into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("*.json"):
        old.unlink()
    for kind, vector in vectors():
        text = json.dumps({"kind": kind, **vector}, indent=2, ensure_ascii=False) + "\n"
        (folder / f"{kind}-{vector['name']}.json").write_text(text, encoding="utf-8")
