"""numpy, loaded when it is first used.

Loading it takes longer than everything else together; a program that only asks for its help text,
or only signs, should not wait for it. Modules import `np` from here, and numpy itself for types.
"""

from __future__ import annotations


class _AtFirstUse:
    """Stands for the numpy module; every name is looked up there once."""

    def __getattr__(self, name: str) -> object:
        import numpy as real  # noqa: ICN001, PLC0415  the point of this module

        value: object = getattr(real, name)
        setattr(self, name, value)
        return value


np = _AtFirstUse()
