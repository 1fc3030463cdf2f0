"""The states of a kiosk: PENDING until its key arrives, then ACTIVE; BLOCKED is final."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

PENDING: Final = "PENDING"
ACTIVE: Final = "ACTIVE"
BLOCKED: Final = "BLOCKED"

TOKEN_LIFE: Final = timedelta(hours=24)  # from `admin kiosks add` to the kiosk's first start
