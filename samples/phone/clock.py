"""The phone's clock: local time plus the offset learnt from the server.

Phones are often minutes wrong. Everything the phone signs carries the *server's* time as well as
the phone knows it: for statements and DPoP proofs, and later, with no network, for the
presentations, which a verifier accepts only within -45 s to +30 s.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

# Below this the difference is mostly the travelling time of the answer.
IGNORED_SKEW = timedelta(seconds=2)


def system_now() -> datetime:
    """Return the local clock, UTC-aware."""
    return datetime.now(UTC)


class PhoneClock:
    """Local clock plus `offset` (server minus phone)."""

    def __init__(
        self,
        offset: timedelta = timedelta(),
        local_now: Callable[[], datetime] = system_now,
    ) -> None:
        """Take the offset kept from earlier, and the local clock."""
        self.offset = offset
        self._local_now = local_now

    def now(self) -> datetime:
        """Return the time to sign with, UTC-aware."""
        return self._local_now() + self.offset

    def unix(self) -> int:
        """Return `now` as integer unix seconds."""
        return int(self.now().timestamp())

    def learn(self, server_time: str) -> None:
        """Take over the server's time (RFC 3339) from an answer that came over TLS."""
        measured = datetime.fromisoformat(server_time) - self._local_now()
        self.offset = measured if abs(measured) > IGNORED_SKEW else timedelta()
