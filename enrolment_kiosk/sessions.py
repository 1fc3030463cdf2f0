"""The one console session of this PC: whose cookie, until when, and idle since.

Signing in again replaces it. It lives in memory only, so a restart means signing in again.
"""

from __future__ import annotations

import hmac
import secrets
import threading
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from enrolment_kiosk.clock import KioskClock
from enrolment_kiosk.counter import Operator
from enrolment_kiosk.errors import SessionError

IDLE = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Session:
    """A signed-in operator. `cookie` names the browser, `csrf` its pages, `token` the shift."""

    operator: Operator
    token: str = field(repr=False)
    ends_at: datetime
    cookie: str = field(repr=False, default_factory=lambda: secrets.token_urlsafe(32))
    csrf: str = field(repr=False, default_factory=lambda: secrets.token_urlsafe(32))


class Sessions:
    """Holds the session and ends it when the shift does or nobody touched it for a while."""

    def __init__(self, clock: KioskClock, *, idle: timedelta = IDLE) -> None:
        """Take the clock and how long an untouched session lasts."""
        self._clock = clock
        self._idle = idle
        self._lock = threading.Lock()
        self._session: Session | None = None
        self._touched_at = 0.0

    def open(self, session: Session) -> Session | None:
        """Make this the session; returns the one it replaces."""
        with self._lock:
            replaced, self._session = self._session, session
            self._touched_at = self._clock.now()
            return replaced

    def load(self, cookie: str | None, *, touch: bool = True) -> Session:
        """Return the session of this cookie; `touch` counts as the operator doing something.

        Raises SessionError: SIGNED_OUT, or once SESSION_ENDED or SESSION_IDLE.
        """
        with self._lock:
            session = self._session
            if session is None or cookie is None:
                raise SessionError("SIGNED_OUT")
            if not hmac.compare_digest(session.cookie.encode(), cookie.encode()):
                raise SessionError("SIGNED_OUT")
            now = self._clock.now()
            if now >= session.ends_at.timestamp():
                self._session = None
                raise SessionError("SESSION_ENDED")
            if now - self._touched_at >= self._idle.total_seconds():
                self._session = None
                raise SessionError("SESSION_IDLE")
            if touch:
                self._touched_at = now
            return session

    def close(self, session: Session) -> bool:
        """End this session; False when it was not the one any more."""
        with self._lock:
            if self._session is not session:
                return False
            self._session = None
            return True

    def seconds_left(self, session: Session) -> tuple[int, int]:
        """Return the seconds until the shift ends and until the session counts as idle."""
        with self._lock:
            now = self._clock.now()
            idle = self._touched_at + self._idle.total_seconds() - now
            return max(0, int(session.ends_at.timestamp() - now)), max(0, int(idle))
