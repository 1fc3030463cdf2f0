"""What a worker says is believed only where it fits the question; anything else is one error."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.wallet_api.faces.faulty_engines import webp
from wallet_api.adapters.faces.answers import read_portrait, read_result
from wallet_api.ports.faces import (
    CaptureFrame,
    FaceJob,
    FaceResult,
    FaceUnavailable,
    FrameNote,
    NoUsablePhoto,
)
from wallet_api.rules.face_policy import POLICY

FRONTS = FaceJob.of_fronts((b"a", b"b", b"c"), b"registry")
TURNED = FaceJob(
    (CaptureFrame(b"a"), CaptureFrame(b"b", "left"), CaptureFrame(b"c"), CaptureFrame(b"d")), b"r"
)
MATCH = FaceResult("match", 0.8, POLICY.match, POLICY.model_id, (), 3)
PASSED = dataclasses.replace(
    MATCH,
    challenge="passed",
    notes=tuple(FrameNote(frame.turn) for frame in TURNED.frames),
    clearest=0,
    quality={"TOO_DARK": True},
)


def sent(result: FaceResult, **bent: object) -> dict[str, Any]:
    """Return the answer as it leaves the socket."""
    fields = json.loads(json.dumps(dataclasses.asdict(result)))
    return {"result": {**fields, **bent}}


@pytest.mark.parametrize(
    ("job", "result"),
    [
        (FRONTS, MATCH),
        (TURNED, PASSED),
        (FRONTS, dataclasses.replace(MATCH, outcome="review", score=0.5, reasons=("DOUBTFUL",))),
        (FRONTS, dataclasses.replace(MATCH, outcome="try_again", score=None, frames_used=0)),
        (TURNED, dataclasses.replace(PASSED, outcome="try_again", challenge="failed", score=None)),
        (
            FaceJob.of_fronts((b"a",), None),
            dataclasses.replace(MATCH, outcome="no_reference", score=None, frames_used=1),
        ),
    ],
)
def test_an_honest_answer_is_taken_as_it_is(job: FaceJob, result: FaceResult) -> None:
    assert read_result(sent(result), job, POLICY) == result


NOTE = {"turn": "front", "reasons": []}


@pytest.mark.parametrize(
    "bent",
    [
        {"outcome": "certainly"},
        {"outcome": ["match"]},
        {"outcome": None},
        {"score": None},
        {"score": True},
        {"score": "0.9"},
        {"score": float("nan")},
        {"score": float("inf")},
        {"score": 10**400},
        {"score": 0.574},
        {"outcome": "no_match", "score": None},
        {"threshold": 0.1},
        {"model_id": "mine"},
        {"reasons": "TOO_DARK"},
        {"reasons": ["<b>"]},
        {"reasons": [1]},
        {"reasons": [["TOO_DARK"]]},
        {"reasons": ["TOO_DARK"] * 1000},
        {"frames_used": 2},
        {"frames_used": -1},
        {"frames_used": 4},
        {"frames_used": 3.0},
        {"frames_used": True},
        {"quality": []},
        {"quality": {"TOO_DARK": 1}},
        {"quality": {"a name of theirs": True}},
        {"challenge": "passed"},
        {"challenge": "won"},
        {"notes": None},
        {"notes": [NOTE] * 2},
        {"notes": [NOTE] * 4},
        {"notes": [{**NOTE, "turn": "left"}, NOTE, NOTE]},
        {"notes": [{**NOTE, "more": 1}, NOTE, NOTE]},
        {"notes": [[], NOTE, NOTE]},
        {"clearest": 3},
        {"clearest": -1},
        {"clearest": "0"},
        {"liveness": "passed"},
        {"another": 1},
    ],
)
def test_an_answer_that_does_not_fit_is_odd(bent: dict[str, object]) -> None:
    assert refused(sent(MATCH, **bent), FRONTS) == "FACE_WORKER_ODD"


@pytest.mark.parametrize(
    "bent", [{"challenge": "failed"}, {"challenge": "not_asked"}, {"clearest": 1}]
)
def test_no_capture_gets_in_without_its_challenge(bent: dict[str, object]) -> None:
    assert refused(sent(PASSED, **bent), TURNED) == "FACE_WORKER_ODD"


def test_nobody_matches_a_photo_that_is_not_there() -> None:
    job = dataclasses.replace(FRONTS, reference=None)
    assert refused(sent(MATCH), job) == "FACE_WORKER_ODD"


@pytest.mark.parametrize("name", sorted(FaceResult.__dataclass_fields__))
def test_no_field_may_be_missing(name: str) -> None:
    answer = sent(MATCH)
    del answer["result"][name]
    assert refused(answer, FRONTS) == "FACE_WORKER_ODD"


PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


@given(st.sampled_from(sorted(FaceResult.__dataclass_fields__)), PLAIN)
def test_whatever_stands_in_a_field_is_a_result_or_the_one_error(name: str, value: object) -> None:
    found = refused(sent(PASSED, **{name: value}), TURNED)
    assert found in (None, "FACE_WORKER_ODD")


@given(PLAIN)
def test_whatever_stands_in_place_of_the_result_is_the_one_error(value: object) -> None:
    assert refused({"result": value}, FRONTS) == "FACE_WORKER_ODD"
    assert refused({}, FRONTS) == "FACE_WORKER_ODD"


def refused(answer: dict[str, Any], job: FaceJob) -> str | None:
    """Return the reason of the refusal, None where the answer was taken."""
    try:
        read_result(answer, job, POLICY)
    except FaceUnavailable as error:
        return error.reason
    return None


def test_a_portrait_is_one_webp_within_its_size() -> None:
    assert read_portrait({}, [webp(600)], max_bytes=600) == webp(600)
    with pytest.raises(NoUsablePhoto) as told:
        read_portrait({"no_usable_photo": "NO_FACE"}, [], max_bytes=600)
    assert told.value.reason == "NO_FACE"


@pytest.mark.parametrize(
    ("answer", "blobs"),
    [
        ({"no_usable_photo": "a sentence of theirs"}, []),
        ({"no_usable_photo": ["NO_FACE"]}, []),
        ({}, []),
        ({}, [webp(300), webp(300)]),
        ({}, [webp(601)]),
        ({}, [b""]),
        ({}, [webp(300)[:-1]]),
        ({}, [b"\x89PNG" + bytes(500)]),
    ],
)
def test_anything_else_is_no_portrait(answer: dict[str, Any], blobs: list[bytes]) -> None:
    with pytest.raises(FaceUnavailable) as odd:
        read_portrait(answer, blobs, max_bytes=600)
    assert odd.value.reason == "FACE_WORKER_ODD"
