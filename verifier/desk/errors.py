"""What keeps a desk from being opened."""

from __future__ import annotations

from verifier.errors import VerifierError


class DeskError(VerifierError):
    """The desk cannot be served here."""
