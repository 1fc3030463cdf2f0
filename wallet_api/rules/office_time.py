"""An office's own day: Indonesia has three time zones, and the office's code names the province."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Final

WESTERN: Final = timezone(timedelta(hours=7), "WIB")
CENTRAL: Final = timezone(timedelta(hours=8), "WITA")
EASTERN: Final = timezone(timedelta(hours=9), "WIT")

# Keputusan Presiden 41/1987, with the provinces made since. Every other one is western.
_CENTRAL: Final = frozenset({"51", "52", "53", "63", "64", "65", *map(str, range(71, 77))})
_EASTERN: Final = frozenset({"81", "82", *map(str, range(91, 98))})


def zone_of(office_code: str) -> timezone:
    """Return the time zone of an office whose code begins with its province's (Kemendagri)."""
    province = office_code[:2]
    if province in _CENTRAL:
        return CENTRAL
    return EASTERN if province in _EASTERN else WESTERN


def office_day(office_code: str, now: datetime) -> str:
    """Return the date at the office, YYYY-MM-DD."""
    return now.astimezone(zone_of(office_code)).date().isoformat()
