"""Makes the verifier vectors: samples/vectors/{valid,invalid,edge}/*.json and what they refer to.

Each vector is `{name, why, text, bundle, policy, now, expect: {valid, code, authentic, possession,
status, claims}}`; `bundle` is a path beside it, `policy` a built-in name or a path. Optional
inputs: `challenge` (IDC: text), `clock_floor`, `seen` (texts accepted a second before, with the
same policy), `replay_capacity`. A team in another language can test against the files alone.

What a vector expects is written down by hand in `vector_cases`, never taken from our verifier.
"""

from __future__ import annotations

import json
import shutil
from datetime import UTC, datetime
from pathlib import Path

from credentials.bundle import sign_bundle
from samples.keys import SampleSigner, public_pem
from samples.vector_cases import all_vectors
from samples.vector_form import Vector
from samples.vectors_world import FOLDER, bundles

OUT = FOLDER / "vectors"
KINDS = ("valid", "invalid", "edge")


def build(out_dir: Path = OUT) -> None:
    """Write all vectors, bundles, policies and the root key under `out_dir`, byte for byte."""
    for kind in KINDS:
        shutil.rmtree(out_dir / kind, ignore_errors=True)
        (out_dir / kind).mkdir(parents=True)
    for folder in ("bundles", "policies"):
        shutil.rmtree(out_dir / folder, ignore_errors=True)
        (out_dir / folder).mkdir(parents=True)
    root = SampleSigner("root")
    for name, bundle in bundles().items():
        (out_dir / "bundles" / f"{name}.cose").write_bytes(sign_bundle(bundle, root))
    (out_dir / "bundles" / "root.public.pem").write_bytes(public_pem("root"))
    _write(out_dir / "policies" / "lenient.json", _LENIENT)
    for vector in all_vectors():
        _write(out_dir / vector.kind / f"{vector.name}.json", _members(vector))


def _members(vector: Vector) -> dict[str, object]:
    members: dict[str, object] = {
        "name": vector.name,
        "why": vector.why,
        "text": vector.text,
        "bundle": f"../bundles/{vector.bundle}.cose",
        "policy": vector.policy,
        "now": _time(vector.now),
    }
    if vector.challenge is not None:
        members["challenge"] = vector.challenge
    if vector.clock_floor is not None:
        members["clock_floor"] = _time(vector.clock_floor)
    if vector.seen:
        members["seen"] = list(vector.seen)
    if vector.replay_capacity is not None:
        members["replay_capacity"] = vector.replay_capacity
    members["expect"] = {
        "valid": vector.valid,
        "code": vector.code,
        "authentic": vector.authentic,
        "possession": vector.possession,
        "status": vector.status,
        "claims": dict(vector.claims),
    }
    return members


def _write(path: Path, value: object) -> None:
    text = json.dumps(value, indent=1, ensure_ascii=False) + "\n"
    path.write_text(text, encoding="utf-8", newline="\n")


def _time(unix: int) -> str:
    return datetime.fromtimestamp(unix, UTC).isoformat().replace("+00:00", "Z")


_LENIENT = {
    "name": "lenient",
    "title": {"id": "Longgar (hanya contoh)", "en": "Lenient (a sample only)"},
    "accept": "all",
    "required": [],
    "shown": "all",
    "freshness": {"past_seconds": 45, "future_seconds": 30},
    "possession": {"challenge": "optional", "challenge_seconds": 120, "print": "accept"},
    "status": {"max_age_hours": 72, "warn_age_hours": 24, "unknown": "accept"},
}

if __name__ == "__main__":
    build()
