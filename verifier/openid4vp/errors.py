"""What goes wrong between a wallet and a relying party.

`Rejected` is an answer (or a question) of somebody outside; it becomes a 4xx. `SetupError` is for
whoever runs this. Codes are stable; those of `credentials` pass through unchanged.
"""

from __future__ import annotations

from verifier.errors import VerifierError


class OpenId4VpError(VerifierError):
    """Root of this part's errors."""


class SetupError(OpenId4VpError):
    """The relying party's own folder, certificate, trust file or options cannot be used."""


class QueryError(OpenId4VpError):
    """A policy cannot be asked of this type or in this format; `detail` names the field."""


class Rejected(OpenId4VpError):
    """What came from outside is refused; `status` is the HTTP status, always 4xx."""

    def __init__(self, code: str, detail: str = "", *, status: int = 400) -> None:
        """Take the stable code, a place, and the status."""
        super().__init__(code, detail)
        self.status = status
