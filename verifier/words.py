"""The texts people read, in Indonesian and English, from `texts.json`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from functools import cache
from importlib import resources
from typing import Any, Literal

Language = Literal["id", "en"]


class Words:
    """All texts in one language; a missing one is a defect, so it raises KeyError."""

    def __init__(self, language: Language) -> None:
        """Choose the language."""
        self.language = language

    def word(self, code: str) -> str:
        """Return a verdict's headline."""
        text: str = _texts()["verdicts"][code]["word"][self.language]
        return text

    def next_step(self, code: str) -> str:
        """Return what to do after a verdict."""
        text: str = _texts()["verdicts"][code]["next"][self.language]
        return text

    def error(self, code: str) -> str:
        """Return the text of an error around a check."""
        text: str = _texts()["errors"][code][self.language]
        return text

    def label(self, name: str, **values: object) -> str:
        """Return a label, with its places filled."""
        text: str = _texts()["labels"][name][self.language]
        return text.format(**values)

    def age(self, age: timedelta) -> str:
        """Return a rough age: minutes to 2 hours, hours to 2 days, then days."""
        seconds = max(0, int(age.total_seconds()))
        for unit, size, until in (("minutes", 60, 7200), ("hours", 3600, 172800)):
            if seconds < until:
                return self.label(unit, n=seconds // size)
        return self.label("days", n=seconds // 86400)

    def day(self, day: date) -> str:
        """Return a date with its month in words: 10-01 and 01-10 are two dates to two people."""
        return f"{day.day} {self.label('months').split()[day.month - 1]} {day.year}"

    def of(self, texts: Mapping[str, str]) -> str:
        """Choose from a catalogue's or a policy's own {id, en}."""
        return texts[self.language]


def moment(when: datetime) -> str:
    """Return a time to the minute, in UTC, the same in both languages."""
    return when.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")


def known_codes() -> tuple[frozenset[str], frozenset[str]]:
    """Return the codes that have texts: (verdicts, errors)."""
    return frozenset(_texts()["verdicts"]), frozenset(_texts()["errors"])


@cache
def _texts() -> dict[str, Any]:
    file = resources.files("verifier") / "texts.json"
    texts: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return texts
