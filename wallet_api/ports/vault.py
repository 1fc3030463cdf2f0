"""Sealing personal data, and keyed hashes to look it up by (threat T30)."""

from __future__ import annotations

from typing import Protocol


class Vault(Protocol):
    """Envelope encryption: a data key a row, itself sealed by a key-encryption key."""

    def new_data_key(self) -> bytes:
        """Make a data key and return it sealed."""
        ...

    def seal(self, data_key: bytes, place: str, plain: bytes) -> bytes:
        """Encrypt ``plain`` for ``place`` ("table|column|row id"), under a sealed data key."""
        ...

    def open(self, data_key: bytes, place: str, sealed: bytes) -> bytes:
        """Decrypt; raises ``VaultError`` if the value was altered or belongs elsewhere."""
        ...

    def seal_message(self, place: str, plain: bytes) -> bytes:
        """Encrypt a short-lived value that has no person (outbox, idempotency)."""
        ...

    def open_message(self, place: str, sealed: bytes) -> bytes:
        """Decrypt what ``seal_message`` made."""
        ...

    def blind_index(self, kind: str, text: str) -> bytes:
        """Return the keyed hash by which a value is found again (32 bytes)."""
        ...

    def mac(self, purpose: str, data: bytes) -> bytes:
        """Return a keyed hash for ``purpose`` (32 bytes)."""
        ...


class VaultError(Exception):
    """A sealed value does not open: altered, moved, or sealed under another key."""
