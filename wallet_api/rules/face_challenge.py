"""What a capture's measures say about its challenge: numbers in, reason codes out.

A turn is judged against the way the same head looks straight into the camera in the same capture,
so that a phone held askew costs nobody a try. A flat print keeps its nose between its eyes
however it is turned: it shows no turn at all and gets TURN_NOT_SEEN.
"""

from __future__ import annotations

import statistics
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wallet_api.rules.face_policy import FacePolicy

SEEN_TURNING: Final = 8.0
"""Degrees under which no turn was seen."""
OTHER_WAY: Final = 10.0
"""Degrees to the other side from which the resident followed the wrong side."""
LEAST_SHARE: Final = 0.4
"""Share of ``same_turned`` that every single turned frame reaches.

Measured on 11 people (CMU): heads turned by the person of the front frames pass in 97 %, by
another person in 0.8 %. A floor of 0.20 for each single frame, without the mean, lets 8 % through.
"""
REPEATED: Final = 0.018
"""Difference of two pictures under which both are one picture.

Root mean square over 32x32 grey values at mean 0 and deviation 1. Measured: one picture encoded
again at JPEG quality 30 to 95, as WebP, or a quarter smaller: at most 0.013; a camera on a stand,
its noise and a scene moved by one pixel in 640: at least 0.025; a hand-held burst: 0.097.
"""


def straight_yaw(yaws: Sequence[float]) -> float:
    """Return the yaw at which this head looks straight, 0 where no front frame shows it."""
    return statistics.median(yaws) if yaws else 0.0


def turn_refusals(turn: str, yaw: float, straight: float, policy: FacePolicy) -> tuple[str, ...]:
    """Return why a frame of a head asked to ``turn`` is not good; yaws in degrees.

    ``turn``: "left" or "right", as ``ports.faces.Turn`` has it.
    """
    towards = yaw - straight if turn == "left" else straight - yaw
    if towards >= policy.min_turn:
        return ()
    if towards <= -OTHER_WAY:
        return ("TURN_WRONG",)
    return ("TURN_NOT_SEEN",) if towards < SEEN_TURNING else ("TURN_MORE",)


def is_repeated(difference: float) -> bool:
    """Say whether two pictures are more alike than a camera can take them."""
    return difference < REPEATED


def is_one_person(fronts: Sequence[float], turned: Sequence[float], policy: FacePolicy) -> bool:
    """Say whether all frames show one person.

    ``fronts``: similarity of each pair of front frames; ``turned``: that of each turned frame to
    all front frames fused. One turned head may look unlike itself, four do not: their mean
    decides, and no single one may fall far under it.
    """
    if any(value < policy.same_capture for value in fronts):
        return False
    if not turned:
        return True
    floor = LEAST_SHARE * policy.same_turned
    return statistics.fmean(turned) >= policy.same_turned and min(turned) >= floor
