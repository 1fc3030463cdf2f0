"""Every photo looked at once as it is and once with a drawn headscarf."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from wallet_api.adapters.faces.engines import Face
from wallet_api.adapters.faces.intake import MAX_BYTES, Picture, PictureRefused, read_picture
from wallet_api.evaluation.engines import EngineUnderTest
from wallet_api.evaluation.headscarf import draw_headscarf
from wallet_api.evaluation.impostors import Side, Vectors
from wallet_api.evaluation.index import Index
from wallet_api.evaluation.progress import Progress
from wallet_api.evaluation.refusal import EvaluationRefused
from wallet_api.rules.face_policy import RESEARCH_GATE


@dataclass(slots=True)
class Looked:
    """What was seen. ``plain[k]``/``veiled[k]`` is the template of photo k, None where no face.

    ``crowded``: photos that show a second face of more than a quarter of the first's area. The
    product asks for another photo then; here the face nearest the middle is taken.
    """

    plain: list[Vectors | None] = field(default_factory=list)
    veiled: list[Vectors | None] = field(default_factory=list)
    crowded: list[str] = field(default_factory=list)
    unreadable: list[tuple[str, str]] = field(default_factory=list)
    no_face: list[str] = field(default_factory=list)
    veil_lost: list[str] = field(default_factory=list)
    decode_ms: list[float] = field(default_factory=list)
    face_ms: list[float] = field(default_factory=list)


def look_at_all(
    engine: EngineUnderTest, index: Index, images: Path, *, seed: int, progress: Progress
) -> Looked:
    """Look at every photo. Raises EvaluationRefused where not one could be read."""
    looked = Looked()
    for photo in index.photos:
        _look(engine, images, photo.file, seed, looked)
        progress.step()
    if len(looked.unreadable) == len(index.photos):
        raise EvaluationRefused(
            f"not one of {len(index.photos)} photos could be read (first: {looked.unreadable[0][0]}"
            f", {looked.unreadable[0][1]}); is --images the folder that the index speaks of?"
        )
    if sum(vector is not None for vector in looked.plain) < 2:
        raise EvaluationRefused("no two photos with a face were found; nothing to compare")
    return looked


def side_of(vectors: list[Vectors | None], people: NDArray[np.int64]) -> Side:
    """Return one side of comparisons: every photo with a template. ``people[k]``: who is on k."""
    kept = [k for k, vector in enumerate(vectors) if vector is not None]
    stacked = [np.asarray(vector, np.float32) for vector in vectors if vector is not None]
    return Side(np.stack(stacked), people[kept], np.array(kept, np.int64))


def _look(engine: EngineUnderTest, images: Path, name: str, seed: int, looked: Looked) -> None:
    started = time.perf_counter()
    picture = _read(images / name, name, looked)
    decoded = time.perf_counter()
    face = None if picture is None else _find(engine, picture)
    if picture is not None:
        looked.decode_ms.append((decoded - started) * 1000)
        looked.face_ms.append((time.perf_counter() - decoded) * 1000)
    if picture is None or face is None:
        if picture is not None:
            looked.no_face.append(name)
        looked.plain.append(None)
        looked.veiled.append(None)
        return
    scarf = draw_headscarf(picture.pixels, face.box, face.points, name=name, seed=seed)
    veiled = _find(engine, Picture(pixels=scarf, scale=picture.scale))
    if veiled is None:
        looked.veil_lost.append(name)
    looked.plain.append(face.embedding)
    looked.veiled.append(None if veiled is None else veiled.embedding)
    if face.measures.second_face > RESEARCH_GATE.max_second_face:
        looked.crowded.append(name)


def _find(engine: EngineUnderTest, picture: Picture) -> Face | None:
    return engine.engine.find_face(picture, enlarge_to=RESEARCH_GATE.enlarge_to, central=True)


def _read(path: Path, name: str, looked: Looked) -> Picture | None:
    try:
        with path.open("rb") as file:
            return read_picture(file.read(MAX_BYTES + 1))
    except OSError as error:
        looked.unreadable.append((name, "NOT_THERE" if not path.exists() else type(error).__name__))
    except PictureRefused as refusal:
        looked.unreadable.append((name, refusal.code))
    return None
