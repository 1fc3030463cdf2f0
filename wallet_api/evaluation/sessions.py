"""Sessions of the capture challenge: performed as asked, and cheated in the ways we know.

A session is what a phone would send: front, then four times a turned frame and a front one. All
sixteen sequences of turns are asked of everybody. No frame of a session is sent twice unless that
is the cheat.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache, partial
from itertools import product
from pathlib import Path
from typing import Final

from PIL import Image

from wallet_api.evaluation.frames import encoded, hand_held, open_photo, turned_print
from wallet_api.evaluation.poses import Sitter
from wallet_api.evaluation.refusal import EvaluationRefused
from wallet_api.ports.faces import CaptureFrame, Turn

TURNS: Final = 4
SEQUENCES: Final[tuple[tuple[Turn, ...], ...]] = tuple(product(("left", "right"), repeat=TURNS))
OF_EACH_PAIR: Final = 4
"""Sequences that each two people try to cheat in."""
ANGLES: Final = (15, 20, 25, 30, 35, 40)
_OTHER: Final[dict[Turn, Turn]] = {"left": "right", "right": "left"}
_QUALITIES: Final = (95, 90, 85, 80, 75)


@dataclass(frozen=True, slots=True)
class Session:
    """One capture: its frames in order, who is to blame for it, and what kind it is."""

    kind: str
    person: str
    frames: tuple[CaptureFrame, ...]


class Studio:
    """Makes frames of sitters from their photos; each frame is made once."""

    def __init__(self, images: Path, seed: int) -> None:
        self._images, self._seed = images, seed
        self.photo: Callable[[str], Image.Image] = cache(self._open)
        self.taken: Callable[[str, int], bytes] = cache(self._take)
        self.printed: Callable[[str, int, int], bytes] = cache(self._print)

    def front(self, sitter: Sitter, take: int) -> bytes:
        """Return the sitter looking straight, from their straight photos in turn."""
        return self.taken(sitter.straight[take % len(sitter.straight)], take)

    def turned(self, sitter: Sitter, turn: Turn, take: int) -> bytes:
        """Return the sitter really turned to their own left or right."""
        photos = sitter.left if turn == "left" else sitter.right
        return self.taken(photos[take % len(photos)], take)

    def turned_print(self, sitter: Sitter, degrees: int, turn: Turn, take: int) -> bytes:
        """Return a print of a straight photo, turned as a head would be."""
        photo = sitter.straight[take % len(sitter.straight)]
        return self.printed(photo, degrees if turn == "left" else -degrees, take)

    def frozen(self, name: str, quality: int) -> bytes:
        """Return one moment of a photo, encoded anew."""
        return encoded(hand_held(self.photo(name), name=name, take=0, seed=self._seed), quality)

    def _take(self, name: str, take: int) -> bytes:
        return encoded(hand_held(self.photo(name), name=name, take=take, seed=self._seed))

    def _print(self, name: str, degrees: int, take: int) -> bytes:
        seen = turned_print(self.photo(name), degrees)
        return encoded(hand_held(seen, name=f"{name}|{degrees}", take=take, seed=self._seed))

    def _open(self, name: str) -> Image.Image:
        try:
            return open_photo((self._images / name).read_bytes())
        except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
            raise EvaluationRefused(
                f"{name}: cannot be read as a picture; is --images the folder of the index?"
            ) from error


def genuine(studio: Studio, sitters: tuple[Sitter, ...]) -> Iterator[Session]:
    """Everybody performs every sequence as asked."""
    for sitter, asked in product(sitters, SEQUENCES):
        yield _session(
            "genuine",
            sitter.name,
            asked,
            front=partial(studio.front, sitter),
            turned=partial(studio.turned, sitter),
        )


def swapped(studio: Studio, sitters: tuple[Sitter, ...]) -> Iterator[Session]:
    """Front frames of one person, turned frames of another who does as asked.

    As where somebody holds up a photo of the owner for each front frame.
    """
    for owner, helper, asked in _two_people(sitters):
        yield _session(
            "swapped",
            owner.name,
            asked,
            front=partial(studio.front, owner),
            turned=partial(studio.turned, helper),
        )


def swapped_midway(studio: Studio, sitters: tuple[Sitter, ...]) -> Iterator[Session]:
    """Another person takes the phone after two of the four turns and does the rest."""
    half = TURNS // 2
    for owner, helper, asked in _two_people(sitters):
        fronts = [
            studio.front(owner if take <= half else helper, take) for take in range(TURNS + 1)
        ]
        sides = [
            studio.turned(owner if take < half else helper, turn, take)
            for take, turn in enumerate(asked)
        ]
        yield Session("swapped_midway", owner.name, _frames(asked, fronts, sides))


def _two_people(
    sitters: tuple[Sitter, ...],
) -> Iterator[tuple[Sitter, Sitter, tuple[Turn, ...]]]:
    """Yield every ordered pair of people with some sequences; all sequences are used alike."""
    number = 0
    for owner, helper in product(sitters, sitters):
        if owner is helper:
            continue
        for _ in range(OF_EACH_PAIR):
            # 5 and 16 share no factor: all sequences come in turn, neighbours differ.
            yield owner, helper, SEQUENCES[number * 5 % len(SEQUENCES)]
            number += 1


def printed(studio: Studio, sitters: tuple[Sitter, ...], angle: int) -> Iterator[Session]:
    """A flat print of the person, turned by ``angle`` degrees to the side asked."""
    for sitter, asked in product(sitters, SEQUENCES):
        yield _session(
            f"print_{angle}",
            sitter.name,
            asked,
            front=partial(studio.front, sitter),
            turned=partial(studio.turned_print, sitter, angle),
        )


def wrong_order(studio: Studio, sitters: tuple[Sitter, ...]) -> Iterator[Session]:
    """Real turns, one of the four to the other side."""
    for sitter, (number, asked) in product(sitters, enumerate(SEQUENCES)):
        done = list(asked)
        done[number % TURNS] = _OTHER[done[number % TURNS]]
        frames = _frames(
            asked,
            [studio.front(sitter, take) for take in range(TURNS + 1)],
            [studio.turned(sitter, turn, take) for take, turn in enumerate(done)],
        )
        yield Session("wrong_order", sitter.name, frames)


def frozen(studio: Studio, sitters: tuple[Sitter, ...]) -> Iterator[Session]:
    """One front picture and one of each turn, encoded anew for every frame."""
    for sitter, asked in product(sitters, SEQUENCES):
        frames = _frames(
            asked,
            [studio.frozen(sitter.straight[0], quality) for quality in _QUALITIES],
            [
                studio.frozen((sitter.left if turn == "left" else sitter.right)[0], quality)
                for turn, quality in zip(asked, _QUALITIES, strict=False)
            ],
        )
        yield Session("frozen", sitter.name, frames)


def _session(
    kind: str,
    person: str,
    asked: tuple[Turn, ...],
    *,
    front: Callable[[int], bytes],
    turned: Callable[[Turn, int], bytes],
) -> Session:
    fronts = [front(take) for take in range(TURNS + 1)]
    sides = [turned(turn, take) for take, turn in enumerate(asked)]
    return Session(kind, person, _frames(asked, fronts, sides))


def _frames(
    asked: tuple[Turn, ...], fronts: list[bytes], turned: list[bytes]
) -> tuple[CaptureFrame, ...]:
    made = [CaptureFrame(fronts[0])]
    for turn, side, front in zip(asked, turned, fronts[1:], strict=True):
        made += [CaptureFrame(side, turn), CaptureFrame(front)]
    return tuple(made)
