"""Photographs of real turns of the head: the index of a challenge evaluation."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from wallet_api.evaluation.refusal import EvaluationRefused
from wallet_api.evaluation.table import read_table

_POSES = {"straight", "left", "right", "up"}
_LEAST_STRAIGHT = 2


@dataclass(frozen=True, slots=True)
class Sitter:
    """A person with photos, by pose; left and right are their own, as ``ports.faces.Turn``."""

    name: str
    straight: tuple[str, ...]
    left: tuple[str, ...]
    right: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Sitters:
    """Who can perform a challenge, and who is left out for want of photos."""

    able: tuple[Sitter, ...]
    left_out: tuple[str, ...]


def read_poses(path: Path, *, leave_out: tuple[str, ...] = ()) -> Sitters:
    """Read columns file, person, pose and, where they are there, expression and eyes.

    ``leave_out`` names photos to pass over (wrong labels). Only photos with open eyes count
    (sunglasses are refused anyway). Raises EvaluationRefused.
    """
    photos: dict[str, dict[str, list[str]]] = {}
    faults = []
    rows = read_table(path, required=("file", "person", "pose"), optional=("expression", "eyes"))
    for row in rows:
        pose = row.values["pose"].lower()
        if pose not in _POSES:
            faults.append(f"line {row.line}: pose {pose} is none of {', '.join(sorted(_POSES))}")
        own = photos.setdefault(row.values["person"], {})
        file = str(PurePosixPath(row.values["file"].replace("\\", "/")))
        if row.values["eyes"].lower() in {"", "open"} and file not in leave_out:
            own.setdefault(pose, []).append(file)
    unknown = set(leave_out) - {row.values["file"] for row in rows}
    faults += [f"--leave-out {file}: not in the index" for file in sorted(unknown)]
    if faults:
        raise EvaluationRefused("\n".join(f"{path.name}: {fault}" for fault in faults[:20]))
    able, left_out = [], []
    for name in sorted(photos):
        straight, left, right = (
            tuple(sorted(photos[name].get(pose, ()))) for pose in ("straight", "left", "right")
        )
        if len(straight) >= _LEAST_STRAIGHT and left and right:
            able.append(Sitter(name, straight, left, right))
        else:
            left_out.append(name)
    if len(able) < 2:
        raise EvaluationRefused(
            f"{path.name}: {len(able)} people with two straight photos, one left and one right, "
            "eyes open; at least 2 are needed"
        )
    return Sitters(tuple(able), tuple(left_out))
