"""Claims path pointers (OpenID4VP 1.0, section 7): which claims somebody asks for.

str    the member of that name          int   the element at that place
None   every element of the array
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from credentials.errors import FormatError

Path = tuple[str | int | None, ...]
MAX_STEPS = 16


def parse_path(value: object) -> Path:
    """Read a pointer from JSON; FormatError("PATH_FORMAT")."""
    if not isinstance(value, list | tuple) or not 0 < len(value) <= MAX_STEPS:
        raise FormatError("PATH_FORMAT")
    for step in value:
        if not (isinstance(step, str) or step is None or (type(step) is int and step >= 0)):
            raise FormatError("PATH_FORMAT")
    return tuple(value)


def find_values(claims: object, path: Path) -> list[object]:
    """Return every value the pointer selects, possibly none.

    A step that does not fit what it meets selects nothing (section 7.1: processing is aborted).
    """
    selected: list[object] = [claims]
    for step in path:
        selected = [found for value in selected for found in _step(value, step)]
    return selected


def touches(path: Path, place: tuple[str | int, ...]) -> bool:
    """Tell whether a pointer asks for what stands at `place`, above it or below it."""
    return all(
        step == at or (step is None and isinstance(at, int))
        for step, at in zip(path, place, strict=False)
    )


def _step(value: object, step: str | int | None) -> Sequence[object]:
    if isinstance(step, str):
        return [value[step]] if isinstance(value, Mapping) and step in value else []
    if not isinstance(value, list):
        return []
    if step is None:
        return value
    return [value[step]] if step < len(value) else []
