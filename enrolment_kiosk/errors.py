"""What can go wrong on a counter PC: one tree, each case with a stable code and no personal data.

Texts for people are in `texts` (our own codes) or come from the API, already in their language.
"""

from __future__ import annotations

from collections.abc import Mapping


class KioskError(Exception):
    """Root of every error this package raises on purpose."""

    def __init__(self, code: str) -> None:
        """Take the stable code; it is also the text, safe to log."""
        super().__init__(code)
        self.code = code


class HomeError(KioskError):
    """The kiosk's folder is missing, incomplete or damaged."""


class SetupError(KioskError):
    """What an administrator typed cannot be right."""


class ClockError(KioskError):
    """A time answer that we do not believe: signature, nonce, type, or too slow."""


class CertificateError(KioskError):
    """The certificate of a frame key is not one that our registry issued for it."""


class SessionError(KioskError):
    """The console's session or its request is not (or no longer) good."""


class ApiUnreachable(KioskError):
    """The API gave no answer in time, or one that is no answer of the API."""

    def __init__(self) -> None:
        """Take no cause: an exception's text may hold an address or a token."""
        super().__init__("API_UNREACHABLE")


class ApiProblem(KioskError):
    """The API refused, with an RFC 9457 problem whose texts are already localised.

    `status` is the HTTP status, `members` what this problem adds (such as `numbers_left`).
    """

    def __init__(
        self, code: str, *, status: int, title: str, detail: str, members: Mapping[str, object]
    ) -> None:
        """Take the problem's parts; only the code becomes the exception's text."""
        super().__init__(code)
        self.status = status
        self.title = title
        self.detail = detail
        self.members = dict(members)
