"""Numbers that belong to nobody (the SYN-9 convention).

A NIK of a real district and a real date whose serial starts with 9 and ends in a Luhn digit: it
passes every check of form and is known at a glance as a sample.
"""

from __future__ import annotations

import datetime as dt
import zlib

from wallet_api.rules.person import luhn_digit

WOMEN_ADD = 40


class Numbers:
    """Hands out numbers that nobody of the population has yet, the same ones every time."""

    def __init__(self, taken: set[str]) -> None:
        self._taken = set(taken)

    def nik(self, district: str, born: dt.date, sex: str, *, start: str) -> str:
        """Return a free NIK. `start` (a name) says where the search for a free serial begins."""
        day = born.day + (WOMEN_ADD if sex == "F" else 0)
        return self._free(f"{district}{day:02d}{born:%m%y}", zlib.crc32(start.encode()) % 100)

    def family_card(self, district: str, issued_on: dt.date) -> str:
        """Return a free family-card number."""
        return self._free(f"{district}{issued_on:%d%m%y}", zlib.crc32(district.encode()) % 100)

    def _free(self, front: str, first: int) -> str:
        for offset in range(100):
            digits = f"{front}9{(first + offset) % 100:02d}"
            number = digits + luhn_digit(digits)
            if number not in self._taken:
                self._taken.add(number)
                return number
        raise ValueError("all hundred synthetic serials of this district and day are taken")


def npwp15(serial: int) -> str:
    """Return a legacy tax number 99.999.9dd.C-999.000 (tax office 999 does not exist)."""
    front = f"999999{serial % 100:02d}"
    return f"{front}{luhn_digit(front)}999000"
