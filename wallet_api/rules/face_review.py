"""What an officer is told of a face that the machine left to people, and what they may answer.

Two closed catalogues of codes; the words for them are the console's own. There is no score here:
a figure beside two pictures would decide in the officer's place (docs/face.md).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from wallet_api.errors import FaceDecisionNeeded

OFFICER: Final = "officer"
SAME_PERSON: Final = "same_person"

FACE_APPROVALS: Final = frozenset(
    {
        "same_in_person",
        "older_photo",
        "glasses_or_veil",
        "injury_or_surgery",
        "documents_checked",
    }
)
"""Why an officer takes the person at the counter for the one in the registry."""

NO_PHOTO: Final = "REFERENCE_MISSING"
PHOTO_UNUSABLE: Final = "REFERENCE_UNUSABLE"
NOT_SAME: Final = "NOT_SAME_FACE"
SPENT: Final = "ATTEMPTS_SPENT"
OTHER: Final = "OTHER"

FACE_REASONS: Final = (
    NOT_SAME,
    "DOUBTFUL",
    "FRAMES_DIFFER",
    "FRAME_REPEATED",
    "FRAME_SEEN",
    NO_PHOTO,
    PHOTO_UNUSABLE,
    "CANNOT_TURN_HEAD",
    "NO_CAMERA",
    "PREFER_OFFICE",
    SPENT,
    "ATTEMPTS_TODAY",
    OTHER,
)
"""Why the machine left a face to officers, the gravest first. Nothing else reaches a console."""


def tell_officer(
    codes: Iterable[str], *, no_match: bool, has_photo: bool, spent: bool
) -> list[str]:
    """Return the codes of `FACE_REASONS` that explain a face left to officers; never empty.

    ``codes`` are those of the face step, in either case; what is not in the catalogue becomes
    ``OTHER`` if nothing else explains it. ``spent``: no attempt was left.
    """
    found = {code.upper() for code in codes if code}
    if no_match:
        found.add(NOT_SAME)
    if not has_photo:
        found = (found - {PHOTO_UNUSABLE}) | {NO_PHOTO}
    if spent:
        found.add(SPENT)
    return [code for code in FACE_REASONS if code in found] or [OTHER]


def check_face_decided(face_outcome: str | None, *, decision: str | None, why: str | None) -> bool:
    """Say whether this confirmation carries a decision on the face.

    Every officer who confirms a face that the machine left decides it anew, the second one too,
    each with a reason of their own. Raises `FaceDecisionNeeded`.
    """
    if face_outcome != OFFICER:
        return False
    if decision != SAME_PERSON or why not in FACE_APPROVALS:
        raise FaceDecisionNeeded
    return True
