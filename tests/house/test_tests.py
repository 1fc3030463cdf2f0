"""The tests themselves: all of them run, and nearly all against the real thing."""

from __future__ import annotations

import ast

from tests.house.tree import dotted, python_files, tree, uses

SKIPS = ("pytest.skip", "pytest.xfail", "pytest.importorskip", "unittest.skip")
MARKS = ("mark.skip", "mark.skipif", "mark.xfail")
# Pretended parts; environment and working folder are inputs, not parts.
PRETENDS = ("monkeypatch.setattr", "monkeypatch.setitem", "mock.patch", "mocker.patch", "MagicMock")


def _tests() -> list[ast.FunctionDef]:
    return [
        node
        for path in python_files("tests")
        for node in ast.walk(tree(path))
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    ]


def test_no_test_is_skipped() -> None:
    skipped = [
        f"{path}:{line}"
        for path in python_files("tests")
        for line, name in uses(path)
        if name in SKIPS or name.endswith(MARKS)
    ]
    assert skipped == []


def test_at_most_one_test_in_ten_pretends_a_part() -> None:
    pretending = [
        test.name
        for test in _tests()
        if any(
            dotted(node).endswith(PRETENDS)
            for node in ast.walk(test)
            if isinstance(node, ast.Attribute | ast.Name)
        )
    ]
    assert len(pretending) * 10 <= len(_tests()), pretending


def test_every_test_can_fail() -> None:
    """A test holds an assertion, an expected error, or calls something that asserts."""

    def can_fail(test: ast.FunctionDef) -> bool:
        return any(
            isinstance(node, ast.Assert | ast.Raise)
            or (isinstance(node, ast.Call) and dotted(node.func) != "print")
            for node in ast.walk(test)
        )

    assert [test.name for test in _tests() if not can_fail(test)] == []


def test_no_assertion_is_always_true() -> None:
    hollow = [
        f"{path}:{node.lineno}"
        for path in python_files("tests")
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Assert)
        and (
            (isinstance(node.test, ast.Constant) and node.test.value)
            or (isinstance(node.test, ast.Tuple) and node.test.elts)
        )
    ]
    assert hollow == []
