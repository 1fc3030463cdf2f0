"""All frames of one capture looked at, and what they show together.

1 every frame is decoded and looked at once, a front frame by the gate, a turned one by the turned
gate · 2 a picture sent before in this capture counts as repeated, also when it was encoded again ·
3 turned frames are judged against the way the head looks straight · 4 front frames are compared
with each other, the turned ones with all of them fused: is it one person? · 5 the three to
five clearest front frames are kept to be fused.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from itertools import combinations
from typing import TYPE_CHECKING, Final

from wallet_api.adapters.faces.engines import fuse
from wallet_api.adapters.faces.looks import Look, difference, look_at
from wallet_api.ports.faces import FrameNote
from wallet_api.rules.face_challenge import (
    is_one_person,
    is_repeated,
    straight_yaw,
    turn_refusals,
)

if TYPE_CHECKING:
    from wallet_api.adapters.faces.engines import Engine, Face
    from wallet_api.ports.faces import CaptureFrame, Challenge, Turn
    from wallet_api.rules.face_policy import FacePolicy, Gate

_REPEATED: Final = ("FRAME_REPEATED",)
_ORDER: Final = {
    "FRAMES_DIFFER": 0,
    "FRAME_REPEATED": 1,
    "TURN_NOT_SEEN": 2,
    "TURN_WRONG": 3,
    "TURN_MORE": 4,
}


@dataclass(frozen=True, slots=True)
class Gates:
    """Which gate judges front frames and which turned ones."""

    front: Gate
    turned: Gate


@dataclass(frozen=True, slots=True)
class Capture:
    """What the frames of a capture show. ``best``: the faces to fuse, the clearest first.

    ``faults``: reasons for which nothing may be compared, the most telling first.
    """

    notes: tuple[FrameNote, ...]
    best: tuple[Face, ...]
    clearest: int | None
    challenge: Challenge
    faults: tuple[str, ...]
    quality: dict[str, bool]


def examine(
    engine: Engine, frames: tuple[CaptureFrame, ...], policy: FacePolicy, gates: Gates
) -> Capture:
    """Look at every frame and judge them together; compares with no registry photo."""
    turns = tuple(frame.turn for frame in frames)
    looks = _looks(engine, frames, gates)
    fronts = _clearest_first(looks, turns)
    best = tuple(face for face, _ in fronts[: policy.max_frames])
    one_person = _is_one_person(engine, best, _turned(looks, turns), policy)
    looks = _with_turns_judged(looks, turns, policy)
    flags = Counter(code for look in looks for code in look.reasons)
    if not one_person:
        flags["FRAMES_DIFFER"] += 1
    challenge = _challenge(looks, turns, seen_as_one=one_person and bool(best))
    enough = len(best) >= policy.min_frames
    return Capture(
        notes=tuple(map(FrameNote, turns, (look.reasons for look in looks))),
        best=best,
        clearest=fronts[0][1] if fronts else None,
        challenge=challenge,
        faults=()
        if enough and one_person and challenge != "failed"
        else (*_ranked(flags), *(() if enough else ("TOO_FEW_FRAMES",))),
        quality=dict.fromkeys(sorted(flags), True),
    )


def _looks(engine: Engine, frames: tuple[CaptureFrame, ...], gates: Gates) -> tuple[Look, ...]:
    """Look at all frames; one that repeats an earlier one shows no face of its own."""
    looks: list[Look] = []
    seen: set[bytes] = set()
    for frame in frames:
        if frame.data in seen:
            looks.append(Look(None, _REPEATED))
            continue
        seen.add(frame.data)
        look = look_at(engine, frame.data, gates.front if frame.turn == "front" else gates.turned)
        if any(is_repeated(difference(look, earlier)) for earlier in looks):
            look = Look(None, _REPEATED)
        looks.append(look)
    return tuple(looks)


def _clearest_first(looks: tuple[Look, ...], turns: tuple[Turn, ...]) -> list[tuple[Face, int]]:
    """Return the good front faces with their places, the longest vector first."""
    fronts = [
        (look.good, place)
        for place, (look, turn) in enumerate(zip(looks, turns, strict=True))
        if turn == "front" and look.good is not None
    ]
    return sorted(fronts, key=lambda front: -front[0].measures.feature_norm)


def _turned(looks: tuple[Look, ...], turns: tuple[Turn, ...]) -> list[Face]:
    """Return the turned faces that the gate finds clear enough to be compared."""
    return [
        look.good
        for look, turn in zip(looks, turns, strict=True)
        if turn != "front" and look.good is not None
    ]


def _is_one_person(
    engine: Engine, best: tuple[Face, ...], turned: list[Face], policy: FacePolicy
) -> bool:
    pairs = [
        engine.similarity(one.embedding, other.embedding) for one, other in combinations(best, 2)
    ]
    fused = fuse([face.embedding for face in best]) if best else None
    to_fronts = [engine.similarity(face.embedding, fused) for face in turned if fused is not None]
    return is_one_person(pairs, to_fronts, policy)


def _with_turns_judged(
    looks: tuple[Look, ...], turns: tuple[Turn, ...], policy: FacePolicy
) -> tuple[Look, ...]:
    straight = straight_yaw(_straight_yaws(looks, turns))
    return tuple(
        look
        if turn == "front" or look.face is None
        else replace(
            look,
            reasons=look.reasons + turn_refusals(turn, look.face.measures.yaw, straight, policy),
        )
        for look, turn in zip(looks, turns, strict=True)
    )


def _straight_yaws(looks: tuple[Look, ...], turns: tuple[Turn, ...]) -> list[float]:
    """Return the yaws of the good front frames; where none is good, of all that show a face."""
    fronts = [look for look, turn in zip(looks, turns, strict=True) if turn == "front"]
    good = [look.good.measures.yaw for look in fronts if look.good is not None]
    return good or [look.face.measures.yaw for look in fronts if look.face is not None]


def _challenge(looks: tuple[Look, ...], turns: tuple[Turn, ...], *, seen_as_one: bool) -> Challenge:
    if all(turn == "front" for turn in turns):
        return "not_asked"
    turned_well = all(
        turn == "front" or not look.reasons for look, turn in zip(looks, turns, strict=True)
    )
    repeated = any(look.reasons == _REPEATED for look in looks)
    return "passed" if turned_well and seen_as_one and not repeated else "failed"


def _ranked(flags: Counter[str]) -> tuple[str, ...]:
    """What was wrong with the challenge first, then the most frequent; stable among equals."""
    return tuple(sorted(flags, key=lambda code: (_ORDER.get(code, 9), -flags[code], code)))
