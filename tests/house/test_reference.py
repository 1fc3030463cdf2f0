"""The reference pages say what the code says."""

from __future__ import annotations

import runpy

from tests.house.tree import ROOT


def test_settings_and_problems_pages_are_current() -> None:
    """`make reference` writes them."""
    pages = runpy.run_path(str(ROOT / "scripts" / "write_reference.py"))["pages"]
    stale = [path.name for path, text in pages() if path.read_text(encoding="utf-8") != text]
    assert stale == []
