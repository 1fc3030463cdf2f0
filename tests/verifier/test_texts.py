"""Every code has its words in both languages."""

from __future__ import annotations

import json
import re
from pathlib import Path

from verifier.codes import Code
from verifier.words import known_codes

PACKAGE = Path(__file__).parents[2] / "verifier"
TEXTS = json.loads((PACKAGE / "texts.json").read_text(encoding="utf-8"))


def test_every_verdict_has_words_in_both_languages() -> None:
    assert known_codes()[0] == {str(code) for code in Code}
    for verdict in TEXTS["verdicts"].values():
        for part in ("word", "next"):
            assert all(verdict[part][language].strip() for language in ("id", "en"))


def test_every_error_the_package_raises_has_words() -> None:
    raised = set()
    for file in PACKAGE.rglob("*.py"):
        source = file.read_text(encoding="utf-8")
        raised |= set(re.findall(r'(?:\w+Error|UsageError)\(\s*"([A-Z_]+)"', source))
    for name in ("exchange", "results"):  # their refusals also end a command
        source = (PACKAGE / "openid4vp" / f"{name}.py").read_text(encoding="utf-8")
        raised |= set(re.findall(r'Rejected\("([A-Z_]+)"', source))
    assert raised <= known_codes()[1]


def test_every_label_has_both_languages_with_the_same_places() -> None:
    for name, label in TEXTS["labels"].items():
        places = [set(re.findall(r"{(\w+)}", label[language])) for language in ("id", "en")]
        assert places[0] == places[1], name


def test_the_guide_lists_every_verdict() -> None:
    guide = (PACKAGE.parent / "docs" / "verifier.md").read_text(encoding="utf-8")
    assert {str(code) for code in Code if f"`{code}`" not in guide} == set()
