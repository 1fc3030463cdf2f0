"""The engines that can be evaluated, by the names of the setting ``face_engine``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from types import MappingProxyType
from typing import Final

import numpy as np

from wallet_api.adapters.faces.calibration import packaged
from wallet_api.adapters.faces.engines import Engine
from wallet_api.adapters.faces.model_files import ENGINES, ModelAltered, ModelSet
from wallet_api.evaluation.impostors import Scoring, Vectors
from wallet_api.evaluation.refusal import EvaluationRefused
from wallet_api.rules.face_policy import RESEARCH_GATE, FacePolicy

THRESHOLDS: Final = tuple(
    sorted({*(round(0.3 + 0.025 * step, 3) for step in range(17)), 0.363, 0.4264})
)
"""Thresholds of every table: the usual ones of SFace and OpenCV's documented 0.363 among them."""
_PARITY: Final = 1e-4


@dataclass(frozen=True, slots=True)
class EngineUnderTest:
    """An engine, the files it computes with, its thresholds, and its scores for many at once."""

    name: str
    models: ModelSet
    engine: Engine
    policy: FacePolicy
    thresholds: tuple[float, ...]
    scoring: Scoring

    def check_scoring(self, vectors: Vectors) -> None:
        """Compare ``scoring`` with the engine's own ``similarity``; raises where they differ."""
        some = vectors[:: max(1, len(vectors) // 12)]
        many = self.scoring(some, some)
        one = [[self.engine.similarity(a, b) for b in some] for a in some]
        if not np.allclose(many, np.array(one), atol=_PARITY):
            raise EvaluationRefused(
                f"{self.name}: the scores of many at once are not the engine's own; "
                "mend wallet_api/evaluation/engines.py"
            )


def cosines(probes: Vectors, references: Vectors) -> Vectors:
    """Return the cosine of every probe with every reference."""
    return np.asarray(_units(probes) @ _units(references).T, np.float32)


def nearness(probes: Vectors, references: Vectors) -> Vectors:
    """Return one less the Euclidean distance of every probe to every reference."""
    left, right = probes.astype(np.float64), references.astype(np.float64)
    between = (left**2).sum(axis=1)[:, None] + (right**2).sum(axis=1)[None] - 2 * left @ right.T
    return np.asarray(1 - np.sqrt(np.maximum(between, 0.0)), np.float32)


_ENGINES: Final = MappingProxyType(
    {
        "sface": ("wallet_api.adapters.faces.engine", "FaceEngine"),
        "face-recognition": ("wallet_api.adapters.faces.dlib_engine", "DlibEngine"),
    }
)
ENLARGE_TO: Final[Mapping[str, int]] = MappingProxyType(
    {"sface": RESEARCH_GATE.enlarge_to, "face-recognition": 0}
)
"""How large small photos are made to find faces; the second engine doubles them by itself."""
_SCORING: Final[Mapping[str, Scoring]] = MappingProxyType(
    {"sface": cosines, "face-recognition": nearness}
)


def open_engine(name: str) -> EngineUnderTest:
    """Load an engine. Raises EvaluationRefused where its files are altered or not installed."""
    policy = packaged(name).policy()
    thresholds = {t for t in THRESHOLDS if t >= policy.review or _SCORING[name] is cosines}
    return EngineUnderTest(
        name=name,
        models=ENGINES[name],
        engine=start_engine(name),
        policy=policy,
        thresholds=tuple(sorted(thresholds | {policy.match, policy.review})),
        scoring=_SCORING[name],
    )


def start_engine(name: str) -> Engine:
    """Load and warm the engine alone. Raises EvaluationRefused."""
    module, kind = _ENGINES[name]
    try:
        make: Callable[[], Engine] = getattr(import_module(module), kind)
        engine = make()
    except ModelAltered as error:
        mend = "; make second-engine installs it" if ENGINES[name].package else "; restore the file"
        raise EvaluationRefused(f"{name}: {error}{mend}") from error
    engine.warm()
    return engine


def _units(vectors: Vectors) -> Vectors:
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(vectors / np.maximum(lengths, 1e-9), np.float32)
