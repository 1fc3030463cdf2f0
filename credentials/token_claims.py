"""What all signed tokens have in common: times, the reference to a status list, texts.

Times are unix seconds in integers; a token with fractions of seconds is not one of ours.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from credentials.errors import ClaimError, FormatError

MAX_TIME = 1 << 40
MAX_TEXT = 2048
MAX_INDEX = 1 << 32
LEEWAY = 60  # seconds that clocks may differ


@dataclass(frozen=True, slots=True)
class StatusReference:
    """Where the status of a credential stands (Token Status List, section 6.2)."""

    uri: str
    index: int

    def encode(self) -> dict[str, object]:
        """Return the `status` claim."""
        return {"status_list": {"idx": self.index, "uri": self.uri}}


def read_status(value: object) -> StatusReference:
    """Read a `status` claim; FormatError for a mechanism other than the status list.

    A status we cannot look up must not pass for a good one.
    """
    entry = value.get("status_list") if isinstance(value, dict) else None
    if not isinstance(entry, dict):
        raise FormatError("STATUS_MECHANISM")
    uri, index = entry.get("uri"), entry.get("idx")
    if not isinstance(uri, str) or not 0 < len(uri) <= MAX_TEXT:
        raise FormatError("STATUS_REFERENCE")
    if type(index) is not int or not 0 <= index < MAX_INDEX:
        raise FormatError("STATUS_REFERENCE")
    return StatusReference(uri, index)


def read_time(claims: Mapping[str, object], name: str) -> int:
    """Return a time that must be there; FormatError("CLAIM_MISSING" or "CLAIM_INVALID", name)."""
    value = find_time(claims, name)
    if value is None:
        raise FormatError("CLAIM_MISSING", name)
    return value


def find_time(claims: Mapping[str, object], name: str) -> int | None:
    """Return a time, None when it is absent; FormatError("CLAIM_INVALID", name)."""
    if name not in claims:
        return None
    value = claims[name]
    if type(value) is not int or not 0 <= value < MAX_TIME:
        raise FormatError("CLAIM_INVALID", name)
    return value


def read_text(claims: Mapping[str, object], name: str, *, limit: int = MAX_TEXT) -> str:
    """Return a text that must be there; FormatError("CLAIM_MISSING" or "CLAIM_INVALID", name)."""
    if name not in claims:
        raise FormatError("CLAIM_MISSING", name)
    value = claims[name]
    if not isinstance(value, str) or not 0 < len(value) <= limit:
        raise FormatError("CLAIM_INVALID", name)
    return value


def check_times(
    now: int,
    *,
    issued_at: int | None = None,
    not_before: int | None = None,
    expires_at: int | None = None,
    leeway: int = LEEWAY,
) -> None:
    """Raise ClaimError("ISSUED_IN_FUTURE", "NOT_YET_VALID" or "EXPIRED") outside the times.

    `expires_at` is the first moment at which the token is no longer valid (RFC 7519 4.1.4).
    """
    if issued_at is not None and issued_at > now + leeway:
        raise ClaimError("ISSUED_IN_FUTURE")
    if not_before is not None and not_before > now + leeway:
        raise ClaimError("NOT_YET_VALID")
    if expires_at is not None and expires_at + leeway <= now:
        raise ClaimError("EXPIRED")
