"""What goes wrong around a check: the bundle, the policy, the state folder, the scanned input.

A verdict against a credential is no error of this kind: that is `verdict.Refused`, which shares
the root so that one `except` can hold everything this package raises on purpose.
"""

from __future__ import annotations


class VerifierError(Exception):
    """Root of every error this package raises on purpose.

    `code` is stable; `detail` names a place or a file, never anything read from a credential.
    """

    def __init__(self, code: str, detail: str = "") -> None:
        """Take the stable code, and optionally where."""
        super().__init__(code, detail)
        self.code = code
        self.detail = detail

    def __str__(self) -> str:
        """Return code and place; safe to log."""
        return f"{self.code} ({self.detail})" if self.detail else self.code


class BundleError(VerifierError):
    """The bundle file cannot be used: unreadable, not signed by the pinned root, rolled back."""


class SyncError(VerifierError):
    """A source could not be used, or what came from it."""


class RootError(VerifierError):
    """The pinned root key cannot be used."""


class PolicyError(VerifierError):
    """A policy file has a mistake; `detail` says in which member and what is expected there."""


class StateError(VerifierError):
    """The state folder cannot be read or written."""


class ScanError(VerifierError):
    """No text could be had from an image or a camera."""
