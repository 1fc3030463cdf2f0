"""The parts of a running kiosk, as the pages need them."""

from __future__ import annotations

from dataclasses import dataclass

from enrolment_kiosk.client import ApiClient
from enrolment_kiosk.clock import KioskClock
from enrolment_kiosk.config import KioskSettings
from enrolment_kiosk.console import Console
from enrolment_kiosk.display import Display
from enrolment_kiosk.heartbeat import Heartbeat


@dataclass(frozen=True, slots=True)
class Kiosk:
    """One kiosk, assembled by `app.assemble`."""

    settings: KioskSettings
    clock: KioskClock
    client: ApiClient
    display: Display
    console: Console
    heartbeat: Heartbeat
    signin_csrf: str
