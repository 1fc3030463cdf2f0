"""A phone that comes into view in a trembling hand, filmed, before the desk's page."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from benchmarks.scan.codes import presentation
from benchmarks.scan.counter_page import start
from benchmarks.scan.film import shoot
from tests.verifier.desk.desk_pc import DeskPc

if TYPE_CHECKING:
    from playwright.sync_api import Page


def test_a_phone_held_up_for_half_a_second_gets_its_verdict(
    pc: DeskPc, film_page: Callable[..., Page]
) -> None:
    film, [one] = shoot([presentation(10)], held=16)
    page = film_page(pc, [film])
    start(page)
    page.wait_for_function("() => seen.verdicts.length > 0")
    seen = page.evaluate("seen")
    _, code, painted, took = seen["verdicts"][0]
    assert (code, pc.told[0].source) == ("VALID", "camera")
    assert 0 < took < painted
    numbers = {number for number, _ in seen["frames"]}
    assert max(numbers) >= one.whole_at
    assert min(numbers) < one.whole_at
    assert max(numbers) < film.count(b"\xff\xd8\xff")
