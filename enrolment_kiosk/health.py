"""How this counter is: clock, certificate, line to the data centre, program; each good or not.

The camera is for the page to look at: only a browser knows what is plugged in.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from enrolment_kiosk import VERSION
from enrolment_kiosk.client import ApiClient
from enrolment_kiosk.clock import NAMED_DRIFT_SECONDS, KioskClock
from enrolment_kiosk.display import Display
from enrolment_kiosk.heartbeat import Heartbeat

Level = Literal["ok", "warn", "bad"]

CERTIFICATE_SOON_SECONDS = 3600  # an hour: time to finish the queue and sign in anew
SLOW_SECONDS = 1.5
SILENT_SECONDS = 60.0  # of three time answers none came


@dataclass(frozen=True, slots=True)
class Check:
    """One thing looked at. `state` names the case for the texts, `value` its number, if any."""

    name: str
    level: Level
    state: str
    value: float | str | None = None


def check_all(
    clock: KioskClock, display: Display, client: ApiClient, heartbeat: Heartbeat
) -> tuple[Check, ...]:
    """Look at everything; nothing here asks anybody, so it may be called often."""
    return (
        _check_clock(clock, heartbeat),
        _check_certificate(display, clock.now()),
        _check_line(client, clock.steady()),
        Check("program", "ok", "version", VERSION),
    )


def _check_clock(clock: KioskClock, heartbeat: Heartbeat) -> Check:
    if heartbeat.is_refused:
        return Check("clock", "bad", "refused")
    drift = clock.drift
    if drift is None:
        return Check("clock", "bad", "unchecked")
    off = abs(drift) > NAMED_DRIFT_SECONDS
    return Check("clock", "warn" if off else "ok", "off" if off else "right", round(drift, 1))


def _check_certificate(display: Display, now: float) -> Check:
    ends_at = display.ends_at
    left = 0.0 if ends_at is None else ends_at.timestamp() - now
    if left <= 0:
        return Check("certificate", "bad", "none")
    soon = left <= CERTIFICATE_SOON_SECONDS
    return Check("certificate", "warn" if soon else "ok", "soon" if soon else "valid", int(left))


def _check_line(client: ApiClient, now: float) -> Check:
    contact = client.contact
    if client.online is False or contact is None:
        return Check("line", "bad", "away", None if contact is None else int(now - contact.at))
    if now - contact.at > SILENT_SECONDS:
        return Check("line", "warn", "silent", int(now - contact.at))
    milliseconds = round(contact.seconds * 1000)
    if contact.seconds > SLOW_SECONDS:
        return Check("line", "warn", "slow", milliseconds)
    return Check("line", "ok", "quick", milliseconds)
