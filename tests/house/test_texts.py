"""What no file of the product may say: places of one machine, unfinished work, who typed it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.house.tree import text, text_files

# A class of one letter in each pattern, so that this file does not find itself.
FORBIDDEN = {
    "unfinished work": r"\b(?:TOD[O]|FIXM[E]|XX[X])\b",
    "a folder beside the repository": r"\.\./share[d]\b",
    "a path of one machine": r"(?<![\w.~*-])/(?:wor[k]|roo[t]|hom[e]/[a-z]\w*)(?=/|$|[\s'\"`)])",
    "a package registry": r"\b(?:pyp[i]\.org|pythonhoste[d]|npmj[s]\.|deb\.debia[n]|pk[g]\.dev)",
    "how it was developed": r"(?i:\bclaud[e]\b|anthropi[c]|chatgp[t]|\bcopilo[t]\b|\bLL[M]s?\b)",
}
# Pictures and data in text form, where three letters may meet by chance.
DATA_ENDINGS = {".csv", ".json", ".svg", ".txt"}


@pytest.mark.parametrize("what", FORBIDDEN)
def test_no_file_names(what: str) -> None:
    pattern = re.compile(FORBIDDEN[what], re.MULTILINE)
    found = [
        f"{path}:{text(path).count(chr(10), 0, match.start()) + 1}: {match.group()}"
        for path in text_files()
        if not (what == "unfinished work" and path.suffix in DATA_ENDINGS)
        for match in pattern.finditer(text(path))
    ]
    assert found == []


@pytest.mark.parametrize(
    ("what", "example"),
    [
        ("unfinished work", "# TO~DO: later"),
        ("a folder beside the repository", "see ../sha~red/design"),
        ("a path of one machine", "cd /wo~rk/main"),
        ("a path of one machine", "HOME=/ro~ot\n"),
        ("a package registry", "https://py~pi.org/simple"),
        ("how it was developed", "asked Chat~GPT"),
    ],
)
def test_the_patterns_find_what_they_are_for(what: str, example: str) -> None:
    assert re.search(FORBIDDEN[what], example.replace("~", ""), re.MULTILINE)


def test_text_files_are_utf8_and_end_with_a_newline() -> None:
    endless = [
        str(path)
        for path in text_files()
        if path.suffix in {".py", ".md", ".toml", ".sh", ".in"}
        and text(path)
        and not text(path).endswith("\n")
    ]
    assert endless == []
    assert Path("pyproject.toml") in text_files()
