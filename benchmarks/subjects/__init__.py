"""One module a subject, each with `measure() -> list[Figure]`."""

from __future__ import annotations
