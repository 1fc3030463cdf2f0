"""What makes a face picture usable, and what a similarity means.

Pure decisions over plain numbers: the engine measures, this module judges. It is here, and not
in the engine, so that an officer, an auditor or a test can read every limit on one page and so
that a different engine cannot bring its own idea of "good enough".

A threshold belongs to one model and to one way of fusing frames (``FacePolicy.model_id``). Those
of ``POLICY`` were set on the group that fares worst (simulated headscarves on both photos) for a
probe fused from three to five frames; they are not valid for a single photo.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

Decision = Literal["match", "review", "no_match"]


@dataclass(frozen=True, slots=True)
class FacePolicy:
    """Thresholds of one model and one fusing rule.

    ``match`` and ``review`` are similarities (a cosine for SFace); ``same_capture`` is the lowest
    similarity two front frames of one capture may have, ``same_turned`` the lowest the
    turned frames may have to the fused front frames, on average (a person swapped in between falls
    under them);
    ``min_turn`` is how far, in degrees, a head must be seen turned from where it looked straight;
    ``min_frames``/``max_frames`` bound how many front frames are fused, ``max_offered`` how many
    frames are looked at.
    """

    model_id: str
    match: float
    review: float
    same_capture: float
    same_turned: float
    min_turn: float
    min_frames: int
    max_frames: int
    max_offered: int


POLICY = FacePolicy(
    model_id="yunet-2023mar-int8bq+sface-2021dec-int8bq/fused-norm-3-5",
    match=0.575,
    review=0.40,
    same_capture=0.50,
    same_turned=0.30,
    min_turn=16.0,
    min_frames=3,
    max_frames=5,
    max_offered=10,
)


CHARGED = frozenset({"FRAMES_DIFFER"})
"""Reasons to try again that cost an attempt all the same: persons were swapped."""


@dataclass(frozen=True, slots=True)
class Gate:
    """Limits for one kind of picture. Lengths are pixels of the picture as it was sent.

    ``enlarge_to`` > 0 lets the engine enlarge a smaller picture until its longer side reaches
    that many pixels, for detection only. ``central`` takes the face nearest the middle instead
    of the largest.
    """

    name: str
    min_eye_distance: float
    max_yaw: float
    max_roll: float
    min_brightness: float
    max_brightness: float
    min_margin: float
    max_second_face: float
    min_eye_light: float
    min_feature_norm: float
    enlarge_to: int = 0
    central: bool = False


RESIDENT_GATE = Gate(
    name="resident",
    min_eye_distance=60.0,
    max_yaw=25.0,
    max_roll=30.0,
    min_brightness=45.0,
    max_brightness=215.0,
    min_margin=0.05,
    max_second_face=0.25,
    min_eye_light=0.30,
    min_feature_norm=9.0,
)
"""A resident's selfie frames. The only gate production code chooses for a probe."""

TURNED_GATE = Gate(
    name="turned",
    min_eye_distance=40.0,
    max_yaw=90.0,
    max_roll=40.0,
    min_brightness=35.0,
    max_brightness=225.0,
    min_margin=0.0,
    max_second_face=0.25,
    min_eye_light=0.0,
    min_feature_norm=0.0,
)
"""A frame of a resident whose head is turned: eyes look closer together, one may be in shade."""

REGISTRY_GATE = Gate(
    name="registry",
    min_eye_distance=32.0,
    max_yaw=30.0,
    max_roll=30.0,
    min_brightness=30.0,
    max_brightness=230.0,
    min_margin=0.0,
    max_second_face=0.25,
    min_eye_light=0.30,
    min_feature_norm=9.0,
)
"""The registry's photo: cropped close by its makers, so no margin is asked."""

RESEARCH_GATE = Gate(
    name="research",
    min_eye_distance=8.0,
    max_yaw=25.0,
    max_roll=30.0,
    min_brightness=30.0,
    max_brightness=230.0,
    min_margin=0.0,
    max_second_face=math.inf,
    min_eye_light=0.30,
    min_feature_norm=7.0,
    enlarge_to=640,
    central=True,
)
"""Small research photographs under evaluation; bystanders in them are nobody's mistake.

Never for a resident: no setting leads to it.
"""


RESEARCH_TURNED_GATE = Gate(
    name="research_turned",
    min_eye_distance=3.0,
    max_yaw=90.0,
    max_roll=40.0,
    min_brightness=20.0,
    max_brightness=235.0,
    min_margin=-1.0,
    max_second_face=math.inf,
    min_eye_light=0.0,
    min_feature_norm=0.0,
    enlarge_to=640,
    central=True,
)
"""Turned heads in small research photographs. Never for a resident."""


@dataclass(frozen=True, slots=True)
class FaceMeasures:
    """What the engine measured of the largest face of one picture.

    ``yaw``/``roll`` in degrees (yaw positive: the face turned towards the picture's right);
    ``brightness`` 0-255, mean of the face box; ``margin``: smallest gap between box and picture
    edge as a fraction of that side, negative when the box leaves the picture; ``second_face``:
    area of the second face over the first's; ``eye_light``: brightness of the brighter eye region
    over that of the cheeks (dark glasses bring it near zero).
    """

    eye_distance: float
    yaw: float
    roll: float
    brightness: float
    margin: float
    second_face: float
    eye_light: float
    feature_norm: float


def refusals(measures: FaceMeasures, gate: Gate) -> tuple[str, ...]:
    """Return the reason codes for which ``gate`` refuses this face, the most telling first."""
    checks = (
        (measures.second_face > gate.max_second_face, "SECOND_FACE"),
        (measures.margin < gate.min_margin, "NEAR_EDGE"),
        (measures.eye_distance < gate.min_eye_distance, "FACE_TOO_SMALL"),
        (abs(measures.yaw) > gate.max_yaw, "FACE_TURNED"),
        (abs(measures.roll) > gate.max_roll, "FACE_TILTED"),
        (measures.brightness < gate.min_brightness, "TOO_DARK"),
        (measures.brightness > gate.max_brightness, "TOO_BRIGHT"),
        (measures.eye_light < gate.min_eye_light, "DARK_GLASSES"),
        (measures.feature_norm < gate.min_feature_norm, "FACE_UNCLEAR"),
    )
    return tuple(code for refused, code in checks if refused)


def decide(score: float, policy: FacePolicy = POLICY) -> Decision:
    """Turn the cosine of a fused probe and a registry photo into one of three outcomes.

    A score that is not a number compares false with everything and ends as ``no_match``.
    """
    if score >= policy.match:
        return "match"
    if score >= policy.review:
        return "review"
    return "no_match"
