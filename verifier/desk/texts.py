"""The words of the desk's own page, in Indonesian and English, from `texts.json` beside this."""

from __future__ import annotations

import json
from functools import cache
from importlib import resources

from verifier.words import Language


def page_texts(language: Language) -> dict[str, str]:
    """Return every text of the page by its key."""
    return {key: text[language] for key, text in _texts().items()}


def page_text(key: str, language: Language, **values: object) -> str:
    """Return one text with its places filled; KeyError for an unknown key."""
    return _texts()[key][language].format(**values)


@cache
def _texts() -> dict[str, dict[str, str]]:
    file = resources.files("verifier.desk") / "texts.json"
    texts: dict[str, dict[str, str]] = json.loads(file.read_text(encoding="utf-8"))
    return texts
