"""A whole evaluation: from the folder of photos to the folder of the report."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import date
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any, TextIO

from wallet_api.evaluation import figures, report
from wallet_api.evaluation.engines import open_engine
from wallet_api.evaluation.index import Index, read_index
from wallet_api.evaluation.looking import look_at_all
from wallet_api.evaluation.measurement import Measurement, measure
from wallet_api.evaluation.progress import Progress
from wallet_api.evaluation.refusal import EvaluationRefused

_TRIALS = 6


@dataclass(frozen=True, slots=True)
class Plan:
    """What to evaluate and how. ``name``: what the report calls the data."""

    images: Path
    index: Path
    report: Path
    engines: tuple[str, ...]
    name: str
    fused: int
    seed: int
    bootstrap: int
    limit: int | None
    processes: int
    date: date


def evaluate_photos(plan: Plan, *, out: TextIO) -> str:
    """Measure every engine, write the report, return its main figures as text.

    Progress goes to ``out``. Raises EvaluationRefused with what to mend.
    """
    plots = load_plots()
    index = _checked(plan)
    measured: list[Measurement] = []
    timing: dict[str, Any] = {}
    for name in plan.engines:
        engine = open_engine(name)
        bar = Progress(f"{name}: photos", len(index.photos), out)
        started = time.monotonic()
        looked = look_at_all(
            name, index, plan.images, seed=plan.seed, processes=plan.processes, progress=bar
        )
        timing[name] = figures.timing_values(looked)
        bar = Progress(f"{name}: comparisons", _TRIALS, out)
        measured.append(
            measure(
                engine,
                index,
                looked,
                fused=plan.fused,
                seed=plan.seed,
                repetitions=plan.bootstrap,
                step=bar.step,
            )
        )
        timing[name]["seconds_in_all"] = round(time.monotonic() - started, 1)
    document = _document(plan, measured, timing)
    _draw(plots, document, measured, plan.report)
    return _write(document, plan.report)


def load_plots() -> Any:
    """Return the module of plots before anything long is begun, or say what to install."""
    if find_spec("matplotlib") is None:
        raise EvaluationRefused(
            "matplotlib is missing; install it with: python -m pip install --require-hashes "
            "--no-deps -r requirements-evaluation.txt"
        )
    return import_module("wallet_api.evaluation.plots")


def _checked(plan: Plan) -> Index:
    if not plan.images.is_dir():
        raise EvaluationRefused(f"--images: {plan.images} is not a folder")
    if plan.fused < 1:
        raise EvaluationRefused("--fused: at least 1 photo is fused")
    if plan.bootstrap < 100:
        raise EvaluationRefused("--bootstrap: at least 100 repetitions, for the ends of intervals")
    if plan.limit is not None and plan.limit < 2:
        raise EvaluationRefused("--limit: at least 2 people")
    if not 1 <= plan.processes <= 64:
        raise EvaluationRefused("--processes: 1 to 64")
    if plan.seed < 0:
        raise EvaluationRefused("--seed: 0 or more")
    index = read_index(plan.index, limit=plan.limit)
    try:
        plan.report.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise EvaluationRefused(f"--report: {plan.report}: {error.strerror}") from error
    return index


def _document(plan: Plan, measured: list[Measurement], timing: dict[str, Any]) -> dict[str, Any]:
    first = measured[0]
    people = figures.people_values(first)
    words = ["python -m wallet_api face evaluate", "--images DIR --index CSV --report DIR"]
    words += [f"--engine {name}" for name in plan.engines]
    words += [f"--fused {plan.fused} --seed {plan.seed} --bootstrap {plan.bootstrap}"]
    words += [f"--limit {plan.limit}"] if plan.limit is not None else []
    return {
        "format": figures.FORMAT,
        "engine": first.engine.models.model_id,
        "models": dict(first.engine.models.sha256),
        "data": [{"name": plan.name, "people": people["people"], "photos": people["photos"]}],
        "figures": figures.calibration_figures(first, fused=plan.fused),
        "date": plan.date.isoformat(),
        "command": " ".join(words),
        "seed": plan.seed,
        "bootstrap": plan.bootstrap,
        "fused": plan.fused,
        "index": people,
        "notes": list(first.notes),
        "engines": [figures.engine_values(one) for one in measured],
        "timing": {"processes": plan.processes, "engines": timing},
    }


def _draw(plots: Any, document: dict[str, Any], measured: list[Measurement], folder: Path) -> None:
    for values, one in zip(document["engines"], measured, strict=True):
        values["plots"] = plots.draw_all(one, folder)
    if len(measured) > 1:
        document["plots"] = plots.draw_engines(measured, folder)


def _write(document: dict[str, Any], folder: Path) -> str:
    (folder / "report.json").write_text(figures.as_text(document) + "\n", encoding="utf-8")
    (folder / "report.md").write_text(report.markdown(document), encoding="utf-8")
    return f"{report.summary(document)}\nreport: {folder / 'report.md'}"
