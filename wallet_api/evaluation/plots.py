"""The plots of the report: light background, colours that the colour-blind tell apart."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import matplotlib as mpl
import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from wallet_api.evaluation.impostors import bin_edges
from wallet_api.evaluation.intervals import Rate

if TYPE_CHECKING:
    from wallet_api.evaluation.measurement import GroupResult, Measurement

COLOURS: Final = ("#000000", "#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00")
"""Okabe and Ito's palette, without its yellow, which is faint on white."""
STYLES: Final = ("-", "--", "-.", ":")
_STYLE: Final[Any] = {
    "font.size": 11,
    "axes.grid": True,
    "grid.color": "#dddddd",
    "axes.edgecolor": "#444444",
    "axes.axisbelow": True,
    "figure.facecolor": "white",
    "axes.facecolor": "white",
    "legend.frameon": True,
    "legend.fontsize": 9,
    "font.family": "DejaVu Sans",
}


def draw_det(curves: Sequence[tuple[str, GroupResult]], title: str, path: Path) -> None:
    """Draw false non-matches against false matches for each named result, both logarithmic.

    A curve ends where fewer than one pair of people in the group could still be seen to pass.
    A group keeps its colour; what it is drawn for a second time is dashed.
    Where nobody is missed at any rate shown there is no curve, and the legend says so.
    """
    with mpl.rc_context(_STYLE):
        figure, axes = _figure(9.2, 5.2)
        groups = list(dict.fromkeys(result.group.name for _, result in curves))
        met: Counter[str] = Counter()
        for name, result in curves:
            group = result.group.name
            least = 1.0 / max(result.strangers.person_pairs, 1)
            passing, missing = result.strangers.curve, result.genuine.curve()
            shown = (passing >= least) & (missing > 0)
            axes.loglog(
                passing[shown],
                missing[shown],
                color=COLOURS[groups.index(group) % len(COLOURS)],
                linestyle=STYLES[met[group] % len(STYLES)],
                linewidth=2.0,
                label=name if shown.any() else f"{name} (nobody missed)",
            )
            met[group] += 1
        axes.set(
            title=title,
            xlabel="false match rate (strangers taken for the same)",
            ylabel="false non-match rate (the same person missed)",
            xlim=(1e-6, 1),
            ylim=(3e-4, 1),
        )
        figure.legend(loc="outside right upper")
        _save(figure, path)


def draw_histogram(
    result: GroupResult, limits: tuple[float, float], title: str, path: Path
) -> None:
    """Draw how alike strangers and the same person are, with both thresholds."""
    edges = np.linspace(-0.4, 1.0, 71)
    fine = bin_edges()
    strangers = -np.diff(np.interp(edges, fine, result.strangers.curve))
    same = np.diff(np.interp(edges, fine, result.genuine.curve()))
    middle, width = (edges[:-1] + edges[1:]) / 2, edges[1] - edges[0]
    with mpl.rc_context(_STYLE):
        figure, axes = _figure(7.6, 4.2)
        for values, colour, hatch, name in (
            (strangers, COLOURS[2], "//", "different people"),
            (same, COLOURS[1], "", "the same person"),
        ):
            axes.bar(
                middle, values, width, label=name, color=colour, alpha=0.6,
                hatch=hatch, edgecolor="white", linewidth=0.3,
            )  # fmt: skip
        low, high = limits
        axes.axvline(high, color="black", linewidth=1.6, label=f"match from {high:g}")
        if low != high:
            axes.axvline(
                low, color="black", linewidth=1.6, linestyle="--", label=f"review from {low:g}"
            )
        axes.set(title=title, xlabel="similarity", ylabel="share of comparisons", xlim=(-0.4, 1))
        axes.legend(loc="upper left")
        _save(figure, path)


