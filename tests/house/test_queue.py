"""The order in which files of tests are run names files that are there, and loses none."""

from __future__ import annotations

from tests import queue_order


def test_what_is_named_is_there() -> None:
    assert queue_order.stale() == []


def test_an_office_is_not_opened_in_two_processes() -> None:
    units = {
        queue_order.unit_of(f"tests/journey/{name}.py::test")
        for name in ("test_kills", "test_weak_line", "test_lost_phone")
    }
    assert units == {"tests/journey"}
    own = "tests/journey/test_face_sessions.py"
    assert queue_order.unit_of(f"{own}::test[a/b::c]") == own
