"""The reference pages say what the code says."""

from __future__ import annotations

import runpy

from tests.house.tree import ROOT


def test_the_pages_are_current() -> None:
    """`make reference` writes them."""
    pages = runpy.run_path(str(ROOT / "scripts" / "write_reference.py"))["pages"]
    stale = [path.name for path, text in pages() if path.read_text(encoding="utf-8") != text]
    assert stale == []


def test_every_conformance_module_has_a_test_that_says_what_it_checks() -> None:
    """And no test stands for a module that is in no list."""
    script = runpy.run_path(str(ROOT / "scripts" / "write_reference.py"))
    folder = ROOT / "tests" / "conformance"
    plans = runpy.run_path(str(folder / "modules.py"))["PLANS"]
    rows = [row for path in folder.glob("test_*.py") for row in script["module_tests"](path)]
    assert {name for name, _, _ in rows} == {name for plan in plans.values() for name in plan}
    assert [test for _, said, test in rows if not said.endswith(".")] == []
