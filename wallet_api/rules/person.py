"""Rules about people's numbers and names other than the NIK's own form.

Synthetic people ("SYN-9"), tax numbers (NPWP, NITKU), what of a name or number may be shown to
somebody who does not need all of it, and how alike two names are.
"""

from __future__ import annotations

import re
from difflib import SequenceMatcher
from typing import Final

from wallet_api.rules.errors import RuleError
from wallet_api.rules.nik import normalise_nik

_NPWP15_CHECKED: Final = 9
_NPWP15_LENGTH: Final = 15
_NITKU_BRANCH: Final = 6
_SYNTHETIC_MARK: Final = "9"
_HIDDEN: Final = "***"
_TITLES: Final = re.compile(
    r"\b(H|HJ|KH|DR|DRG|DRS|DRA|IR|PROF|SH|SE|SPD|SAG|SKOM|ST|MT|MM|MPD|MSI|MH|MBA|RADEN|R|RR)\b"
)
_TWINS: Final = (
    (r"\b(MUHAM+AD|MOHAM+AD|MOCHAM+AD|MOH|MUH|MOCH|MHD|MD|M)\b", "MUHAMMAD"),
    (r"OE", "U"),
    (r"DJ", "J"),
    (r"TJ", "C"),
    (r"SJ", "SY"),
    (r"\b(ABD|ABDOEL)\b", "ABDUL"),
)


def luhn_digit(digits: str) -> str:
    """Return the Luhn check digit for `digits` (ISO/IEC 7812-1 annex B)."""
    total = 0
    for position, digit in enumerate(reversed(digits)):
        doubled = int(digit) * (2 if position % 2 == 0 else 1)
        total += doubled - 9 if doubled > 9 else doubled
    return str(-total % 10)


def luhn_ok(digits: str) -> bool:
    """Say whether the last digit is the Luhn digit of those before it."""
    return luhn_digit(digits[:-1]) == digits[-1]


def is_synthetic(nik: str) -> bool:
    """Say whether a well-formed NIK (or family-card number) marks a person who does not exist.

    The SYN-9 convention: serial from 9000 *and* a Luhn digit at the end. A real NIK has no check
    digit and no such serial, so both together are a mark.
    """
    return nik[12] == _SYNTHETIC_MARK and luhn_ok(nik)


def check_npwp15(text: str) -> str:
    """Return the 15 digits of a legacy tax number `ST.sss.sss.C-OOO.BBB`.

    Raises `RuleError` NPWP_FORM or NPWP_CHECK_DIGIT (Luhn over the first nine digits).
    """
    digits = _digits(text, "npwp15", _NPWP15_LENGTH, "NPWP_FORM")
    if not luhn_ok(digits[:_NPWP15_CHECKED]):
        raise RuleError("npwp15", "NPWP_CHECK_DIGIT")
    return digits


def check_npwp16(text: str) -> str:
    """Return the 16 digits of a tax number of today (PMK 112/2022).

    A resident's is the NIK; a company's is `0` and the legacy number. Raises `RuleError`
    NPWP_FORM or NPWP_CHECK_DIGIT.
    """
    try:
        digits = normalise_nik(text)
    except RuleError as error:
        raise RuleError("npwp16", "NPWP_FORM") from error
    if digits.startswith("0") and not luhn_ok(digits[: _NPWP15_CHECKED + 1]):
        raise RuleError("npwp16", "NPWP_CHECK_DIGIT")
    return digits


def check_nitku(text: str, *, npwp16: str) -> str:
    """Return the 22 digits of a place of business: the tax number and a six-digit branch.

    Raises `RuleError` NITKU_FORM, or NITKU_OTHER_TAXPAYER when it belongs to another number.
    """
    digits = _digits(text, "nitku", len(npwp16) + _NITKU_BRANCH, "NITKU_FORM")
    if not digits.startswith(npwp16):
        raise RuleError("nitku", "NITKU_OTHER_TAXPAYER")
    return digits


def mask_nik(nik: str) -> str:
    """Return the NIK for an officer's screen: region and last four digits, no birth date."""
    return f"{nik[:4]}{'*' * 8}{nik[-4:]}"


def mask_name(name: str) -> str:
    """Return the name for a screen others can see: the first letter of each word.

    Every word gets the same number of stars, so that its length is not given away.
    """
    return " ".join(word[0] + _HIDDEN for word in name.split())


def name_similarity(one: str, other: str) -> int:
    """Return how alike two names are, 0 to 100, as the registry's own answers do.

    Case, punctuation, titles and spelling twins (MOH./MUHAMMAD, oe/u, dj/j, sj/sy) do not count.
    For comparing only: the stored name is never replaced by a normalised one.
    """
    left, right = _comparable(one), _comparable(other)
    if not left or not right:
        return 0
    return round(100 * SequenceMatcher(None, left, right, autojunk=False).ratio())


def _comparable(name: str) -> str:
    text = re.sub(r"[.'’`]", "", name.upper())
    text = re.sub(r"[^A-Z]+", " ", text)
    for pattern, replacement in _TWINS:
        text = re.sub(pattern, replacement, text)
    untitled = _TITLES.sub(" ", text)
    return " ".join(untitled.split() or text.split())


def _digits(text: str, field: str, length: int, code: str) -> str:
    digits = re.sub(r"[ .\-]", "", text)
    if not re.fullmatch(rf"[0-9]{{{length}}}", digits):
        raise RuleError(field, code)
    return digits
