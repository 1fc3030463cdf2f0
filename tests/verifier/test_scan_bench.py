"""The scanning bench itself, in small: its pictures are what they say, and always the same."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.scan import report
from benchmarks.scan.camera import is_whole, photograph
from benchmarks.scan.codes import presentation
from benchmarks.scan.conditions import Conditions
from benchmarks.scan.degradations import DEGRADATIONS, Degradation
from benchmarks.scan.trial import Case, Reading, cases
from verifier.sight import first_opinion, look

CODE = presentation(10)
FRAME = (640, 400)


def shot(told: Conditions, *, pixels: float = 3.5, seed: int = 5) -> np.ndarray:
    dice = np.random.default_rng(seed)
    return photograph(CODE, told, dice, pixels=pixels, frame=FRAME).gray


@pytest.mark.parametrize("one", DEGRADATIONS, ids=lambda one: one.name)
def test_what_happens_all_day_is_read_and_read_rightly(one: Degradation) -> None:
    assert look(shot(one.conditions(one.strengths[0]))).texts == [CODE.text]


def test_a_photograph_is_the_same_every_time() -> None:
    told = Conditions(shake=0.3, glare=0.1, cracks=3, smudge=0.2, clutter=0.3)
    first, second = shot(told), shot(told)
    assert (first == second).all()
    assert (first != shot(told, seed=6)).any()


@pytest.mark.parametrize(
    "told", [Conditions(defocus=6), Conditions(motion=6), Conditions(covered=0.3)]
)
def test_what_no_decoder_can_read_is_not_read(told: Conditions) -> None:
    """Degradations that left a readable code whatever their strength would measure nothing."""
    assert look(shot(told)).texts == []


def test_camera_pixels_a_module_are_what_is_asked_for() -> None:
    """From the first dark column to the last of a code held straight."""
    gray = shot(Conditions(turn=0.0), pixels=4.0)
    rows = gray[FRAME[1] // 2 - 100 : FRAME[1] // 2 + 100, 190:450]
    dark = np.flatnonzero((rows < 100).any(axis=0))
    assert dark[-1] - dark[0] + 1 == pytest.approx(4.0 * CODE.side, abs=2)
    assert first_opinion(gray) == [CODE.text]


def test_a_code_that_does_not_fit_into_the_frame_is_not_photographed() -> None:
    large = presentation(25)
    assert not is_whole(large, Conditions(turn=45.0), pixels=6.0)
    assert is_whole(large, Conditions(turn=45.0), pixels=3.5)
    names = {case.degradation for case in cases(versions=(25,), pixels=(6.0,))}
    assert names == {one.name for one in DEGRADATIONS}


def test_the_report_misses_no_limit() -> None:
    def reading(severity: int, look_number: int, wrong: int, took: float) -> Reading:
        case = Case(20, 3.5, "defocus", severity)
        return Reading(case, look_number == 1, None, look_number, wrong, took, 0.0)

    good = report.figures([reading(0, 1, 0, 3.0), reading(1, 2, 0, 4.0)])
    assert all(figure.holds for figure in good)
    bad = report.figures([reading(0, 1, 1, 9.0), reading(1, 0, 0, 9.0)])
    assert [figure.holds for figure in bad[:3]] == [False, False, False]
    assert "| defocus |" in report.tables([reading(0, 1, 0, 3.0)])
