"""How a desk's page is shown."""

from __future__ import annotations

from dataclasses import dataclass

from verifier.words import Language


@dataclass(frozen=True, slots=True)
class PageSettings:
    """`language` until somebody switches; `gate`: hands-free, camera always on."""

    language: Language = "id"
    gate: bool = False
