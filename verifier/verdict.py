"""What a check found: three facts that are never folded into one, and the verdict upon them.

*authentic*: the registry signed this. *possession*: the phone that showed it holds the key, now.
*status*: revoked or not, as of a stated time. A photocopy is authentic without possession; a
terminal that was offline for a week has an old status. Whoever decides must see which one failed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Literal, NamedTuple

from verifier.codes import Code
from verifier.errors import VerifierError

Possession = Literal["fresh", "challenge", "none"]
Status = Literal["good", "revoked", "suspended", "unknown"]


class Facts(NamedTuple):
    """What is known of one scanned text.

    `claims` holds the policy's shown fields by catalogue name, and only once the issuer's
    signature was checked; never the portrait. `status_as_of` and `status_age` date the status
    list, and are None while nothing was looked up in one. Times are kept as unix seconds (`…_unix`)
    and become datetimes for whoever asks: most checks end without anybody asking.
    """

    authentic: bool = False
    possession: Possession = "none"
    status: Status = "unknown"
    status_as_of_unix: int | None = None
    status_age_seconds: int | None = None
    document_type: str | None = None
    profile: str | None = None
    issuer: str | None = None
    issued_at_unix: int | None = None
    expires_at_unix: int | None = None
    claims: Mapping[str, object] = MappingProxyType({})

    @property
    def status_as_of(self) -> datetime | None:
        """When the status list was made."""
        return _moment(self.status_as_of_unix)

    @property
    def status_age(self) -> timedelta | None:
        """How old the status list was at the check."""
        seconds = self.status_age_seconds
        return None if seconds is None else timedelta(seconds=seconds)

    @property
    def issued_at(self) -> datetime | None:
        """When the credential was issued."""
        return _moment(self.issued_at_unix)

    @property
    def expires_at(self) -> datetime | None:
        """When the credential expires."""
        return _moment(self.expires_at_unix)


@dataclass(frozen=True, slots=True)
class Verified:
    """A text that passed every check of its policy.

    `code` is VALID, VALID_STATUS_UNKNOWN or HOLDER_NOT_PROVEN: the last two only where the policy
    accepts them, and whoever shows the result must say so. `portrait` is an undecoded WebP of at
    most 2 KiB, to be compared with the face by a person; nothing here has looked at the face.
    """

    code: Code
    facts: Facts
    portrait: bytes | None = field(default=None, repr=False)


def _moment(unix: int | None) -> datetime | None:
    return None if unix is None else datetime.fromtimestamp(unix, UTC)


class Refused(VerifierError):
    """The text is not valid under the policy: `code` says why, `facts` what was found so far."""

    code: Code

    def __init__(self, code: Code, facts: Facts, detail: str = "") -> None:
        """Take the verdict, the facts, and the inner code or field that led to it."""
        super().__init__(code, detail)
        self.facts = facts
