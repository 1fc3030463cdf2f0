"""What a verifier vector holds, and what a good card must show; `vector_cases` uses it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from samples.vectors_world import NOW, PERSON

FULL: dict[str, object] = {
    **{name: value for name, value in PERSON.items() if name != "age_over"},
    "nationality": "ID",
}
KYC_SHOWN = {name: value for name, value in FULL.items() if name != "religion"}
FOREIGN: dict[str, object] = {
    "id": "3918592438",
    "full_name": "JANARDHAN BS",
    "date_of_birth": "19840418",
    "gender": 1,
    "address": "NEW HOUSE",
}
LENIENT = "../policies/lenient.json"


@dataclass(frozen=True, slots=True)
class Vector:
    """One vector; the defaults are those of a good card shown at the usual moment."""

    kind: str
    name: str
    why: str
    text: str
    code: str = "VALID"
    valid: bool = False
    authentic: bool = True
    possession: str = "none"
    status: str = "good"
    claims: Mapping[str, object] = field(default_factory=lambda: FULL)
    policy: str = "default"
    bundle: str = "current"
    now: int = NOW
    challenge: str | None = None
    clock_floor: int | None = None
    seen: tuple[str, ...] = ()
    replay_capacity: int | None = None


def nothing_known(name: str, why: str, text: str, code: str, **changes: Any) -> Vector:
    """Return a refusal before the issuer's signature held: no facts."""
    found: dict[str, Any] = {"authentic": False, "status": "unknown", "claims": {}}
    return Vector("invalid", name, why, text, code, **{**found, **changes})


def refused(name: str, why: str, text: str, code: str, **changes: Any) -> Vector:
    """Return a refusal of a card that is authentic."""
    return Vector("invalid", name, why, text, code, **changes)