def draw_rates(bars: Sequence[tuple[str, Rate]], title: str, path: Path) -> None:
    """Draw false match rates with their intervals; where none was seen, the upper bound alone."""
    with mpl.rc_context(_STYLE):
        figure, axes = _figure(7.6, 1.2 + 0.34 * len(bars))
        floor = 0.3 * min([rate.value for _, rate in bars if rate.seen] or [1e-5])
        floor = min(floor, 1e-5)
        for row, (_, rate) in enumerate(bars):
            low = max(rate.low, floor)
            axes.plot([low, rate.high], [row, row], color=COLOURS[1], linewidth=2.4)
            if rate.seen:
                axes.plot(rate.value, row, "o", color=COLOURS[0], markersize=6)
            else:
                axes.plot(rate.high, row, marker="<", color=COLOURS[2], markersize=8)
        axes.set_xscale("log")
        axes.set(title=title, xlabel="false match rate (line: 95 %; triangle: none seen, at most)")
        axes.set_yticks(range(len(bars)), [name for name, _ in bars])
        axes.set_xlim(floor, 1.6)
        axes.invert_yaxis()
        _save(figure, path)


def draw_all(measurement: Measurement, folder: Path) -> dict[str, str]:
    """Draw the plots of one engine; returns file names by what they show."""
    name = measurement.engine.name
    trials = {result.trial.key: result for result in measurement.trials}
    made: dict[str, str] = {}
    for kind, words in (("single", "one photo"), ("fused", "fused probes")):
        plain, veiled = trials[f"{kind}_plain"], trials[f"{kind}_veiled"]
        curves = [(r.group.name, r) for r in plain.groups if len(r.genuine.people)]
        curves += [
            (f"veiled (simulated), {r.group.name}", r)
            for r in veiled.groups
            if r.group.name in {"all", "women"} and len(r.genuine.people)
        ]
        bars = [(r.group.name, _at(measurement, r)) for r in plain.groups if r.false_match]
        bars += [
            (f"veiled (sim.), {r.group.name}", _at(measurement, r))
            for r in veiled.groups
            if r.false_match
        ]
        match = measurement.engine.policy.match
        if curves:
            made[f"det_{kind}"] = f"det-{kind}-{name}.png"
            draw_det(curves, f"{name}: {words}", folder / made[f"det_{kind}"])
            made[f"histogram_{kind}"] = f"histogram-{kind}-{name}.png"
            draw_histogram(
                curves[0][1],
                (measurement.engine.policy.review, match),
                f"{name}: {words}, all people",
                folder / made[f"histogram_{kind}"],
            )
        if bars:
            made[f"groups_{kind}"] = f"false-matches-{kind}-{name}.png"
            title = f"{name}: {words}, at the match threshold {match:g}"
            draw_rates(bars, title, folder / made[f"groups_{kind}"])
    return made


def draw_engines(measurements: Sequence[Measurement], folder: Path) -> dict[str, str]:
    """Draw all engines in one DET plot for single photos and one for fused probes."""
    made: dict[str, str] = {}
    for kind, words in (("single", "one photo"), ("fused", "fused probes")):
        curves = [
            (f"{one.engine.name}, {group.group.name}", group)
            for one in measurements
            for result in one.trials
            if result.trial.key == f"{kind}_plain"
            for group in result.groups
            if group.group.name in {"all", "women", "men"} and len(group.genuine.people)
        ]
        if curves:
            made[f"det_{kind}"] = f"det-{kind}-engines.png"
            draw_det(curves, f"all engines: {words}", folder / made[f"det_{kind}"])
    return made


def _at(measurement: Measurement, result: GroupResult) -> Rate:
    thresholds = measurement.engine.thresholds
    return result.false_match[thresholds.index(measurement.engine.policy.match)]


def _figure(width: float, height: float) -> tuple[Figure, Any]:
    figure = Figure(figsize=(width, height), dpi=110, layout="constrained")
    FigureCanvasAgg(figure)
    return figure, figure.subplots()


def _save(figure: Figure, path: Path) -> None:
    figure.savefig(path, metadata={"Software": None})
