"""The face rules, as pure decisions."""

from __future__ import annotations

import dataclasses
import math
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import wallet_api
from wallet_api.rules.face_policy import (
    CHARGED,
    REGISTRY_GATE,
    RESIDENT_GATE,
    FaceMeasures,
    decide,
    refusals,
)
from wallet_api.rules.face_reasons import REASONS, sentence

GOOD = FaceMeasures(
    eye_distance=90.0,
    yaw=0.0,
    roll=0.0,
    brightness=130.0,
    margin=0.2,
    second_face=0.0,
    eye_light=0.7,
    feature_norm=12.0,
)


@pytest.mark.parametrize(
    ("score", "decision"),
    [
        (1.0, "match"),
        (0.575, "match"),
        (math.nextafter(0.575, 0), "review"),
        (0.40, "review"),
        (math.nextafter(0.40, 0), "no_match"),
        (-1.0, "no_match"),
        (math.nan, "no_match"),
    ],
)
def test_the_thresholds_are_where_they_were_measured(score: float, decision: str) -> None:
    assert decide(score) == decision


@given(st.floats(-1, 1), st.floats(-1, 1))
def test_a_higher_score_never_decides_worse(one: float, other: float) -> None:
    order = ["no_match", "review", "match"]
    low, high = sorted((one, other))
    assert order.index(decide(low)) <= order.index(decide(high))


def test_a_good_face_passes_both_gates() -> None:
    assert refusals(GOOD, RESIDENT_GATE) == ()
    assert refusals(GOOD, REGISTRY_GATE) == ()


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("eye_distance", 59.9, "FACE_TOO_SMALL"),
        ("yaw", 25.1, "FACE_TURNED"),
        ("yaw", -25.1, "FACE_TURNED"),
        ("roll", 30.1, "FACE_TILTED"),
        ("roll", -30.1, "FACE_TILTED"),
        ("brightness", 44.9, "TOO_DARK"),
        ("brightness", 215.1, "TOO_BRIGHT"),
        ("margin", 0.049, "NEAR_EDGE"),
        ("second_face", 0.251, "SECOND_FACE"),
        ("eye_light", 0.29, "DARK_GLASSES"),
        ("feature_norm", 8.9, "FACE_UNCLEAR"),
    ],
)
def test_each_limit_of_the_residents_gate_has_its_code(field: str, value: float, code: str) -> None:
    assert refusals(dataclasses.replace(GOOD, **{field: value}), RESIDENT_GATE) == (code,)


def test_the_registry_photo_may_be_smaller() -> None:
    smaller = dataclasses.replace(GOOD, eye_distance=32.0, margin=0.0)
    assert refusals(smaller, REGISTRY_GATE) == ()
    assert refusals(dataclasses.replace(smaller, eye_distance=31.9), REGISTRY_GATE) == (
        "FACE_TOO_SMALL",
    )


def test_every_code_in_the_sources_has_sentences_and_every_sentence_a_code() -> None:
    package = Path(wallet_api.__file__).parent
    sources = [package / "rules" / f"face_{name}.py" for name in ("policy", "challenge")]
    sources += [package / "adapters" / "faces" / f"{name}.py" for name in LOOKING]
    text = "".join(path.read_text(encoding="utf-8") for path in sources)
    codes = set(re.findall(r'"([A-Z]+(?:_[A-Z]+)*)"', text))
    codes -= {"JPEG", "PNG", "WEBP", "POLICY", "RGB", "RGBA", "RGBX", "LA", "PA", "L", "P", "I"}
    codes -= {"F", "BM", "RIFF"}
    assert codes | BEFORE_THE_MATCHER == set(REASONS)


LOOKING = ("intake", "looks", "capture", "matcher")
BEFORE_THE_MATCHER = {
    *("LOOK_STRAIGHT", "TURN_LEFT", "TURN_RIGHT"),
    *("PROMPT_LATE", "PROMPT_EARLY", "PROMPT_INVALID", "FRAMES_LATE", "FRAME_SEEN"),
}
"""What the service says while it asks; the matcher never does."""


def test_swapped_persons_cost_an_attempt() -> None:
    assert {"FRAMES_DIFFER"} == CHARGED
    assert set(REASONS) > CHARGED


@pytest.mark.parametrize("code", REASONS)
def test_every_reason_speaks_both_languages(code: str) -> None:
    assert sentence(code, "id") != sentence(code, "en")
    for language in ("id", "en"):
        assert sentence(code, language).endswith(".")
        assert len(sentence(code, language)) <= 120
        assert not re.search(r"\d\.\d{2}|cosine|score|skor", sentence(code, language))
