"""The challenge of a face capture: what is asked, in which time, and what a refusal costs.

Pure decisions over plain values (threat T03). Five prompts, revealed one at a time: look straight,
then four times the head to a side drawn at random and back. Each answer is the digests of the
frames just taken, so that what may be uploaded later was fixed while the prompt was alive.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final, Literal

Turn = Literal["front", "left", "right"]

OPEN, COMMITTED, USED = "OPEN", "COMMITTED", "USED"
FAILED, ABANDONED = "FAILED", "ABANDONED"
UNDER_WAY: Final = (OPEN, COMMITTED)

PROMPTS: Final = 5
FRAMES: Final = 1 + 2 * (PROMPTS - 1)
FRAME_BYTES: Final = 100_000
FASTEST: Final = timedelta(seconds=0.3)
"""Nobody reads a prompt and follows it sooner: what arrives earlier was made before."""
PROMPT_LIFE: Final = timedelta(seconds=12)
LIFE: Final = timedelta(seconds=45)
UPLOAD_LIFE: Final = timedelta(minutes=10)
SEEN_KEPT: Final = timedelta(days=90)
"""How long a frame's digest is remembered, so that it opens no second capture."""
WAIT_GROWTH: Final = 5

LATE, EARLY, INVALID = "PROMPT_LATE", "PROMPT_EARLY", "PROMPT_INVALID"
SEEN, FRAMES_LATE = "FRAME_SEEN", "FRAMES_LATE"
FAILURES: Final = (LATE, EARLY, INVALID, SEEN, FRAMES_LATE)

MESSAGE_OF: Final[dict[Turn, str]] = {
    "front": "LOOK_STRAIGHT",
    "left": "TURN_LEFT",
    "right": "TURN_RIGHT",
}


def turn_of(number: int, drawn: bytes) -> Turn:
    """Return what prompt ``number`` asks; ``drawn`` is a keyed hash nobody else can make."""
    if number == 0:
        return "front"
    return "left" if drawn[0] & 1 else "right"


def frames_of(number: int, turn: Turn) -> dict[int, Turn]:
    """Return the positions (0 to 8) that prompt ``number`` fills and what each shows."""
    if number == 0:
        return {0: "front"}
    return {2 * number - 1: turn, 2 * number: "front"}


def prompt_ends_at(prompted_at: datetime, expires_at: datetime) -> datetime:
    """Return until when the answer to a prompt may arrive."""
    return min(prompted_at + PROMPT_LIFE, expires_at)


def fault_of_arrival(now: datetime, prompted_at: datetime, expires_at: datetime) -> str | None:
    """Judge when an answer arrived, by the server's clock alone."""
    if now > prompt_ends_at(prompted_at, expires_at):
        return LATE
    return EARLY if now < prompted_at + FASTEST else None


def fault_of_delay(
    state: str, now: datetime, *, prompt_ends: datetime, frames_by: datetime
) -> str | None:
    """Say what time alone has ended a capture with, or None."""
    if state == OPEN and now > prompt_ends:
        return LATE
    return FRAMES_LATE if state == COMMITTED and now > frames_by else None


def wait_after(refusals: int, first: timedelta) -> timedelta:
    """Return the pause after the nth attempt that was charged: five times longer each time."""
    times: int = WAIT_GROWTH ** max(0, refusals - 1)
    return first * times
