"""Prepared captures: a good one, and one for each way of cheating or failing that is known.

Each is a folder that the reference phone can be shown instead of a camera, and a `session.json`
that says why it is there, how the phone behaves, and what the service must answer. What is wrong
with most of them can be seen in the pictures. The others are good pictures in the hands of a phone
that does not keep to the rules (`samples/faces/attempt.py`).
"""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final, Literal

import cv2
import numpy as np
from PIL import Image, ImageEnhance

from samples.faces.captures import (
    COUNTS,
    TURNS,
    Pictures,
    Turn,
    find_resident,
    hold,
    jpeg,
    posed,
    take_pictures,
)

HERO: Final = "budi"
OTHER: Final = "merauke"
PRINT_DEGREES: Final = 25.0
FOCAL: Final = 1.2
"""Focal length of the camera in front of the print, in widths of the picture."""

Behaviour = Literal["honest", "replayed_prompt", "replayed_digests", "late", "frames_late"]


@dataclass(frozen=True, slots=True)
class Prepared:
    """One prepared capture of a phone that enrols as ``HERO``.

    ``expect`` is "accepted", a problem's code, or a code among the reasons of the answer.
    """

    name: str
    why: str
    expect: str
    behaviour: Behaviour = "honest"


SESSIONS: Final = (
    Prepared("good", "The resident, who turns as asked.", "accepted"),
    Prepared("wrong_order", "The resident turns the other way each time.", "TURN_WRONG"),
    Prepared("frozen", "One picture, saved anew for every frame.", "FRAME_REPEATED"),
    Prepared("swapped", "Somebody else turns the head in the resident's place.", "FRAMES_DIFFER"),
    Prepared("print", "A flat print of the resident, turned by 25 degrees.", "TURN_NOT_SEEN"),
    Prepared("other_person", "Somebody else, who turns as asked.", "NOT_SAME_FACE"),
    Prepared("dark", "Hardly any light.", "TOO_DARK"),
    Prepared("two_people", "Two people in every picture.", "SECOND_FACE"),
    Prepared("far_away", "The phone is held too far away.", "FACE_TOO_SMALL"),
    Prepared(
        "replayed", "Frames of an earlier capture once more.", "FRAME_SEEN", "replayed_digests"
    ),
    Prepared(
        "replayed_prompt",
        "Answers an earlier capture's prompt instead of its own.",
        "PROMPT_INVALID",
        "replayed_prompt",
    ),
    Prepared("late", "Answers a prompt after its deadline.", "PROMPT_LATE", "late"),
    Prepared("frames_late", "Promises frames in time, sends them too late.", "FRAMES_LATE",
             "frames_late"),
)  # fmt: skip
NAMES: Final = tuple(session.name for session in SESSIONS)


def find_session(name: str) -> Prepared:
    """Return a prepared capture by name. Raises KeyError for another name."""
    for session in SESSIONS:
        if session.name == name:
            return session
    raise KeyError(name)


def write_session(name: str, folder: Path, *, take: object = 0) -> Prepared:
    """Write the pictures of the capture ``name`` and its `session.json` into ``folder``."""
    session = find_session(name)
    make_pictures(name, take=take).write(folder)
    text = json.dumps(asdict(session), indent=1) + "\n"
    (folder / "session.json").write_text(text, "utf-8")
    return session


def read_session(folder: Path) -> Prepared:
    """Return what the `session.json` of ``folder`` says."""
    return Prepared(**json.loads((folder / "session.json").read_text("utf-8")))


def make_pictures(name: str, *, take: object = 0) -> Pictures:
    """Return the pictures of the capture ``name``; another ``take`` gives other bytes."""
    hero = find_resident(HERO)
    make = MAKERS.get(name)
    if make is None:  # good pictures; what is wrong is what the phone does with them
        return take_pictures(hero, take=f"{name} {take}")
    return make(hero, f"{name} {take}")


Hero = Mapping[str, Any]


def _wrong_order(hero: Hero, take: str) -> Pictures:
    shots = take_pictures(hero, take=take).shots
    return Pictures({"front": shots["front"], "left": shots["right"], "right": shots["left"]})


def _frozen(hero: Hero, take: str) -> Pictures:
    """The same picture, encoded with another quality each time: other bytes, nothing new."""
    frozen = _open(hold(posed(hero, "front"), take, 1)[0])
    qualities = iter(range(70, 70 + sum(COUNTS.values())))
    return Pictures(
        {turn: [jpeg(frozen, quality=next(qualities)) for _ in range(COUNTS[turn])]
         for turn in TURNS}
    )  # fmt: skip


