"""The repository as the house tests see it: its files, parsed once."""

from __future__ import annotations

import ast
import subprocess
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGES = ("credentials", "enrolment_kiosk", "verifier", "wallet_api")
PYTHON_FOLDERS = (*PACKAGES, "samples", "benchmarks", "tests", "deploy")
TEXT_ENDINGS = frozenset(
    {
        *(".cfg", ".conf", ".css", ".csv", ".html", ".in", ".ini", ".js", ".json", ".mako", ".md"),
        *(".mjs", ".py", ".service", ".sh", ".svg", ".timer", ".toml", ".txt", ".yaml", ".yml"),
    }
)


@cache
def files() -> tuple[Path, ...]:
    """Return every file that is in the repository or about to be, relative to the root."""
    listing = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        check=True,
        capture_output=True,
        cwd=ROOT,
        text=True,
    )
    names = sorted(set(listing.stdout.split("\0")) - {""})
    return tuple(Path(name) for name in names if (ROOT / name).is_file())


def python_files(*folders: str) -> list[Path]:
    """Return the Python files below `folders` (all folders of the product when none is named)."""
    wanted = folders or PYTHON_FOLDERS
    return [
        path
        for path in files()
        if path.suffix == ".py"
        and path.as_posix().startswith(tuple(f"{folder}/" for folder in wanted))
    ]


def text_files() -> list[Path]:
    """Return the files that a person reads, the ones without an ending among them."""
    return [path for path in files() if not path.suffix or path.suffix in TEXT_ENDINGS]


@cache
def text(path: Path) -> str:
    """Return the content of a file of `files()`."""
    return (ROOT / path).read_text(encoding="utf-8")


@cache
def tree(path: Path) -> ast.Module:
    """Return the parsed module."""
    return ast.parse(text(path), str(path))


def imported(path: Path) -> list[tuple[int, str]]:
    """Return (line, full module name) of each absolute import, wherever it stands in the file."""
    found = []
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            found += [(node.lineno, alias.name) for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.append((node.lineno, node.module))
    return found


def imported_names(path: Path) -> list[tuple[int, str]]:
    """Return (line, `module.name`) of each name that is imported from a module."""
    return [
        (node.lineno, f"{node.module}.{alias.name}")
        for node in ast.walk(tree(path))
        if isinstance(node, ast.ImportFrom) and node.module and not node.level
        for alias in node.names
    ]


def dotted(node: ast.expr) -> str:
    """Return `a.b.c` for an expression of that form, else the part of it that is known."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        return f"{dotted(node.value)}.{node.attr}"
    return ""


def uses(path: Path) -> list[tuple[int, str]]:
    """Return (line, dotted name) of every name and attribute that the module mentions."""
    return [
        (node.lineno, dotted(node))
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Attribute | ast.Name)
    ]
