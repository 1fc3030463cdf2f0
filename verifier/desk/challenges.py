"""The desk's own question to a phone, for acts where a relayed code would be worth the trouble.

A desk with a certificate of the registry signs it, with its purpose: the phone then knows who asks
and why. Without one the phone learns which profile is asked, and that nobody vouches for the rest.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import timedelta

from credentials.catalogue import Catalogue
from credentials.document_types import DocumentType, Profile
from credentials.presentation import AUDIENCE_SIZE, NONCE_SIZE, Challenge, challenge_text
from verifier.policy import Policy
from verifier.requester import Requester
from verifier.words import Language

_AUDIENCE_CONTEXT = b"IKD-DESK-AUD"


@dataclass(frozen=True, slots=True)
class Choice:
    """One profile that may be asked for."""

    document_type: DocumentType
    profile: Profile

    @property
    def key(self) -> str:
        """Its name for the page."""
        return f"{self.document_type.name}/{self.profile.name}"


@dataclass(frozen=True, slots=True)
class Asked:
    """A challenge on the screen: `text` is what its QR holds.

    `purpose` is what was signed, None where nothing was.
    """

    challenge: Challenge
    text: str
    choice: Choice
    life: timedelta
    purpose: str | None = None

    def seconds_left(self, now: float) -> float:
        """Return how long an answer may still take at `now` (unix s); negative when too late."""
        return self.challenge.issued_at + self.life.total_seconds() - now


def audience(name: str) -> bytes:
    """Return the eight bytes that stand for a desk: the answer is bound to them."""
    return hashlib.sha256(_AUDIENCE_CONTEXT + name.encode()).digest()[:AUDIENCE_SIZE]


def purpose_of(given: str, policy: Policy, language: Language = "id") -> str:
    """Return why the desk asks: as it was started with, as the policy says, or the policy's title.

    What is signed is in Indonesian, as the residents' phones are.
    """
    return given or (policy.purpose or policy.title)[language]


def choices(
    catalogue: Catalogue, policy: Policy, requester: Requester | None = None
) -> tuple[Choice, ...]:
    """Return the profiles that the policy accepts and that satisfy it, the leanest first.

    Only those that the requester's certificate names, where there is one. A policy that accepts
    everything says nothing about what is needed: then by number.
    """
    fitting = [
        Choice(kind, profile)
        for kind in catalogue.types
        for profile in kind.profiles
        if policy.accepts(kind.name, profile.name)
        and not profile.part
        and (requester is None or profile.number in requester.held.profiles)
        and set(policy.required) <= _values(kind, profile)
        and set(policy.at_least) <= _values(kind, profile)
    ]
    if not policy.accept:
        return tuple(sorted(fitting, key=lambda one: one.profile.number))
    return tuple(sorted(fitting, key=lambda one: (len(one.profile.names), one.profile.number)))


def ask(choice: Choice, *, name: str, life: timedelta, at: int) -> Asked:
    """Return a new challenge for one profile, asked at `at` (unix s)."""
    challenge = Challenge(
        nonce=secrets.token_bytes(NONCE_SIZE),
        aud=audience(name),
        profile=choice.profile.number,
        issued_at=at,
    )
    return Asked(challenge, challenge_text(challenge), choice, life)


def ask_signed(
    choice: Choice, requester: Requester, *, purpose: str, life: timedelta, at: int
) -> Asked:
    """Return a new signed challenge for one profile, asked at `at` (unix s); RequesterError."""
    challenge, text = requester.ask(choice.profile.number, purpose=purpose, at=at)
    return Asked(challenge, text, choice, life, purpose)


def _values(kind: DocumentType, profile: Profile) -> set[str]:
    return {value for name in profile.names for value in kind.field(name).value_names}
