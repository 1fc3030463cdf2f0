"""A country's revocations, made up: lists full of random indices, and one day later.

Indices are handed out at random, so a revoked share of each list is as good as the real thing.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import lgamma, log

import numpy as np
from numpy.typing import NDArray

from credentials.bundle import Bundle, parse_bundle, sign_bundle
from credentials.bundle_form import read_sections
from credentials.revocation import RevocationSet
from credentials.status_list import LIST_SIZE
from samples.keys import SampleSigner
from samples.vectors_world import DAY, NOW, catalogue, trust_list
from wallet_api.services.publication import region_names

ENTRIES = 280_000_000
LISTS = -(-ENTRIES // LIST_SIZE)  # 268 lists: a little more than the country
NEW_A_DAY = 28_000
Indices = NDArray[np.uint32]
ROOT = SampleSigner("root")


@dataclass(frozen=True, slots=True)
class Day:
    """One day's bundle: the signed file, and what went into it."""

    file: bytes
    revoked: dict[int, Indices]

    @property
    def count(self) -> int:
        """How many are revoked."""
        return sum(map(len, self.revoked.values()))

    @property
    def revocation_bytes(self) -> int:
        """Bytes of the member that holds the revocations, its framing included."""
        sections = read_sections(parse_bundle(self.file).payload)
        rest = sections.catalogue, sections.regions, sections.policies, *sections.key_sets
        return len(self.file) - sum(map(len, rest))


def first_day(share: float, *, lists: int = LISTS) -> Day:
    """Return a bundle with a share of all entries revoked, the same every time."""
    dice = np.random.default_rng(280)
    revoked = {number: _drawn(dice, dice.binomial(LIST_SIZE, share)) for number in range(lists)}
    return _day(1, revoked)


def next_day(day: Day, *, new: int = NEW_A_DAY) -> Day:
    """Return the bundle a day later, with so many more revoked, spread over all lists."""
    dice = np.random.default_rng(28)
    entries = len(day.revoked) * LIST_SIZE
    flat = np.concatenate([held + np.int64(n * LIST_SIZE) for n, held in day.revoked.items()])
    fresh = np.setdiff1d(np.unique(dice.integers(0, entries, int(new * 1.2))), flat)
    fresh = np.sort(dice.permutation(fresh)[:new])
    revoked = {}
    for number, held in day.revoked.items():
        first, end = np.searchsorted(fresh, (number * LIST_SIZE, (number + 1) * LIST_SIZE))
        added = (fresh[first:end] - number * LIST_SIZE).astype(np.uint32)
        revoked[number] = np.union1d(held, added)
    return _day(2, revoked)


def entropy_bytes(chosen: int, entries: int) -> float:
    """Return the information in which `chosen` of `entries` it is: log2 of the ways, in bytes."""
    ways = lgamma(entries + 1) - lgamma(chosen + 1) - lgamma(entries - chosen + 1)
    return ways / log(2) / 8


def _drawn(dice: np.random.Generator, count: int) -> Indices:
    return np.sort(dice.permutation(LIST_SIZE)[:count]).astype(np.uint32)


def _day(version: int, revoked: dict[int, Indices]) -> Day:
    at = NOW + version * DAY
    bundle = Bundle(
        version=version,
        issued_at=at,
        expires_at=at + 7 * DAY,
        status_as_of=at,
        trust=trust_list(),
        revocation=RevocationSet(revoked),
        catalogue=catalogue(),
        regions=region_names(),
    )
    return Day(sign_bundle(bundle, ROOT), revoked)
