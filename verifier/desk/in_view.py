"""What is before the camera: a code with its outcome, or one that cannot be read.

Every code is illegible while it is moved into view. One that stays so is torn, dirty, too dark or
too far away, and silence would leave the officer waiting: it is said once, after a while.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from verifier.desk.checking import Outcome

GONE_SECONDS = 3.0  # out of sight for so long, and the next look is a new check
LASTS_SECONDS = 3.0  # the closest look takes up to two
PAUSE_SECONDS = 1.5  # without a sight of it, and it is another one


@dataclass(slots=True)
class InView:
    """A code and its outcome; `last` seen then (steady s). No text: an illegible one."""

    text: str
    mark: bytes
    outcome: Outcome
    last: float

    def is_there(self, now: float) -> bool:
        """Tell whether it has not left the view."""
        return now - self.last <= GONE_SECONDS


class Illegible:
    """How long a code has been seen that could not be read."""

    def __init__(self) -> None:
        """Begin with none."""
        self._since: float | None = None
        self._last = 0.0

    def has_lasted(self, now: float) -> bool:
        """Take note of a sight of one at `now` (steady s); tell whether it is time to say so."""
        if self._since is None or now - self._last > PAUSE_SECONDS:
            self._since = now
        self._last = now
        return now - self._since >= LASTS_SECONDS

    def forget(self) -> None:
        """Begin anew: something was read."""
        self._since = None
