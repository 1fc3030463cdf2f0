"""Ports of the face step: what the services may ask, whatever engine answers.

The values are plain so that a certified product can take the place of the built-in matcher. No
port keeps anything: pictures and templates live for one call.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal, Protocol, runtime_checkable

from wallet_api import errors

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

PORTRAIT_BYTES: Final = 600
"""Leaves a presentation of the whole identity card within QR version 22-L."""

Turn = Literal["front", "left", "right"]
"""Where the head points, from the resident's own point of view, in a picture that is not mirrored:
who turns to their own left is seen turned towards the right edge of the picture."""
Outcome = Literal["match", "review", "no_match", "try_again", "no_reference"]
Liveness = Literal["not_evaluated"]
Challenge = Literal["not_asked", "passed", "failed"]


class FaceBusy(errors.FaceBusy):
    """Every worker and every waiting place is taken. Answer 503 with Retry-After (seconds)."""

    def __init__(self, retry_after: int) -> None:
        super().__init__(retry_after=retry_after)


class FaceUnavailable(errors.ServiceBusy):
    """The engine could not answer; ``reason`` is a stable code for logs and alarms.

    FACE_DEADLINE, FACE_MEMORY, FACE_WORKER_GONE (crash), FACE_WORKER_ODD, FACE_ENGINE_FAILED,
    FACE_ENGINE_NOT_LOADED, FACE_MODEL_ALTERED, FACE_MODEL_MISSING, FACE_POOL_CLOSED. Nothing is
    known about the face: it does not count as an attempt of the resident.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(retry_after=2)
        self.reason = reason


class NoUsablePhoto(errors.NoPhoto):
    """No portrait can be made of this photo; ``reason`` is a code of ``rules.face_reasons``."""

    def __init__(self, reason: str) -> None:
        super().__init__()
        self.reason = reason


@dataclass(frozen=True, slots=True)
class CaptureFrame:
    """One picture of a capture (JPEG, PNG or WebP) and the way the resident was asked to look."""

    data: bytes
    turn: Turn = "front"


@dataclass(frozen=True, slots=True)
class FaceJob:
    """One comparison: the frames of a capture, in the order asked, and the registry's photo.

    ``reference`` None: the registry has no photo; the capture is looked at all the same.
    ``challenge_id`` names the capture challenge for the record; it does not change the decision.
    """

    frames: tuple[CaptureFrame, ...]
    reference: bytes | None
    challenge_id: str | None = None

    @classmethod
    def of_fronts(cls, pictures: Iterable[bytes], reference: bytes | None) -> FaceJob:
        """Return the job of pictures from the front, without a challenge."""
        return cls(tuple(map(CaptureFrame, pictures)), reference)


@dataclass(frozen=True, slots=True)
class FrameNote:
    """What to tell of one frame: codes of ``rules.face_reasons``, none where it was good."""

    turn: Turn
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FaceResult:
    """The answer to a ``FaceJob``. ``score`` (a cosine) is for the record, never for the client.

    ``reasons`` are codes of ``rules.face_reasons``, most important first; empty on a match.
    ``quality`` says which flags any frame raised, also when the outcome is a match.
    ``challenge``: whether the head was seen turning as asked ("not_asked": no turned frames).
    ``notes`` stand in the order of the job's frames. ``clearest`` is the index of the front frame
    an officer should see, None where no frame shows one face well enough.
    ``liveness`` is honest: no presentation attack detection has been evaluated.
    """

    outcome: Outcome
    score: float | None
    threshold: float
    model_id: str
    reasons: tuple[str, ...]
    frames_used: int
    quality: Mapping[str, bool] = field(default_factory=dict)
    challenge: Challenge = "not_asked"
    notes: tuple[FrameNote, ...] = ()
    clearest: int | None = None
    liveness: Liveness = "not_evaluated"


class FaceMatcher(Protocol):
    """Compares a capture with the registry's photo, one to one."""

    def match(self, job: FaceJob) -> FaceResult:
        """Return the result. Raises FaceBusy or FaceUnavailable."""
        ...


@runtime_checkable
class BoundedMatcher(Protocol):
    """A matcher that can say no before anything was prepared for it."""

    def demand_room(self) -> None:
        """Return if a job could be taken now; reserves nothing. Raises FaceBusy."""
        ...


class PresentationAttackDetector(Protocol):
    """Says whether frames show a living face rather than a print, a screen or a mask."""

    def evaluate(self, frames: tuple[bytes, ...]) -> Liveness:
        """Return the verdict; the built-in adapter answers "not_evaluated"."""
        ...


class PortraitMaker(Protocol):
    """Makes the small portrait that travels inside a credential."""

    def make(self, photo: bytes, *, max_bytes: int = PORTRAIT_BYTES) -> bytes:
        """Return a WebP of 64x80 pixels, cropped to the face, of at most ``max_bytes`` bytes.

        Raises NoUsablePhoto, and FaceBusy or FaceUnavailable where the maker is remote.
        """
        ...
