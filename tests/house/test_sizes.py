"""Small files, small functions, telling names."""

from __future__ import annotations

import ast
from pathlib import Path

from tests.house.tree import ROOT, python_files, text, tree

FILE_LINES = 320
FUNCTION_LINES = 50
# A name that says nothing collects everything.
EMPTY_NAMES = {"base", "common", "core", "helper", "helpers", "manager", "misc", "util", "utils"}
# A migration is the list of its tables: splitting it would tear apart what changes together.
MIGRATIONS = "wallet_api/migrations/versions/"


def test_no_file_is_longer_than_a_reader_keeps_in_mind() -> None:
    too_long = {
        str(path): lines
        for path in python_files()
        if (lines := text(path).count("\n")) > FILE_LINES
        and not path.as_posix().startswith(MIGRATIONS)
    }
    assert too_long == {}


def test_no_function_is_longer_than_a_screen() -> None:
    too_long = {
        f"{path}:{node.lineno} {node.name}": lines
        for path in python_files()
        if not path.as_posix().startswith(MIGRATIONS)
        for node in ast.walk(tree(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (lines := (node.end_lineno or 0) - node.lineno + 1) > FUNCTION_LINES
    }
    assert too_long == {}


def test_no_module_or_folder_has_a_name_that_says_nothing() -> None:
    telling_nothing = [
        str(path)
        for path in python_files()
        if EMPTY_NAMES & {word for part in path.with_suffix("").parts for word in part.split("_")}
    ]
    assert telling_nothing == []


def test_the_measured_tree_is_the_whole_product() -> None:
    """A broken listing would make the tests above pass on nothing."""
    assert Path("tests/house/test_sizes.py") in python_files()
    assert {path.parts[0] for path in python_files()} >= {"credentials", "wallet_api", "verifier"}
    assert (ROOT / "Makefile").is_file()
