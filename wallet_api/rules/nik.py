"""What a well-formed NIK is (Nomor Induk Kependudukan, 16 digits, no check digit).

Layout `PP KK CC DDMMYY SSSS`: province, regency and district of *first* registration, birth
date (day + 40 for women), serial. A NIK never changes, whatever happens to the region, the name
or even the recorded birth date, so everything that the registry could know better is a warning
and only what no NIK can be is an error.

Own rules, not those of `python-stdnum`: that package goes by the statistics office's region
codes, which look the same and differ, and accepts days and serials that do not exist.
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Literal

from wallet_api.rules.errors import RuleError

FIELD: Final = "nik"
LENGTH: Final = 16
_SEPARATORS: Final = str.maketrans("", "", " \u00a0.-\t")
_WOMEN_ADD: Final = 40
_LAST_DAY: Final = 31
_NO_REGENCY: Final = frozenset({0, 70})  # 01-69 regencies, 71-99 cities
_CENTURIES: Final = (1900, 2000)


class NikWarning(StrEnum):
    """Odd, but real NIKs look like this: the registry decides."""

    RETIRED_REGION = "RETIRED_REGION"
    UNKNOWN_REGENCY = "UNKNOWN_REGENCY_WARN"
    UNKNOWN_DISTRICT = "UNKNOWN_DISTRICT"
    CENTURY_AMBIGUOUS = "CENTURY_AMBIGUOUS"


@dataclass(frozen=True, slots=True)
class RegionCodes:
    """The Kemendagri codes a NIK may start with: 2, 4 or 6 digits each, without dots.

    `retired` are codes that regions once had: nobody new gets them, those who have them keep
    them.
    """

    current: frozenset[str]
    retired: frozenset[str]

    def known(self, code: str) -> bool:
        """Say whether the code is, or ever was, a region."""
        return code in self.current or code in self.retired


@dataclass(frozen=True, slots=True, repr=False)  # whoever prints it, prints no data
class Nik:
    """A well-formed NIK.

    `birth_date` is None when both centuries give a real date in the past. Birth date and sex are
    for plausibility and for refusing a PIN made of them; what is shown comes from the registry.
    """

    value: str
    birth_date: dt.date | None
    sex: Literal["M", "F"]
    warnings: tuple[NikWarning, ...]

    @property
    def district(self) -> str:
        """The six-digit code of the district of first registration."""
        return self.value[:6]


def normalise_nik(text: str) -> str:
    """Strip separators people type (spaces, dots, hyphens) and demand 16 ASCII digits.

    Raises `RuleError` NOT_DIGITS or LENGTH. Only `[0-9]`: `str.isdigit` is true for full-width
    and other digits too, which would give one person two numbers.
    """
    digits = text.translate(_SEPARATORS)
    if not re.fullmatch(r"[0-9]*", digits):
        raise RuleError(FIELD, "NOT_DIGITS")
    if len(digits) != LENGTH:
        raise RuleError(FIELD, "LENGTH")
    return digits


def parse_nik(text: str, *, regions: RegionCodes, today: dt.date) -> Nik:
    """Check a NIK as typed and take it apart.

    Raises `RuleError` with NOT_DIGITS, LENGTH, UNKNOWN_PROVINCE, UNKNOWN_REGENCY,
    BAD_DISTRICT, BAD_DAY, BAD_DATE or SERIAL_ZERO.
    """
    value = normalise_nik(text)
    warnings = _region_warnings(value, regions)
    day, sex = _day_and_sex(int(value[6:8]))
    dates, eras = _birth_dates(day, int(value[8:10]), int(value[10:12]), today)
    if not dates:
        raise RuleError(FIELD, "BAD_DATE")
    if value[12:] == "0000":
        raise RuleError(FIELD, "SERIAL_ZERO")
    if eras > 1:
        warnings.append(NikWarning.CENTURY_AMBIGUOUS)
    return Nik(value, dates[0] if len(dates) == 1 else None, sex, tuple(warnings))


def agrees_with(nik: Nik, *, birth_date: dt.date, sex: str) -> bool:
    """Say whether the registry's birth date and sex are those in the number.

    False is ordinary (a corrected birth date never changes the NIK): a warning, no refusal.
    """
    number_date = nik.value[6:12]
    day = birth_date.day + (_WOMEN_ADD if nik.sex == "F" else 0)
    return sex == nik.sex and number_date == f"{day:02d}{birth_date:%m%y}"


def _region_warnings(value: str, regions: RegionCodes) -> list[NikWarning]:
    province, regency, district = value[:2], value[:4], value[:6]
    if province not in regions.current:
        raise RuleError(FIELD, "UNKNOWN_PROVINCE")
    if int(value[2:4]) in _NO_REGENCY:
        raise RuleError(FIELD, "UNKNOWN_REGENCY")
    if value[4:6] == "00":
        raise RuleError(FIELD, "BAD_DISTRICT")
    if not regions.known(regency):
        return [NikWarning.UNKNOWN_REGENCY]
    if not regions.known(district):
        return [NikWarning.UNKNOWN_DISTRICT]
    if regency in regions.retired or district in regions.retired:
        return [NikWarning.RETIRED_REGION]
    return []


def _day_and_sex(number: int) -> tuple[int, Literal["M", "F"]]:
    if 1 <= number <= _LAST_DAY:
        return number, "M"
    if _WOMEN_ADD < number <= _WOMEN_ADD + _LAST_DAY:
        return number - _WOMEN_ADD, "F"
    raise RuleError(FIELD, "BAD_DAY")


def _birth_dates(day: int, month: int, year: int, today: dt.date) -> tuple[list[dt.date], int]:
    """Return the real dates that are not in the future, and how many centuries were open.

    A two-digit year is ambiguous as soon as both centuries lie in the past, also when the
    calendar then settles it (29-02-00 exists in 2000 only): the registry's date is the one to
    show either way.
    """
    dates: list[dt.date] = []
    eras = 0
    for century in _CENTURIES:
        if (century + year, month, day) > (today.year, today.month, today.day):
            continue
        eras += 1
        try:
            dates.append(dt.date(century + year, month, day))
        except ValueError:
            continue
    return dates, eras
