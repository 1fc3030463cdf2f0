"""The comparison itself: frames in, one of five outcomes out, in this process.

1 look at the registry photo · 2 look at the capture (``capture.examine``): a challenge not done,
persons swapped or too few clear frames end here as "try again", before anything is compared ·
3 no registry photo, or none that can be used: an officer decides · 4 fuse the clearest three to
five front frames, each weighted by the length of its vector · 5 similarity to the registry photo ·
6 decide.

Nothing is kept: no picture, no template. Services get this through the pool, never directly.
"""

from __future__ import annotations

from typing import Final

from wallet_api.adapters.faces.capture import Capture, Gates, examine
from wallet_api.adapters.faces.engine import FaceEngine
from wallet_api.adapters.faces.engines import Engine, fuse
from wallet_api.adapters.faces.looks import Look, look_at
from wallet_api.adapters.faces.portrait import make_portrait
from wallet_api.ports.faces import PORTRAIT_BYTES, FaceJob, FaceResult, Outcome
from wallet_api.rules.face_policy import (
    POLICY,
    REGISTRY_GATE,
    RESIDENT_GATE,
    TURNED_GATE,
    Decision,
    FacePolicy,
    Gate,
    decide,
)

_REASONS_OF: Final[dict[Decision, tuple[str, ...]]] = {
    "match": (),
    "review": ("DOUBTFUL",),
    "no_match": ("NOT_SAME_FACE",),
}


class LocalFaceMatcher:
    """FaceMatcher and PortraitMaker in the calling process. One thread only.

    ``gate`` judges the front frames, ``turned_gate`` the turned ones, ``reference_gate`` the
    registry's photo; leave all three alone outside an evaluation.
    """

    def __init__(
        self,
        engine: Engine,
        *,
        policy: FacePolicy = POLICY,
        gate: Gate = RESIDENT_GATE,
        turned_gate: Gate = TURNED_GATE,
        reference_gate: Gate = REGISTRY_GATE,
    ) -> None:
        self._engine = engine
        self._policy = policy
        self._gates = Gates(gate, turned_gate)
        self._reference_gate = reference_gate

    def match(self, job: FaceJob, *, policy: FacePolicy | None = None) -> FaceResult:
        """Return the result of one comparison; MemoryError is the only error.

        ``policy`` is that of this comparison alone; without it the matcher's own decides.
        """
        policy = policy or self._policy
        if len(job.frames) > policy.max_offered:
            return _too_many(policy)
        reference = self._look_at_reference(job.reference)
        capture = examine(self._engine, job.frames, policy, self._gates)
        if capture.faults:
            return _result(policy, capture, "try_again", capture.faults)
        if reference is None:
            return _result(policy, capture, "no_reference", ("REFERENCE_MISSING",))
        if reference.good is None:
            reasons = ("REFERENCE_UNUSABLE", *reference.reasons)
            return _result(policy, capture, "no_reference", reasons)
        probe = fuse([face.embedding for face in capture.best])
        score = self._engine.similarity(probe, reference.good.embedding)
        outcome = decide(score, policy)
        return _result(policy, capture, outcome, _REASONS_OF[outcome], score)

    def make(self, photo: bytes, *, max_bytes: int = PORTRAIT_BYTES) -> bytes:
        """Return the portrait of a registry photo; see ``ports.faces.PortraitMaker``."""
        return make_portrait(self._engine, photo, max_bytes=max_bytes)

    def _look_at_reference(self, photo: bytes | None) -> Look | None:
        return None if photo is None else look_at(self._engine, photo, self._reference_gate)


def load() -> LocalFaceMatcher:
    """Load the models and warm them: the first real comparison then costs what all others do."""
    engine = FaceEngine()
    matcher = LocalFaceMatcher(engine)
    engine.warm()
    return matcher


def _too_many(policy: FacePolicy) -> FaceResult:
    nothing = Capture((), (), None, "not_asked", (), {})
    return _result(policy, nothing, "try_again", ("TOO_MANY_FRAMES",))


def _result(
    policy: FacePolicy,
    capture: Capture,
    outcome: Outcome,
    reasons: tuple[str, ...],
    score: float | None = None,
) -> FaceResult:
    return FaceResult(
        outcome=outcome,
        score=score,
        threshold=policy.match,
        model_id=policy.model_id,
        reasons=reasons,
        frames_used=len(capture.best),
        quality=capture.quality,
        challenge=capture.challenge,
        notes=capture.notes,
        clearest=capture.clearest,
    )
