"""Challenge sessions through the matcher's own code, and how many of each kind pass."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TextIO

from wallet_api.adapters.faces.engines import Engine, Face
from wallet_api.adapters.faces.intake import Picture
from wallet_api.adapters.faces.matcher import LocalFaceMatcher
from wallet_api.evaluation import sessions
from wallet_api.evaluation.challenge_report import (
    KindResult,
    challenge_markdown,
    challenge_values,
)
from wallet_api.evaluation.engines import open_engine
from wallet_api.evaluation.figures import as_text
from wallet_api.evaluation.impostors import Vectors
from wallet_api.evaluation.poses import Sitters, read_poses
from wallet_api.evaluation.progress import Progress
from wallet_api.evaluation.refusal import EvaluationRefused
from wallet_api.ports.faces import FaceJob
from wallet_api.rules.face_policy import RESEARCH_GATE, RESEARCH_TURNED_GATE


@dataclass(frozen=True, slots=True)
class ChallengePlan:
    """What to evaluate."""

    images: Path
    index: Path
    report: Path
    name: str
    seed: int
    bootstrap: int
    leave_out: tuple[str, ...]
    date: date


class RememberingEngine:
    """The engine, asked once for each picture: sessions share their frames."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._seen: dict[tuple[bytes, int, bool], Face | None] = {}

    @property
    def model_id(self) -> str:
        """As the engine's own."""
        return self._engine.model_id

    def find_face(
        self, picture: Picture, *, enlarge_to: int = 0, central: bool = False
    ) -> Face | None:
        """As the engine's own, remembered."""
        key = (picture.pixels.tobytes(), enlarge_to, central)
        if key not in self._seen:
            self._seen[key] = self._engine.find_face(
                picture, enlarge_to=enlarge_to, central=central
            )
        return self._seen[key]

    def similarity(self, one: Vectors, other: Vectors) -> float:
        """As the engine's own."""
        return self._engine.similarity(one, other)

    def warm(self) -> None:
        """Nothing is left to do."""


def evaluate_challenge(plan: ChallengePlan, *, out: TextIO) -> str:
    """Perform every session, write the report, return it as text. Raises EvaluationRefused."""
    sitters = _checked(plan)
    under_test = open_engine("sface")
    matcher = LocalFaceMatcher(
        RememberingEngine(under_test.engine),
        policy=under_test.policy,
        gate=RESEARCH_GATE,
        turned_gate=RESEARCH_TURNED_GATE,
        reference_gate=RESEARCH_GATE,
    )
    studio = sessions.Studio(plan.images, plan.seed)
    able = sitters.able
    kinds: list[Iterable[sessions.Session]] = [
        sessions.genuine(studio, able),
        sessions.swapped(studio, able),
        sessions.swapped_midway(studio, able),
        *(sessions.printed(studio, able, angle) for angle in sessions.ANGLES),
        sessions.wrong_order(studio, able),
        sessions.frozen(studio, able),
    ]
    alone = (len(kinds) - 2) * len(able) * len(sessions.SEQUENCES)
    pairs = 2 * len(able) * (len(able) - 1) * sessions.OF_EACH_PAIR
    bar = Progress("sessions", alone + pairs, out)
    results = [perform(matcher, kind, bar) for kind in kinds]
    document = {
        "format": 1,
        "date": plan.date.isoformat(),
        "data": plan.name,
        "seed": plan.seed,
        "bootstrap": plan.bootstrap,
        "model_id": under_test.policy.model_id,
        "people": [sitter.name for sitter in able],
        "left_out": list(sitters.left_out),
        "photos_left_out": list(plan.leave_out),
        "min_turn": under_test.policy.min_turn,
        "same_capture": under_test.policy.same_capture,
        "same_turned": under_test.policy.same_turned,
        "kinds": [
            challenge_values(one, repetitions=plan.bootstrap, seed=plan.seed) for one in results
        ],
    }
    (plan.report / "challenge.json").write_text(as_text(document) + "\n", encoding="utf-8")
    text = challenge_markdown(document)
    (plan.report / "challenge.md").write_text(text, encoding="utf-8")
    return f"{text}\nreport: {plan.report / 'challenge.md'}"


def perform(
    matcher: LocalFaceMatcher, kind: Iterable[sessions.Session], bar: Progress
) -> KindResult:
    """Let the matcher judge sessions. Nothing is compared with a registry photo."""
    result = KindResult("", [], Counter())
    for session in kind:
        answer = matcher.match(FaceJob(session.frames, None))
        passed = answer.challenge == "passed" and answer.outcome != "try_again"
        result.kind = session.kind
        result.outcomes.append((session.person, passed))
        if not passed:
            result.reasons.update(answer.reasons[:1])
        bar.step()
    return result


def _checked(plan: ChallengePlan) -> Sitters:
    if not plan.images.is_dir():
        raise EvaluationRefused(f"--images: {plan.images} is not a folder")
    if plan.bootstrap < 100:
        raise EvaluationRefused("--bootstrap: at least 100 repetitions, for the ends of intervals")
    if plan.seed < 0:
        raise EvaluationRefused("--seed: 0 or more")
    sitters = read_poses(plan.index, leave_out=plan.leave_out)
    try:
        plan.report.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise EvaluationRefused(f"--report: {plan.report}: {error.strerror}") from error
    return sitters
