"""The documents are true in what a machine can check: links, commands, names of tests and rows."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.house.tree import ROOT, files, python_files, text

LINK = re.compile(r"(?<=\]\()[^)\s]+(?=\))|(?<= src=\")[^\"]+(?=\")")
CITATION = re.compile(r"`(tests/[\w/.-]+\.py)(?:::(test_\w+))?`")
PLACE = re.compile(
    r"`((?:benchmarks|credentials|deploy|docs|enrolment_kiosk|samples|scripts|tests|verifier"
    r"|wallet_api)/[\w/.{},-]*)(?:::\w+)?`"
)
COMMAND = re.compile(
    r"python -m ((?:benchmarks|enrolment_kiosk|samples|verifier|wallet_api)[^\n`]*)"
)
REGISTER_ROW = re.compile(r"^(?:### |\| )([TCG]\d{1,2})\b", re.MULTILINE)
NAMED_ROW = re.compile(r"\b(?:T\d\d|[CG]\d{1,2})\b")
REQUIREMENT = re.compile(r"^(?:### |\| )((?:IKD|CLV|CRT|PSP|DSL)-\d\d)\b", re.MULTILINE)
REQUIREMENTS = {"IKD": 25, "CLV": 30, "CRT": 26, "PSP": 27, "DSL": 27}
REGISTERS = {"T": 35, "C": 28, "G": 40}
# Words that sell, words of another house, and traces of how the text came about.
UNWANTED = re.compile(
    r"(?i)\b(?:seamless\w*|blazing\w*|cutting-edge|world-class|revolutionary|state-of-the-art"
    r"|effortless\w*|enrollments?|sub-?agents?|ai-generated|issue #?\d+)\b"
)


def _documents() -> list[Path]:
    return [path for path in files() if path.suffix == ".md"]


def _anchors(path: Path) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", text(path), re.MULTILINE)
    plain = [re.sub(r"[`*_]|\]\([^)]*\)|\[", "", heading).strip().lower() for heading in headings]
    return {re.sub(r"[^\w\- ]", "", heading).replace(" ", "-") for heading in plain}


def test_the_documents_are_there() -> None:
    names = {path.as_posix() for path in _documents()}
    assert names >= {"README.md", "docs/README.md", "docs/architecture.md", "docs/journey.md"}


def test_every_link_leads_somewhere() -> None:
    broken = []
    for path in _documents():
        for link in LINK.findall(text(path)):
            if "://" in link or link.startswith("mailto:"):
                continue
            name, _, anchor = link.partition("#")
            target = Path(os.path.normpath(path.parent / name)) if name else path
            if not (ROOT / target).exists():
                broken.append(f"{path}: {link}")
            elif anchor and target.suffix == ".md" and anchor not in _anchors(target):
                broken.append(f"{path}: {link} (no such heading)")
    assert broken == []


def test_every_document_is_listed() -> None:
    listed = {
        Path(os.path.normpath(Path("docs") / link.partition("#")[0]))
        for link in LINK.findall(text(Path("docs/README.md")))
    }
    assert [
        str(path)
        for path in _documents()
        if path.parent == Path("docs") and path.name != "README.md" and path not in listed
    ] == []


def test_every_decision_is_listed_once() -> None:
    written = {path.name for path in files() if path.match("docs/adr/[0-9]*.md")}
    listed = re.findall(r"^\| \[\d{4}\]\((\S+)\)", text(Path("docs/adr/README.md")), re.MULTILINE)
    assert sorted(listed) == sorted(written)
    numbers = [name[:4] for name in written]
    assert sorted(set(numbers)) == sorted(numbers)


def test_every_test_that_a_document_names_exists() -> None:
    missing = [
        f"{path}: {file}::{test}"
        for path in _documents()
        for file, test in CITATION.findall(text(path))
        if Path(file) not in files()
        or (test and not re.search(rf"^def {test}\(", text(Path(file)), re.MULTILINE))
    ]
    assert missing == []


def test_every_place_that_a_document_names_exists() -> None:
    missing = [
        f"{path}: {place}"
        for path in _documents()
        for place in PLACE.findall(text(path))
        if "{" not in place and not (ROOT / place).exists()
    ]
    assert missing == []


@pytest.mark.parametrize("register", REGISTERS)
def test_the_threat_model_has_every_row_once(register: str) -> None:
    rows = REGISTER_ROW.findall(text(Path("docs/threat-model.md")))
    wanted = [f"{register}{number:02d}" if register == "T" else f"{register}{number}"
              for number in range(1, REGISTERS[register] + 1)]  # fmt: skip
    assert [row for row in rows if row[0] == register] == wanted


def test_every_threat_that_code_or_tests_name_is_in_the_threat_model() -> None:
    rows = set(REGISTER_ROW.findall(text(Path("docs/threat-model.md"))))
    unknown = [
        f"{path}: {name}"
        for path in python_files()
        for name in NAMED_ROW.findall(_prose(path))
        if name not in rows
    ]
    assert unknown == []


def _prose(path: Path) -> str:
    """Return comments and docstrings: elsewhere `C1` may be anything."""
    content = text(path)
    comments = re.findall(r"(?<!['\"])#(?!['\"]).*$", content, re.MULTILINE)
    return "\n".join([*re.findall(r'"""(.*?)"""', content, re.DOTALL), *comments])


@pytest.mark.parametrize("family", REQUIREMENTS)
def test_every_requirement_is_walked_once(family: str) -> None:
    rows = REQUIREMENT.findall(text(Path("docs/requirements.md")))
    wanted = [f"{family}-{number:02d}" for number in range(1, REQUIREMENTS[family] + 1)]
    assert [row for row in rows if row.startswith(family)] == wanted


def test_every_requirement_and_threat_names_its_test_or_says_not_yet() -> None:
    parts = []
    for name in ("requirements.md", "threat-model.md"):
        content = text(Path("docs") / name)
        parts += re.split(r"^(?=### )", content, flags=re.MULTILINE)[1:]
        parts += [row for row in content.splitlines() if re.match(r"\| [CG]\d", row)]
    assert [
        part.splitlines()[0][:60]
        for part in parts
        if not CITATION.search(part) and not re.search(r"(?i)\bnot yet\b", part)
    ] == []


def _commands() -> set[tuple[str, ...]]:
    """Return every `python -m …` that the documents name, as its words."""
    found = set()
    for path in _documents():
        for line in COMMAND.findall(text(path).replace("\\\n", " ")):
            words = re.split(r"\s+", re.split(r"[|;&>#…]|→| {3}", line)[0].strip())
            found.add(tuple(word.rstrip(".,:)") for word in words))
    return found


def _split(words: tuple[str, ...]) -> tuple[str, tuple[str, ...], frozenset[str]]:
    """Return module, sub-commands and options of a command line."""
    if words[:2] == ("samples.run", "--admin"):  # hands on what follows
        words = ("wallet_api", "admin", *words[2:])
    leading = []
    for word in words[1:]:
        if not re.fullmatch(r"[a-z][a-z-]*", word):
            break
        leading.append(word)
    return words[0], tuple(leading), frozenset(w.partition("=")[0] for w in words if w[:2] == "--")


SAY_ALL = """
import contextlib, io, json, runpy, sys
said = []
for module, *words in json.load(sys.stdin):
    sys.argv = [module, *words, "--help"]
    code, out = 0, io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(out):
        try:
            runpy.run_module(module, run_name="__main__", alter_sys=True)
        except SystemExit as ended:
            code = ended.code or 0
    said.append([code, out.getvalue()])
