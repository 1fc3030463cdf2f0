"""Notices that the same credential was accepted here a few minutes ago.

A copy of the proof is refused by the replay memory; this is the case where the phone itself is
handed back over the gate and signs anew. Only keyed hashes are kept, in memory, under a key that
ends with the process: nobody can tell from them whom they were made of.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from threading import Lock

from credentials.errors import FormatError
from credentials.presentation import parse_presentation, parse_print
from credentials.qr_text import PREFIX_PRESENTATION, PREFIX_PRINT, from_text

MAX_MARKS = 100_000


class Passback:
    """The credentials accepted lately, as keyed hashes with their time. Thread-safe."""

    def __init__(self, *, capacity: int = MAX_MARKS) -> None:
        """Hold at most `capacity`; beyond that the oldest is forgotten."""
        self._capacity = capacity
        self._key = secrets.token_bytes(32)
        self._accepted: dict[bytes, int] = {}  # in order of acceptance
        self._lock = Lock()

    def mark(self, text: str) -> bytes:
        """Return the keyed hash of the credential in a text.

        Of the signed claims, not of the signature: ECDSA is malleable, and the same credential
        would come as another one.
        """
        return hmac.digest(self._key, _signed_part(text), hashlib.sha256)

    def accept(self, mark: bytes, at: int, within: int) -> int | None:
        """Note an acceptance at `at` (unix s); return seconds since the one before, if recent."""
        with self._lock:
            self._forget(at - within)
            before = self._accepted.pop(mark, None)
            self._accepted[mark] = at
            if len(self._accepted) > self._capacity:
                del self._accepted[next(iter(self._accepted))]
        return None if before is None else max(0, at - before)

    def forget(self, mark: bytes) -> None:
        """Take an acceptance back of which nobody was told."""
        with self._lock:
            self._accepted.pop(mark, None)

    def __len__(self) -> int:
        return len(self._accepted)

    def _forget(self, until: int) -> None:
        while self._accepted:
            oldest = next(iter(self._accepted))
            if self._accepted[oldest] > until:
                return
            del self._accepted[oldest]


def _signed_part(text: str) -> bytes:
    try:
        prefix, data = from_text(text, prefixes=(PREFIX_PRESENTATION, PREFIX_PRINT))
        if prefix == PREFIX_PRINT:
            return parse_print(data).sign1.payload
        return parse_presentation(data).credential.sign1.payload
    except FormatError:  # another issuer's form
        return text.encode("utf-8", "surrogatepass")
