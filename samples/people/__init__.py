"""The sample population: people that every test set needs, none of whom exists."""

from __future__ import annotations

from samples.people.photos import camera_frames
from samples.people.registry import (
    build_registry,
    change_document,
    change_person,
    change_status,
    load_residents,
)

__all__ = [
    "build_registry",
    "camera_frames",
    "change_document",
    "change_person",
    "change_status",
    "load_residents",
]