print(json.dumps(said))
"""


def _helps(commands: list[list[str]]) -> list[tuple[int, str]]:
    """Return exit code and text of each command's help; one process imports for all of them."""
    done = subprocess.run(
        [sys.executable, "-W", "ignore::RuntimeWarning", "-c", SAY_ALL],
        check=True,
        capture_output=True,
        cwd=ROOT,
        env={**os.environ, "COLUMNS": "200"},
        input=json.dumps(commands),
        text=True,
        timeout=120,
    )
    return [(code, shown) for code, shown in json.loads(done.stdout)]


def test_every_command_that_a_document_names_exists_with_its_options() -> None:
    wanted: dict[tuple[str, tuple[str, ...]], set[str]] = {}
    for words in _commands():
        module, leading, named = _split(words)
        wanted.setdefault((module, leading), set()).update(named)
    assert len(wanted) > 5
    helps = _helps([[module, *leading] for module, leading in wanted])
    wrong = []
    for ((module, leading), options), (code, shown) in zip(wanted.items(), helps, strict=True):
        unknown = [option for option in sorted(options) if option not in shown]
        if code or unknown:
            wrong.append(f"{module} {' '.join(leading)}: exit {code}, unknown {unknown}")
    assert wrong == []


def test_no_document_sells_or_tells_how_it_was_made() -> None:
    found = [
        f"{path}: {match.group()}"
        for path in _documents()
        if path != Path("docs/glossary.md")  # names the words that the house does not use
        for match in UNWANTED.finditer(text(path))
    ]
    assert found == []


def test_every_picture_of_the_documents_is_shown_somewhere() -> None:
    shown = {
        Path(os.path.normpath(path.parent / link))
        for path in _documents()
        for link in LINK.findall(text(path))
    }
    pictures = {path for path in files() if path.parent == Path("docs/images")}
    assert pictures <= shown
