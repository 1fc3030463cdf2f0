"""What the camera of a sample resident's phone sees: from the front, and turned to either side.

The resident's own left and right: who turns to their own left is seen turned towards the right
edge of the picture. The research photographs' names say it the same way (`…_left_…` was measured
with a positive yaw), but for one that is named wrongly. Some of these people cannot serve: one
turns too little to the left, one hardly resembles the own portrait from the side, behind one
another face seems to be, and the public portraits show nobody from the side at all.

Each `take` gives other bytes, as every use of a real camera does: a frame whose digest was seen
before is refused.
"""

from __future__ import annotations

import io
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Literal

from PIL import Image, ImageEnhance

from samples.people.photos import load_face
from samples.people.registry import load_residents

Turn = Literal["front", "left", "right"]
TURNS: Final[tuple[Turn, ...]] = ("front", "left", "right")
COUNTS: Final[Mapping[Turn, int]] = {"front": 5, "left": 4, "right": 4}
"""More of each than any challenge can ask for: five fronts, and four turns to one side."""

POSES: Final[Mapping[str, tuple[str, str]]] = {
    "an2i": ("left_angry_open", "right_neutral_open"),
    "bpm": ("left_neutral_open", "right_neutral_open"),
    "cheyer": ("left_angry_open", "right_neutral_open"),
    "danieln": ("left_angry_open", "right_neutral_open"),
    "kk49": ("left_neutral_open", "right_neutral_open"),
    "mitchell": ("left_neutral_open", "right_neutral_open"),
    "phoebe": ("left_neutral_open", "left_angry_open"),  # the second is turned to the right
    "saavik": ("left_angry_open", "right_angry_open"),
}
"""The photographs of ``cmu/`` that show a person turned to their own left, and to their right."""

WIDTH: Final = 640
SMALL_WIDTH: Final = 512
QUALITY: Final = 88
SMALL_QUALITY: Final = 42
GOLDEN: Final = 0.618034


@dataclass(frozen=True, slots=True)
class Pictures:
    """JPEGs by the way the head is turned, as many as the longest challenge needs."""

    shots: Mapping[Turn, Sequence[bytes]] = field(default_factory=dict)

    def write(self, folder: Path) -> list[Path]:
        """Write `front-1.jpg`, `left-1.jpg`, … into `folder`, and nothing else of that kind."""
        folder.mkdir(parents=True, exist_ok=True)
        for old in folder.glob("*.jpg"):
            old.unlink()
        files = []
        for turn in TURNS:
            for number, data in enumerate(self.shots.get(turn, ()), 1):
                files.append(folder / f"{turn}-{number}.jpg")
                files[-1].write_bytes(data)
        return files


def can_turn(resident: Mapping[str, Any]) -> bool:
    """Whether there are photographs of this sample resident from both sides."""
    return _person(resident) in POSES


def find_resident(name: str) -> Mapping[str, Any]:
    """Return a sample resident by id. Raises KeyError for another name."""
    for one in load_residents():
        if one["id"] == name:
            found: Mapping[str, Any] = one
            return found
    raise KeyError(name)


def take_pictures(
    resident: Mapping[str, Any], *, take: object = 0, small: bool = False
) -> Pictures:
    """Return what that resident's camera sees; ``small`` for a slow line (about 12 KB each).

    Raises KeyError where there are no photographs from the side.
    """
    left, right = POSES[_person(resident)]
    sources = {"front": resident["face"]["frames"][0], "left": left, "right": right}
    return Pictures(
        {
            turn: hold(_photograph(resident, sources[turn]), f"{take} {turn}", COUNTS[turn], small)
            for turn in TURNS
        }
    )


def posed(resident: Mapping[str, Any], turn: Turn) -> Image.Image:
    """Return the one photograph behind the frames of that turn."""
    left, right = POSES[_person(resident)]
    of = {"front": resident["face"]["frames"][0], "left": left, "right": right}
    return _photograph(resident, of[turn])


def hold(image: Image.Image, seed: str, count: int, small: bool = False) -> tuple[bytes, ...]:  # noqa: FBT001, FBT002
    """Return ``count`` JPEGs of ``image`` as a camera in a hand takes them one after the other.

    Turned, moved and lit a little differently each time, and never twice nearly alike: the steps
    follow the golden ratio from a random beginning.
    """
    chance = random.Random(f"{seed} {hash_of(image)}")
    begin = [chance.random() for _ in range(4)]
    frames = []
    for number in range(count):
        at = [(value + number * GOLDEN) % 1 for value in begin]
        frames.append(jpeg(_held(image, at), small=small))
    return tuple(frames)


def hash_of(image: Image.Image) -> int:
    """Return a number that differs from picture to picture."""
    return sum(image.resize((8, 8)).tobytes())


def jpeg(image: Image.Image, *, small: bool = False, quality: int = 0) -> bytes:
    """Return the picture as a phone's camera sends it: 640 pixels wide, or 512 on a slow line."""
    width = SMALL_WIDTH if small else WIDTH
    if image.width <= WIDTH:
        size = (width, round(image.height * width / image.width))
        image = image.resize(size, Image.Resampling.LANCZOS)
    out = io.BytesIO()
    image.save(out, "JPEG", quality=quality or (SMALL_QUALITY if small else QUALITY))
    return out.getvalue()


def _held(image: Image.Image, at: Sequence[float]) -> Image.Image:
    """Turn by up to 3 degrees, cut out 84-94 %, light a little; ``at``: four numbers of 0 to 1."""
    turned = image.rotate(
        at[0] * 6 - 3, resample=Image.Resampling.BICUBIC, fillcolor=image.getpixel((1, 1))
    )
    cut = 0.84 + 0.10 * at[1]
    wide, high = image.width * cut, image.height * cut
    left, top = (image.width - wide) * at[2], (image.height - high) * at[3]
    seen = turned.crop((round(left), round(top), round(left + wide), round(top + high)))
    size = (WIDTH, round(WIDTH * high / wide))
    lit = ImageEnhance.Brightness(seen.resize(size, Image.Resampling.LANCZOS))
    return lit.enhance(0.90 + 0.14 * at[3])


def _photograph(resident: Mapping[str, Any], source: str) -> Image.Image:
    path = source if "/" in source else f"faces/cmu/{_person(resident)}_{source}.png"
    return load_face(path)


def _person(resident: Mapping[str, Any]) -> str:
    """Return the person of ``cmu/`` whose photographs this resident's camera sees."""
    return Path(resident["face"]["frames"][0]).name.split("_")[0]
