"""The error tree of the package: one class for each thing that can be wrong, a code for each case.

Codes are stable and meant for programs; the text never contains input data, so it may be logged.
"""

from __future__ import annotations


class CredentialError(Exception):
    """Root of every error this package raises on purpose.

    `code` is the stable name of the case; `detail` says where, never what the input was.
    """

    def __init__(self, code: str, detail: str = "") -> None:
        """Take the stable code, and optionally a place such as a field name."""
        super().__init__(code, detail)
        self.code = code
        self.detail = detail

    def __str__(self) -> str:
        """Return code and place; safe to log."""
        return f"{self.code} ({self.detail})" if self.detail else self.code


class FormatError(CredentialError):
    """The bytes or the text are not what the format demands. The one error of every decoder."""


class SignatureError(CredentialError):
    """A signature, its algorithm or its key does not fit what was signed."""


class ClaimError(CredentialError):
    """Well signed, but not for this moment, this verifier or this use: time, audience, nonce."""


class LintError(CredentialError):
    """We were about to issue something wrong: a missing field, a value out of range, too large."""
