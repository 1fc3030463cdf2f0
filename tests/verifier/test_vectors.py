"""The published vectors, run through our own verifier; and the promise that they are complete."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from credentials.presentation import parse_challenge
from samples.vectors_build import KINDS, build
from verifier import (
    Code,
    MemoryReplay,
    Refused,
    Verified,
    load_policy,
    load_root,
    read_bundle,
    verify,
)
from verifier.report import plain

VECTORS = Path(__file__).parents[2] / "samples" / "vectors"
FILES = sorted(file for kind in KINDS for file in (VECTORS / kind).glob("*.json"))


def outcome(file: Path) -> dict[str, object]:
    """Check one vector; what came out, in the vector's own form."""
    vector: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    named = file.parent / vector["policy"]
    policy = load_policy(named if named.suffix == ".json" else vector["policy"])
    bundle = read_bundle(file.parent / vector["bundle"], root=load_root())
    now, floor = datetime.fromisoformat(vector["now"]), vector.get("clock_floor")
    replay = MemoryReplay(capacity=vector.get("replay_capacity", 100))
    for text in vector.get("seen", []):
        earlier = now - timedelta(seconds=1)
        verify(text, bundle=bundle, policy=policy, now=earlier, replay=replay)
    challenge = vector.get("challenge")
    result: Verified | Refused
    try:
        result = verify(
            vector["text"],
            bundle=bundle,
            policy=policy,
            now=now,
            replay=replay,
            challenge=None if challenge is None else parse_challenge(challenge),
            clock_floor=None if floor is None else datetime.fromisoformat(floor),
        )
    except Refused as refused:
        result = refused
    facts = result.facts
    return {
        "valid": isinstance(result, Verified),
        "code": str(result.code),
        "authentic": facts.authentic,
        "possession": facts.possession,
        "status": facts.status,
        "claims": plain(facts.claims),
    }


@pytest.mark.parametrize("file", FILES, ids=lambda file: f"{file.parent.name}/{file.stem}")
def test_a_vector_comes_out_as_written(file: Path) -> None:
    expected = json.loads(file.read_text(encoding="utf-8"))["expect"]
    assert outcome(file) == expected


def test_every_code_has_a_vector() -> None:
    covered = {json.loads(file.read_text(encoding="utf-8"))["expect"]["code"] for file in FILES}
    assert covered == {str(code) for code in Code}


def test_the_folders_say_what_is_in_them() -> None:
    valid = {
        file.parent.name: json.loads(file.read_text(encoding="utf-8"))["expect"]["valid"]
        for file in FILES
        if file.parent.name != "edge"
    }
    assert valid == {"valid": True, "invalid": False}


def test_the_vectors_are_made_byte_for_byte(tmp_path: Path) -> None:
    build(tmp_path)
    for made in sorted(tmp_path.rglob("*.*")):
        kept = VECTORS / made.relative_to(tmp_path)
        assert made.read_bytes() == kept.read_bytes(), made.name
    assert {file.stem for file in tmp_path.rglob("*.json")} >= {file.stem for file in FILES}
