"""Every word that the kiosk says itself, in Indonesian and English.

Refusals by the API arrive in the operator's language already; these are the page's own words.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

_FILE = Path(__file__).with_name("texts.json")
_ERROR = "error_"


@cache
def _texts() -> dict[str, dict[str, str]]:
    texts: dict[str, dict[str, str]] = json.loads(_FILE.read_text(encoding="utf-8"))
    return texts


def language_texts(language: str) -> dict[str, str]:
    """Return every text by its key, in "id" or "en"."""
    return {key: text[language] for key, text in _texts().items()}


def both_languages(prefix: str) -> dict[str, dict[str, str]]:
    """Return the texts whose key starts with `prefix` as {key without it: {"id": …, "en": …}}."""
    return {
        key.removeprefix(prefix): text for key, text in _texts().items() if key.startswith(prefix)
    }


def error_text(code: str, language: str) -> str:
    """Return what to tell a person about one of our codes; a general text for one without."""
    text = _texts().get(_ERROR + code) or _texts()[_ERROR + "OTHER"]
    return text[language]
