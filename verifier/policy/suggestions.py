"""Did you mean: the known word that is nearest to a misspelt one."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches

_LONGEST = 60  # of what is compared: its time grows with the square


def close_to(word: object, known: Sequence[str]) -> str | None:
    """Return the known word that was probably meant, None when none is near."""
    near = get_close_matches(str(word)[:_LONGEST].lower(), known, n=1, cutoff=0.65)
    return near[0] if near else None
