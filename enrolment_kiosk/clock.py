"""The kiosk's idea of the time: the server's, as last signed by it, carried on by this PC's clock.

Office PCs are minutes off more often than one would think, and a frame lives 20 seconds. So frames
and statements are dated by signed server time. An answer counts only when the pinned time key
signed it over our own nonce (an old answer replayed, or a forged one, would move our frames), and
only when it came quickly enough to be worth something.
"""

from __future__ import annotations

import hmac
import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from credentials.errors import CredentialError
from credentials.jwk import b64url_decode, load_jwk
from credentials.signing import verify_es256
from enrolment_kiosk.errors import ClockError

TIME_TYP = "ikd-time+jwt"
NAMED_DRIFT_SECONDS = 2.0
MAX_ROUND_TRIP_SECONDS = 4.0  # halved: an answer is off by 2 s at most

_JUMP_SECONDS = 1.0
_MAX_TOKEN = 2048
_MAX_TIME = 1 << 40


@dataclass(frozen=True, slots=True)
class _Anchor:
    """One believed answer: server time `unix` was true when our two clocks said this."""

    unix: float
    wall: float
    steady: float


def read_time_token(token: str, *, nonce: str, time_key: dict[str, str]) -> float:
    """Return the server time (unix seconds) that `token` proves for our `nonce`.

    Raises ClockError for a wrong type, algorithm, signature, nonce or time.
    """
    parts = token.split(".") if len(token) <= _MAX_TOKEN else []
    try:
        header, payload = json.loads(b64url_decode(parts[0])), json.loads(b64url_decode(parts[1]))
        if header.get("alg") != "ES256" or header.get("typ") != TIME_TYP or "crit" in header:
            raise ClockError("TIME_HEADER")
        signed = f"{parts[0]}.{parts[1]}".encode("ascii")
        verify_es256(load_jwk(time_key), signed, b64url_decode(parts[2]))
    except CredentialError:
        raise ClockError("TIME_SIGNATURE") from None
    except (ValueError, IndexError, AttributeError, RecursionError):
        raise ClockError("TIME_FORMAT") from None
    if len(parts) != 3 or not isinstance(payload, dict):
        raise ClockError("TIME_FORMAT")
    if not hmac.compare_digest(str(payload.get("nonce")).encode(), nonce.encode()):
        raise ClockError("TIME_NONCE")
    unix = payload.get("iat")
    if isinstance(unix, bool) or not isinstance(unix, int | float) or not 0 < unix < _MAX_TIME:
        raise ClockError("TIME_FORMAT")
    return float(unix)


class KioskClock:
    """Corrected time. Before the first answer it is this PC's own."""

    def __init__(
        self,
        *,
        wall: Callable[[], float] = time.time,
        steady: Callable[[], float] = time.monotonic,
    ) -> None:
        """Take this PC's two clocks, in seconds."""
        self._wall = wall
        self._steady = steady
        self._lock = threading.Lock()
        self._anchor: _Anchor | None = None

    def now(self) -> float:
        """Return unix seconds, corrected.

        A steady clock stands still while a PC sleeps, a wall clock jumps when somebody sets it:
        the one that went further is right after a sleep, and after a setting the next answer
        (asked for at once, see `has_jumped`) mends it.
        """
        with self._lock:
            anchor = self._anchor
        if anchor is None:
            return self._wall()
        return anchor.unix + max(self._wall() - anchor.wall, self._steady() - anchor.steady)

    def moment(self) -> datetime:
        """Return `now` as an aware datetime."""
        return datetime.fromtimestamp(self.now(), UTC)

    @property
    def is_checked(self) -> bool:
        """Whether a signed answer was ever believed."""
        with self._lock:
            return self._anchor is not None

    @property
    def drift(self) -> float | None:
        """Seconds this PC's clock is ahead of the server's (negative: behind); None if unknown."""
        return self._wall() - self.now() if self.is_checked else None

    @property
    def has_jumped(self) -> bool:
        """Whether this PC slept or was set since the last answer: time to ask again."""
        with self._lock:
            anchor = self._anchor
        if anchor is None:
            return True
        apart = (self._wall() - anchor.wall) - (self._steady() - anchor.steady)
        return abs(apart) > _JUMP_SECONDS

    def steady(self) -> float:
        """Return the clock that round trips are measured with."""
        return self._steady()

    def believe(self, unix: float, *, asked: float, answered: float) -> None:
        """Set the clock by a proven server time; `asked`, `answered` on the steady clock.

        The answer was true about half a round trip ago. ClockError when it took too long.
        """
        round_trip = answered - asked
        if not 0 <= round_trip <= MAX_ROUND_TRIP_SECONDS:
            raise ClockError("TIME_TOO_SLOW")
        steady = self._steady()
        corrected = unix + round_trip / 2 + (steady - answered)
        with self._lock:
            self._anchor = _Anchor(corrected, self._wall(), steady)
