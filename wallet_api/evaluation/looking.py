"""Every photo looked at once as it is and once with a drawn headscarf, on several processors."""

from __future__ import annotations

import multiprocessing
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from wallet_api.adapters.faces.engines import Engine, Face
from wallet_api.adapters.faces.intake import MAX_BYTES, Picture, PictureRefused, read_picture
from wallet_api.evaluation.engines import ENLARGE_TO, start_engine
from wallet_api.evaluation.headscarf import draw_headscarf
from wallet_api.evaluation.impostors import Side, Vectors
from wallet_api.evaluation.index import Index
from wallet_api.evaluation.progress import Progress
from wallet_api.evaluation.refusal import EvaluationRefused
from wallet_api.rules.face_policy import RESIDENT_GATE

_STOPPED_AFTER: Final = 120.0
"""Seconds without a single photo after which a worker process is taken for lost."""


@dataclass(frozen=True, slots=True)
class Seen:
    """One photo: its templates, or the code of what was wrong with it; milliseconds."""

    fault: str = ""
    plain: Vectors | None = None
    veiled: Vectors | None = None
    crowded: bool = False
    decode_ms: float = 0.0
    face_ms: float = 0.0


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

    def add(self, name: str, seen: Seen) -> None:
        """Count one photo."""
        self.plain.append(seen.plain)
        self.veiled.append(seen.veiled)
        if seen.fault:
            self.unreadable.append((name, seen.fault))
            return
        self.decode_ms.append(seen.decode_ms)
        self.face_ms.append(seen.face_ms)
        if seen.plain is None:
            self.no_face.append(name)
        elif seen.veiled is None:
            self.veil_lost.append(name)
        if seen.crowded:
            self.crowded.append(name)


def look_at_all(
    engine: str, index: Index, images: Path, *, seed: int, processes: int, progress: Progress
) -> Looked:
    """Look at every photo. Raises EvaluationRefused where not one could be read."""
    looked = Looked()
    names = [photo.file for photo in index.photos]
    with _looking(engine, images, seed, names, processes) as all_seen:
        for name in names:
            looked.add(name, next(all_seen))
            progress.step()
    if len(looked.unreadable) == len(names):
        raise EvaluationRefused(
            f"not one of {len(names)} photos could be read (first: {looked.unreadable[0][0]}"
            f", {looked.unreadable[0][1]}); is --images the folder that the index speaks of?"
        )
    if sum(vector is not None for vector in looked.plain) < 2:
        raise EvaluationRefused("no two photos with a face were found; nothing to compare")
    return looked


def side_of(vectors: list[Vectors | None], people: NDArray[np.int64]) -> Side:
    """Return one side of comparisons: every photo with a template. ``people[k]``: who is on k."""
    kept = [k for k, vector in enumerate(vectors) if vector is not None]
    stacked = [np.asarray(vector, np.float32) for vector in vectors if vector is not None]
    if not stacked:
        return Side(np.zeros((0, 1), np.float32), people[:0], people[:0])
    return Side(np.stack(stacked), people[kept], np.array(kept, np.int64))


@contextmanager
def _looking(
    engine: str, images: Path, seed: int, names: list[str], processes: int
) -> Iterator[Iterator[Seen]]:
    """Give what is seen on each photo, in order; one process looks by itself."""
    if processes == 1:
        yield map(partial(_look, start_engine(engine), images, seed, engine), names)
        return
    # Started anew, not forked: OpenCV's threads do not survive a fork.
    context = multiprocessing.get_context("spawn")
    with context.Pool(processes, _open_worker, (engine, images, seed)) as pool:
        answers = pool.imap(_look_in_worker, names)

        def patiently() -> Iterator[Seen]:
            for _ in names:
                try:
                    yield answers.next(timeout=_STOPPED_AFTER)
                except multiprocessing.TimeoutError:
                    raise EvaluationRefused(
                        f"a process stopped answering (memory?); try --processes {processes - 1}"
                    ) from None

        yield patiently()


_worker: list[partial[Seen]] = []


def _open_worker(engine: str, images: Path, seed: int) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent, which ends us
    _worker[:] = [partial(_look, start_engine(engine), images, seed, engine)]


def _look_in_worker(name: str) -> Seen:
    return _worker[0](name)


def _look(engine: Engine, images: Path, seed: int, kind: str, name: str) -> Seen:
    started = time.perf_counter()
    try:
        picture = _read(images / name)
    except PictureRefused as refusal:
        return Seen(fault=refusal.code)
    except OSError as error:
        missing = isinstance(error, FileNotFoundError)
        return Seen(fault="NOT_THERE" if missing else type(error).__name__)
    decoded = time.perf_counter()
    face = _find(engine, picture, kind)
    seen = Seen(
        decode_ms=(decoded - started) * 1000, face_ms=(time.perf_counter() - decoded) * 1000
    )
    if face is None:
        return seen
    scarf = draw_headscarf(picture.pixels, face.box, face.points, name=name, seed=seed)
    veiled = _find(engine, Picture(pixels=scarf, scale=picture.scale), kind)
    return replace(
        seen,
        plain=face.embedding,
        veiled=None if veiled is None else veiled.embedding,
        crowded=face.measures.second_face > RESIDENT_GATE.max_second_face,
    )


def _find(engine: Engine, picture: Picture, kind: str) -> Face | None:
    return engine.find_face(picture, enlarge_to=ENLARGE_TO[kind], central=True)


def _read(path: Path) -> Picture:
    with path.open("rb") as file:
        return read_picture(file.read(MAX_BYTES + 1))
