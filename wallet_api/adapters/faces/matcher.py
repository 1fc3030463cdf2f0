"""The comparison itself: frames in, one of five outcomes out, in this process.

1 look at the registry photo (none or unusable: an officer decides) · 2 look at every frame,
keep the usable ones · 3 drop frames that are byte-equal to another · 4 take the three to five
with the longest feature vector · 5 refuse a capture whose frames show different people · 6 fuse
them, each weighted by that length · 7 cosine to the registry photo · 8 decide.

Nothing is kept: no picture, no template. Services get this through the pool, never directly.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from typing import TYPE_CHECKING, Final

import numpy as np

from wallet_api.adapters.faces.engine import FaceEngine
from wallet_api.adapters.faces.engines import Engine, Face, unit
from wallet_api.adapters.faces.intake import (
    QUICK_SIDE,
    WORKING_SIDE,
    Picture,
    PictureRefused,
    read_picture,
)
from wallet_api.adapters.faces.portrait import make_portrait
from wallet_api.ports.faces import PORTRAIT_BYTES, FaceJob, FaceResult, Outcome
from wallet_api.rules.face_policy import (
    POLICY,
    REGISTRY_GATE,
    RESIDENT_GATE,
    FacePolicy,
    Gate,
    decide,
    refusals,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float32]

MIN_EYES: Final = 40.0
"""Eye distance, in pixels looked at, under which a picture is decoded larger."""
_REASON_OF = {"match": (), "review": ("DOUBTFUL",), "no_match": ("NOT_SAME_FACE",)}


class LocalFaceMatcher:
    """FaceMatcher and PortraitMaker in the calling process. One thread only.

    ``gate`` judges the frames, ``reference_gate`` the registry's photo; leave both alone outside
    an evaluation.
    """

    def __init__(
        self,
        engine: Engine,
        *,
        policy: FacePolicy = POLICY,
        gate: Gate = RESIDENT_GATE,
        reference_gate: Gate = REGISTRY_GATE,
    ) -> None:
        self._engine = engine
        self._policy = policy
        self._gate = gate
        self._reference_gate = reference_gate

    def match(self, job: FaceJob, *, policy: FacePolicy | None = None) -> FaceResult:
        """Return the result of one comparison; MemoryError is the only error."""
        if policy is not None and policy != self._policy:
            gates = {"gate": self._gate, "reference_gate": self._reference_gate}
            return LocalFaceMatcher(self._engine, policy=policy, **gates).match(job)
        if job.reference is None:
            return self._result("no_reference", reasons=("REFERENCE_MISSING",))
        if len(job.frames) > self._policy.max_offered:
            return self._result("try_again", reasons=("TOO_MANY_FRAMES",))
        reference, refused = self._look(job.reference, self._reference_gate)
        if reference is None or refused:
            return self._result("no_reference", reasons=("REFERENCE_UNUSABLE", *refused))
        faces, flags = self._usable(tuple(frame.data for frame in job.frames))
        reasons = _ranked(flags)
        if len(faces) < self._policy.min_frames:
            return self._result(
                "try_again",
                reasons=(*reasons, "TOO_FEW_FRAMES"),
                frames_used=len(faces),
                flags=flags,
            )
        best = sorted(faces, key=lambda face: -face.measures.feature_norm)
        best = best[: self._policy.max_frames]
        if _least_alike(best) < self._policy.same_capture:
            return self._result(
                "try_again",
                reasons=("FRAMES_DIFFER", *reasons),
                frames_used=len(best),
                flags=flags + Counter(["FRAMES_DIFFER"]),
            )
        score = float(np.dot(_fuse(best), unit(reference.embedding)))
        outcome = decide(score, self._policy)
        return self._result(
            outcome,
            score=score,
            reasons=_REASON_OF[outcome],
            frames_used=len(best),
            flags=flags,
        )

    def make(self, photo: bytes, *, max_bytes: int = PORTRAIT_BYTES) -> bytes:
        """Return the portrait of a registry photo; see ``ports.faces.PortraitMaker``."""
        return make_portrait(self._engine, photo, max_bytes=max_bytes)

    def _look(self, data: bytes, gate: Gate) -> tuple[Face | None, tuple[str, ...]]:
        """Return the face and why ``gate`` refuses it; (None, reason) where there is none."""
        try:
            face, picture = self._find(data, gate, at_least=QUICK_SIDE)
            small = face is None or face.measures.eye_distance * picture.scale < MIN_EYES
            if small and picture.scale < 1:
                face, picture = self._find(data, gate, at_least=WORKING_SIDE)
        except PictureRefused as refusal:
            return None, (refusal.code,)
        if face is None:
            return None, ("NO_FACE",)
        return face, refusals(face.measures, gate)

    def _find(self, data: bytes, gate: Gate, *, at_least: int) -> tuple[Face | None, Picture]:
        picture = read_picture(data, at_least=at_least)
        return self._engine.find_face(
            picture, enlarge_to=gate.enlarge_to, central=gate.central
        ), picture

    def _usable(self, frames: tuple[bytes, ...]) -> tuple[list[Face], Counter[str]]:
        """Return the faces the gate accepts, and how often each reason was met."""
        faces: list[Face] = []
        flags: Counter[str] = Counter()
        seen: set[bytes] = set()
        for frame in frames:
            digest = hashlib.sha256(frame).digest()
            if digest in seen:
                flags["FRAME_REPEATED"] += 1
                continue
            seen.add(digest)
            face, refused = self._look(frame, self._gate)
            flags.update(refused)
            if face is not None and not refused:
                faces.append(face)
        return faces, flags

    def _result(
        self,
        outcome: Outcome,
        *,
        reasons: tuple[str, ...],
        score: float | None = None,
        frames_used: int = 0,
        flags: Counter[str] | None = None,
    ) -> FaceResult:
        return FaceResult(
            outcome=outcome,
            score=score,
            threshold=self._policy.match,
            model_id=self._policy.model_id,
            reasons=reasons,
            frames_used=frames_used,
            quality=dict.fromkeys(sorted(flags or ()), True),
        )


def load() -> LocalFaceMatcher:
    """Load the models and warm them: the first real comparison then costs what all others do."""
    engine = FaceEngine()
    matcher = LocalFaceMatcher(engine)
    engine.warm()
    return matcher


def _ranked(flags: Counter[str]) -> tuple[str, ...]:
    """Most frequent first; among equals in alphabetical order, so that answers are stable."""
    return tuple(sorted(flags, key=lambda code: (-flags[code], code)))


def _fuse(faces: list[Face]) -> Array:
    """Mean of unit vectors weighted by their norm: which is the sum of the vectors as they are."""
    return unit(np.sum([face.embedding for face in faces], axis=0, dtype=np.float32))


def _least_alike(faces: list[Face]) -> float:
    units = np.stack([unit(face.embedding) for face in faces])
    return float((units @ units.T).min())
