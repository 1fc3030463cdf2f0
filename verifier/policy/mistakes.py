"""What is wrong or odd in a policy file, told where it stands and what is expected there."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from typing import Any, Literal

from verifier.words import Language

Values = Mapping[str, object]
Weight = Literal["error", "warning", "hint"]


@dataclass(frozen=True, slots=True)
class Mistake:
    """One remark on a policy: an error keeps it from being used, or from ever accepting anything.

    `place` is a member's path such as `accept[0].type`, "" for the whole file.

    `kind` names what is expected in the words of `texts.json`, `suggestion` the word that was
    probably meant. `line` and `column` count from 1 and are known for what the file's text says.
    """

    code: str
    place: str
    values: Values = field(default_factory=dict)
    kind: str | None = None
    suggestion: str | None = None
    line: int | None = None
    column: int | None = None
    weight: Weight = "error"

    def text(self, language: Language) -> str:
        """Return what is wrong and what is expected, in one sentence."""
        texts = _texts()
        values = dict(self.values)
        if self.kind is not None:
            values["kind"] = texts["kinds"][self.kind][language]
        text: str = texts["mistakes"][self.code][language].format(**values)
        if self.suggestion is not None:
            text += " " + texts["labels"]["meant"][language].format(word=self.suggestion)
        return text

    def where(self, language: Language) -> str:
        """Return the place in words: the member's path, or line and column where there is none."""
        texts = _texts()["labels"]
        if self.place or self.line is None:
            return self.place or str(texts["file"][language])
        position: str = texts["position"][language]
        return position.format(line=self.line, column=self.column)


def label(name: str, language: Language, **values: object) -> str:
    """Return one of the texts around the mistakes."""
    text: str = _texts()["labels"][name][language]
    return text.format(**values)


@cache
def _texts() -> dict[str, Any]:
    file = resources.files("verifier.policy") / "texts.json"
    texts: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return texts
