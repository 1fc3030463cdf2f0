"""Captures for the demo and the tests, made from the photographs beside this file.

The research photographs (``cmu/``) are 128x120 pixels and are enlarged five times, so that the
resident's gate judges them as it judges a phone's. Each person has two straight photographs with
open eyes: one serves as the registry's photo, the other as the capture. What a phone would take
as a burst is made from that one photograph by the small shifts, turns and changes of light of a
hand-held camera. That makes the frames of a burst more alike than real ones: these captures show
that the path works, not how accurate the matcher is (docs/face.md has measurements).
"""

from __future__ import annotations

import io
import random
from pathlib import Path
from typing import Final

from PIL import Image, ImageEnhance

FOLDER: Final = Path(__file__).parent
ENLARGE: Final = 5
FRAMES: Final = 4
PEOPLE: Final = (
    "an2i",
    "boland",
    "bpm",
    "ch4f",
    "cheyer",
    "danieln",
    "kk49",
    "mitchell",
    "phoebe",
    "saavik",
    "sz24",
)
"""The people of ``cmu/``. Women: ch4f, phoebe, saavik."""


def registry_photo(person: str) -> bytes:
    """Return the JPEG that serves as the registry's photo of ``person``: cropped to the head."""
    picture = _photograph(person, "straight_neutral_open")
    width, height = picture.size
    head = picture.crop((int(width * 0.16), int(height * 0.10), int(width * 0.84), height))
    return _jpeg(head)


def selfie(person: str) -> bytes:
    """Return one frontal frame of ``person``, as JPEG."""
    return _jpeg(_photograph(person, "straight_angry_open"))


def capture(person: str, *, frames: int = FRAMES, take: int = 0) -> tuple[bytes, ...]:
    """Return ``frames`` frontal frames of ``person``; another ``take`` differs in every byte."""
    return burst(_photograph(person, "straight_angry_open"), frames=frames, seed=f"{person}{take}")


def turned(person: str, side: str) -> bytes:
    """Return a frame of ``person`` turned to ``side``: their own "left" or "right"."""
    return _jpeg(_photograph(person, f"{side}_neutral_open"))


def with_sunglasses(person: str, *, frames: int = FRAMES) -> tuple[bytes, ...]:
    """Return a capture that the gate refuses: the eyes cannot be seen."""
    photo = _photograph(person, "straight_angry_sunglasses")
    return burst(photo, frames=frames, seed=person)


def free_photo(name: str) -> bytes:
    """Return the bytes of a file of ``free/``, as published."""
    return (FOLDER / "free" / name).read_bytes()


def free_capture(name: str, *, frames: int = FRAMES) -> tuple[bytes, ...]:
    """Return a burst made from a photograph of ``free/``."""
    with Image.open(FOLDER / "free" / name) as image:
        return burst(image.convert("RGB"), frames=frames, seed=name)


def burst(image: Image.Image, *, frames: int, seed: str) -> tuple[bytes, ...]:
    """Return ``frames`` JPEGs of ``image`` as a slightly moving camera would take them."""
    chance = random.Random(seed)
    return tuple(_jpeg(_moved(image, chance)) for _ in range(frames))


def _moved(image: Image.Image, chance: random.Random) -> Image.Image:
    width, height = image.size
    turn = chance.uniform(-3, 3)
    shift = (chance.uniform(-0.02, 0.02) * width, chance.uniform(-0.02, 0.02) * height)
    moved = image.rotate(
        turn,
        resample=Image.Resampling.BICUBIC,
        translate=(round(shift[0]), round(shift[1])),
        fillcolor=image.getpixel((1, 1)),
    )
    lit = ImageEnhance.Brightness(moved).enhance(chance.uniform(0.88, 1.04))
    return ImageEnhance.Contrast(lit).enhance(chance.uniform(0.93, 1.07))


def _photograph(person: str, kind: str) -> Image.Image:
    if person not in PEOPLE:
        raise KeyError(person)
    with Image.open(FOLDER / "cmu" / f"{person}_{kind}.png") as image:
        size = (image.width * ENLARGE, image.height * ENLARGE)
        return image.convert("RGB").resize(size, Image.Resampling.BICUBIC)


def _jpeg(image: Image.Image) -> bytes:
    out = io.BytesIO()
    image.save(out, "JPEG", quality=90)
    return out.getvalue()
