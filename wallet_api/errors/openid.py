"""What OpenID clients are told: OAuth errors, in the specifications' own words.

Apart from the tree of problems: these clients were written by others against RFC 6749, RFC 9449
and OpenID4VCI 1.0, which name the errors. The description is fixed text, never built from input.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

# RFC 6749 section 5.2 and OpenID4VCI section 8.3.1: what a description may be made of.
_PLAIN: Final = re.compile(r"[\x20-\x21\x23-\x5B\x5D-\x7E]*")


class OpenIdError(Exception):
    """One refusal of an OpenID endpoint: ``error`` by the specification, ``status`` by HTTP."""

    def __init__(
        self,
        error: str,
        description: str = "",
        *,
        status: int = 400,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        """``headers`` go out with the answer (WWW-Authenticate, DPoP-Nonce, Retry-After)."""
        super().__init__(error)
        if not _PLAIN.fullmatch(description):
            raise ValueError("a description is plain ASCII without quotes and backslashes")
        self.error = error
        self.code = error
        self.description = description
        self.status = status
        self.headers = dict(headers or {})
