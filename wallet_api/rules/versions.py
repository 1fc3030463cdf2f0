"""Comparing dotted versions of apps and systems: "8" ≤ "8.0" < "8.1.2" < "10"."""

from __future__ import annotations

import re
from itertools import zip_longest
from typing import Final

_FORM: Final = re.compile(r"[0-9]{1,6}(\.[0-9]{1,6}){0,4}", re.ASCII)


def at_least(version: str, minimum: str) -> bool:
    """Say whether ``version`` reaches ``minimum``; a version that is none reaches nothing."""
    if not _FORM.fullmatch(version):
        return False
    pairs = zip_longest(_numbers(version), _numbers(minimum), fillvalue=0)
    return next((ours > theirs for ours, theirs in pairs if ours != theirs), True)


def _numbers(version: str) -> list[int]:
    return [int(part) for part in version.split(".")]
