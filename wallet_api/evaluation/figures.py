"""Results as plain values for ``report.json``; the Markdown is written from the same values.

The top of the document (``engine``, ``models``, ``data``, ``figures``) is what ``face calibrate``
reads; what follows is the whole of the tables.
"""

from __future__ import annotations

import json
from collections import Counter
from typing import Any, Final

import numpy as np

from wallet_api.evaluation.intervals import Rate
from wallet_api.evaluation.looking import Looked
from wallet_api.evaluation.measurement import TARGETS, GroupResult, Measurement, TrialResult

FORMAT: Final = 1
_LISTED: Final = 200
_MOST_FIGURES: Final = 200
_LOWEST: Final = 20
_CURVE_POINTS: Final = 41


def engine_values(measurement: Measurement) -> dict[str, Any]:
    """Return everything measured of one engine but its timing."""
    engine, index = measurement.engine, measurement.index
    return {
        "name": engine.name,
        "engine": engine.models.model_id,
        "models": dict(engine.models.sha256),
        "policy": {
            "model_id": engine.policy.model_id,
            "match": engine.policy.match,
            "review": engine.policy.review,
        },
        "thresholds": list(engine.thresholds),
        "photos": _photos(measurement.looked, len(index.photos)),
        "trials": {result.trial.key: _trial(measurement, result) for result in measurement.trials},
    }


def people_values(measurement: Measurement) -> dict[str, Any]:
    """Return how many people and photos there were, by sex and group."""
    photos = measurement.index.photos
    people = {photo.person: photo for photo in photos}
    return {
        "people": len(people),
        "photos": len(photos),
        "people_by_sex": _counted(person.sex or "unknown" for person in people.values()),
        "people_by_group": _counted(person.group or "none named" for person in people.values()),
        "people_by_photos": _counted(
            str(count) for count in Counter(photo.person for photo in photos).values()
        ),
    }


def calibration_figures(measurement: Measurement, *, fused: int) -> list[dict[str, Any]]:
    """Return the rates at the deciding thresholds in the form a calibration carries them."""
    policy, thresholds = measurement.engine.policy, measurement.engine.thresholds
    figures: list[dict[str, Any]] = []
    wanted = sorted({policy.match, policy.review}, reverse=True)
    for limit in wanted:
        place = thresholds.index(limit)
        for result in measurement.trials:
            for group in result.groups:
                frames = fused if result.trial.fused else 1
                name = f"{group.group.name} ({result.trial.condition})"
                pairs = (
                    ("fmr", group.false_match, group.strangers.photo_pairs),
                    ("fnmr", group.false_non_match, len(group.genuine.people)),
                )
                for kind, rates, count in pairs:
                    if rates:
                        rate = rates[place]
                        figures.append({
                            "kind": kind, "group": name, "fused": frames, "threshold": limit,
                            "value": rate.value, "low": rate.low, "high": rate.high, "of": count,
                        })  # fmt: skip
    return figures[:_MOST_FIGURES]


def timing_values(looked: Looked) -> dict[str, Any]:
    """Return milliseconds a photo, p50 and p95."""

    def spread(values: list[float]) -> dict[str, float]:
        p50, p95 = np.percentile(values, [50, 95]) if values else (0.0, 0.0)
        return {"p50_ms": round(float(p50), 1), "p95_ms": round(float(p95), 1)}

    return {
        "photos": len(looked.decode_ms),
        "decode": spread(looked.decode_ms),
        "find_measure_embed": spread(looked.face_ms),
    }


def rate_values(rate: Rate) -> dict[str, Any]:
    """Return a rate with its interval, six significant digits.

    ``basis`` says where an upper bound comes from; without it the interval is a bootstrap's.
    """
    values: dict[str, Any] = {
        "value": _short(rate.value),
        "low": _short(rate.low),
        "high": _short(rate.high),
        "seen_in": rate.seen,
    }
    return values if rate.basis == "bootstrap" else {**values, "basis": rate.basis}