def _swapped(hero: Hero, take: str) -> Pictures:
    own = take_pictures(hero, take=take).shots
    other = take_pictures(find_resident(OTHER), take=take).shots
    return Pictures({"front": own["front"], "left": other["left"], "right": other["right"]})


def _print(hero: Hero, take: str) -> Pictures:
    """A flat print, turned about the vertical before a pinhole camera."""
    flat = posed(hero, "front")
    seen = {turn: lay_print(flat, side * PRINT_DEGREES) for turn, side in SIDES.items()}
    return Pictures({turn: hold(seen[turn], f"{take} {turn}", COUNTS[turn]) for turn in TURNS})


def _other_person(_hero: Hero, take: str) -> Pictures:
    return take_pictures(find_resident(OTHER), take=take)


def _dark(hero: Hero, take: str) -> Pictures:
    return _changed(take_pictures(hero, take=take), _darkened)


def _two_people(hero: Hero, take: str) -> Pictures:
    own, other = take_pictures(hero, take=take), take_pictures(find_resident(OTHER), take=take)
    return Pictures(
        {turn: [_beside(mine, theirs) for mine, theirs in
                zip(own.shots[turn], other.shots[turn], strict=True)] for turn in TURNS}
    )  # fmt: skip


def _far_away(hero: Hero, take: str) -> Pictures:
    return _changed(take_pictures(hero, take=take), _moved_away)


MAKERS: Final[Mapping[str, Callable[[Hero, str], Pictures]]] = {
    "wrong_order": _wrong_order,
    "frozen": _frozen,
    "swapped": _swapped,
    "print": _print,
    "other_person": _other_person,
    "dark": _dark,
    "two_people": _two_people,
    "far_away": _far_away,
}
SIDES: Final[Mapping[Turn, int]] = {"front": 0, "left": 1, "right": -1}


def lay_print(image: Image.Image, degrees: float) -> Image.Image:
    """Return how a pinhole camera sees the flat ``image`` turned about its vertical middle line.

    Positive: the print's face looks towards the picture's right edge, as a head with positive yaw
    does, so its right side goes away from the camera. Upright, the print would fill the picture.
    """
    width, height = image.size
    distance = FOCAL * width
    angle = np.radians(degrees)
    corners = [(-1, -1), (1, -1), (1, 1), (-1, 1)]
    flat, seen = [], []
    for right, down in corners:
        x, y = right * width / 2, down * height / 2
        away = distance + x * np.sin(angle)
        flat.append((x + width / 2, y + height / 2))
        scale = distance / away
        seen.append((x * np.cos(angle) * scale + width / 2, y * scale + height / 2))
    how = cv2.getPerspectiveTransform(np.array(flat, np.float32), np.array(seen, np.float32))
    wall = tuple(int(value) for value in np.array(image).reshape(-1, 3).mean(axis=0))
    drawn = cv2.warpPerspective(
        np.array(image), how, (width, height), flags=cv2.INTER_CUBIC, borderValue=wall
    )
    return Image.fromarray(drawn)


def _changed(pictures: Pictures, change: Callable[[Image.Image], Image.Image]) -> Pictures:
    return Pictures(
        {turn: [jpeg(change(_open(data))) for data in pictures.shots[turn]] for turn in TURNS}
    )


def _darkened(image: Image.Image) -> Image.Image:
    return ImageEnhance.Brightness(image).enhance(0.22)


def _moved_away(image: Image.Image) -> Image.Image:
    wall = Image.new("RGB", image.size, image.getpixel((1, 1)))
    small = image.resize((image.width * 2 // 5, image.height * 2 // 5), Image.Resampling.LANCZOS)
    wall.paste(small, ((wall.width - small.width) // 2, (wall.height - small.height) // 2))
    return wall


def _beside(mine: bytes, theirs: bytes) -> bytes:
    one, two = _open(mine), _open(theirs)
    both = Image.new("RGB", (one.width + two.width, min(one.height, two.height)))
    both.paste(one, (0, 0))
    both.paste(two, (one.width, 0))
    return jpeg(both, quality=80)


def _open(data: bytes) -> Image.Image:
    with Image.open(io.BytesIO(data)) as image:
        return image.convert("RGB")
