"""What a member of a receipt may be: small questions that a table can be made of."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

SOURCES: Final = frozenset({"camera", "scanner", "image", "text"})
POSSESSIONS: Final = frozenset({"fresh", "challenge", "none"})
STATUSES: Final = frozenset({"good", "revoked", "suspended", "unknown"})
FORMS: Final = frozenset({"presentation", "print", "claim169", "none"})
_CODE: Final = re.compile(r"[A-Z][A-Z0-9_]{1,39}")
_COUNT_LIMIT: Final = 1 << 53


def count(value: object) -> bool:
    """Tell a whole number that every language can hold."""
    return type(value) is int and 0 <= value < _COUNT_LIMIT


def flag(value: object) -> bool:
    """Tell a truth value."""
    return type(value) is bool


def code(value: object) -> bool:
    """Tell a stable code."""
    return isinstance(value, str) and _CODE.fullmatch(value) is not None


def text(most: int) -> Callable[[object], bool]:
    """Tell a text of at most so many characters."""
    return lambda value: isinstance(value, str) and len(value) <= most


def octets(size: int) -> Callable[[object], bool]:
    """Tell exactly so many bytes."""
    return lambda value: type(value) is bytes and len(value) == size


def known(values: frozenset[str]) -> Callable[[object], bool]:
    """Tell one of a few words."""
    return lambda value: isinstance(value, str) and value in values
