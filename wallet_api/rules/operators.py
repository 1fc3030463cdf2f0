"""Who may sign in at a counter: names, roles, and how often one may try."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import timedelta
from typing import Final

from wallet_api.rules.errors import RuleError

ROLES: Final = ("operator", "supervisor")
MOST_FAILURES: Final = 5
PAUSE: Final = timedelta(minutes=15)
SIGN_INS_A_KIOSK: Final = 40  # in ten minutes, whatever the user names
SIGN_IN_WINDOW: Final = timedelta(minutes=10)
BLOCKS_AN_HOUR: Final = 30  # people one operator may block: a rogue one stops here
SHORTEST_PASSWORD: Final = 12
LONGEST_PASSWORD: Final = 128  # argon2 would hash megabytes
TOTP_PERIOD: Final = 30
TOTP_DRIFT: Final = 1  # steps either way

_USERNAME: Final = re.compile(r"[a-z][a-z0-9._-]{2,31}", re.ASCII)


def normalise_username(text: str) -> str:
    """Return the user name in lower case; `RuleError` USERNAME_FORM."""
    name = text.strip().lower()
    if not _USERNAME.fullmatch(name):
        raise RuleError("username", "USERNAME_FORM")
    return name


def check_password(text: str) -> None:
    """Demand 12 to 128 characters and nothing else (NIST SP 800-63B 3.1.1); `RuleError`."""
    if not SHORTEST_PASSWORD <= len(text) <= LONGEST_PASSWORD:
        raise RuleError("password", "PASSWORD_LENGTH")


def check_role(text: str) -> None:
    """Demand one of the roles; `RuleError` ROLE_UNKNOWN."""
    if text not in ROLES:
        raise RuleError("role", "ROLE_UNKNOWN")


def totp_steps(moment: float) -> Iterable[int]:
    """Return the time steps whose code is accepted at unix time `moment` (RFC 6238 5.2)."""
    step = int(moment) // TOTP_PERIOD
    return range(step - TOTP_DRIFT, step + TOTP_DRIFT + 1)