def _photos(looked: Looked, count: int) -> dict[str, Any]:
    return {
        "listed": count,
        "used": sum(vector is not None for vector in looked.plain),
        "unreadable": len(looked.unreadable),
        "unreadable_files": [list(one) for one in looked.unreadable[:_LISTED]],
        "no_face": len(looked.no_face),
        "no_face_files": looked.no_face[:_LISTED],
        "second_large_face": len(looked.crowded),
        "no_face_under_headscarf": len(looked.veil_lost),
    }


def _trial(measurement: Measurement, result: TrialResult) -> dict[str, Any]:
    photos = measurement.index.photos
    groups = {group.group.name: _group(measurement, group) for group in result.groups}
    everybody = next((g for g in result.groups if g.group.name == "all"), None)
    highest = everybody.strangers.highest if everybody else ()
    return {
        "title": result.trial.title,
        "groups": groups,
        "least_alike_same_person": [
            _pair(photos[a].file, photos[b].file, score)
            for score, a, b in result.trial.genuine.lowest(_LOWEST)
        ],
        "most_alike_strangers": [
            _pair(photos[a].file, photos[b].file, score) for score, a, b in highest
        ],
    }


def _pair(probe: str, reference: str, score: float) -> dict[str, Any]:
    if probe == reference:  # a fused probe: only the registry photo has a name
        return {"registry_photo": probe, "score": round(score, 4)}
    return {"photos": [probe, reference], "score": round(score, 4)}


def _group(measurement: Measurement, result: GroupResult) -> dict[str, Any]:
    thresholds = measurement.engine.thresholds
    strangers = result.strangers
    curve = np.geomspace(1e-6, 1.0, _CURVE_POINTS)
    return {
        "people": strangers.people,
        "pairs_of_people": strangers.person_pairs,
        "pairs_of_photos": strangers.photo_pairs,
        "genuine_people": len(result.genuine.persons),
        "genuine_comparisons": len(result.genuine.people),
        "false_match": _by_threshold(thresholds, result.false_match),
        "false_non_match": _by_threshold(thresholds, result.false_non_match),
        "outcomes": {
            name: rate_values(rate)
            for name, rate in zip(("accepted", "review", "refused"), result.outcomes, strict=False)
        },
        "at_false_match_rate": [_at(result, target) for target in TARGETS],
        "det": [
            [_short(rate), _short(result.genuine.miss_rate_at(threshold))]
            for rate in map(float, curve)
            if len(result.genuine.people) and (threshold := result.threshold_for(rate)) is not None
        ],
    }


def _by_threshold(thresholds: tuple[float, ...], rates: list[Rate]) -> list[dict[str, Any]]:
    return [
        {"threshold": threshold, **rate_values(rate)}
        for threshold, rate in zip(thresholds, rates, strict=False)
    ]


def _at(result: GroupResult, target: float) -> dict[str, Any]:
    threshold = result.threshold_for(target)
    if threshold is None:
        reason = f"not resolvable with {result.strangers.person_pairs:,} pairs of people"
        return {"rate": target, "threshold": None, "reason": reason}
    missed = result.genuine.miss_rate_at(threshold) if len(result.genuine.people) else None
    return {
        "rate": target,
        "threshold": round(threshold, 4),
        "false_non_match": None if missed is None else _short(missed),
    }


def _counted(values: Any) -> dict[str, int]:
    return dict(sorted(Counter(values).items()))


def _short(value: float) -> float:
    return float(f"{value:.6g}")


def as_text(value: Any, indent: int = 0) -> str:
    """Return JSON with one line for each object or list that holds no other."""
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    if not any(isinstance(one, dict | list) for one in inner):
        return json.dumps(value, ensure_ascii=False, allow_nan=False)
    pad = " " * (indent + 1)
    if isinstance(value, dict):
        parts = [
            f"{pad}{json.dumps(key, ensure_ascii=False)}: {as_text(one, indent + 1)}"
            for key, one in value.items()
        ]
    else:
        parts = [f"{pad}{as_text(one, indent + 1)}" for one in value]
    opening, closing = "{}" if isinstance(value, dict) else "[]"
    return f"{opening}\n" + ",\n".join(parts) + f"\n{' ' * indent}{closing}"
