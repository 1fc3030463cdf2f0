"""What a loaded policy says: values only, nothing here reads a file.

A policy decides what the checks mean for one desk: which documents, which fields must be there
and which may be shown, how fresh a proof, how old a status list, what an unknown status means,
whether a print will do. It can never switch a check of authenticity off.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

Choice = Literal["accept", "refuse"]
ReceiptClaims = Literal["none", "shown"]


@dataclass(frozen=True, slots=True)
class Accepted:
    """One accepted document type; no profiles named means all of them."""

    document_type: str
    profiles: frozenset[str]


@dataclass(frozen=True, slots=True)
class Policy:
    """A loaded policy. Durations are timedeltas; field and profile names are the catalogue's.

    `accept` empty means every document type; `shown` None means every field of the credential.
    `required` may name "portrait"; `at_least` maps number fields to the least accepted value.
    `again` is what a desk makes of a credential that it accepted less than `again_within` ago.
    `purpose` {"id", "en"} says what the institution asks for, where the desk was not told another;
    `receipt_claims` whether a receipt may hold, encrypted, the claims that were shown.
    `digest` is the SHA-256 of the file's canonical JSON: of what was written, so that it stays the
    same for a verifier that knows more members.
    """

    name: str
    title: Mapping[str, str]
    accept: tuple[Accepted, ...]
    required: tuple[str, ...]
    at_least: Mapping[str, int]
    shown: frozenset[str] | None
    fresh_past: timedelta
    fresh_future: timedelta
    challenge_life: timedelta
    challenge_required: bool
    print_form: Choice
    status_max_age: timedelta
    status_warn_age: timedelta
    status_unknown: Choice
    again_within: timedelta = timedelta(minutes=10)
    again: Choice = "accept"
    purpose: Mapping[str, str] | None = None
    receipt_claims: ReceiptClaims = "none"
    digest: bytes = b""

    def accepts(self, document_type: str, profile: str) -> bool:
        """Tell whether this desk takes such a document in such a profile."""
        if not self.accept:
            return True
        return any(
            one.document_type == document_type and (not one.profiles or profile in one.profiles)
            for one in self.accept
        )

    def shows(self, field: str) -> bool:
        """Tell whether this desk may see a field (the portrait is one)."""
        return self.shown is None or field in self.shown

    def choose(self, claims: Mapping[str, object]) -> dict[str, object]:
        """Return the claims this desk may see."""
        if self.shown is None:
            return dict(claims)
        return {name: value for name, value in claims.items() if name in self.shown}
