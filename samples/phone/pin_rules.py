"""Which PINs the phone refuses. The rules come from `GET /v1/policy`; they run here, because the
server never sees a PIN.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from itertools import pairwise
from typing import Any

from samples.phone.errors import PhoneError

WOMEN_OFFSET = 40  # the day of birth in a woman's NIK


def check_pin(pin: str, *, nik: str, policy: Mapping[str, Any]) -> None:
    """Raise PhoneError when the PIN breaks a rule of `policy` (the "pin" part of the answer).

    Raises:
        PhoneError: PIN_LENGTH, PIN_COMMON, or a code of the broken rule such as PIN_SEQUENCE;
            PIN_RULE_UNKNOWN when the policy names a rule this app is too old to know.
    """
    length = int(policy["length"])
    if not re.fullmatch(rf"[0-9]{{{length}}}", pin):  # not str.isdigit: it takes other scripts
        raise PhoneError("PIN_LENGTH", length=length)
    if pin in policy["blocked"]:
        raise PhoneError("PIN_COMMON")
    for rule in policy["rules"]:
        if rule not in _RULES:
            raise PhoneError("PIN_RULE_UNKNOWN")
        code, broken = _RULES[rule]
        if broken(pin, nik):
            raise PhoneError(code)


def _is_sequence(pin: str, _nik: str) -> bool:
    """123456, 654321, 890123: every step is +1, or every step is -1 (around the ten)."""
    steps = {(int(b) - int(a)) % 10 for a, b in pairwise(pin)}
    return steps in ({1}, {9})


def _is_repeat(pin: str, _nik: str) -> bool:
    """111111, 121212, 123123: a shorter group, repeated."""
    sizes = (size for size in range(1, len(pin)) if len(pin) % size == 0)
    return any(pin == pin[:size] * (len(pin) // size) for size in sizes)


def _is_birth_date(pin: str, nik: str) -> bool:
    """The date inside the NIK, in the orders people write dates."""
    day, month, year = int(nik[6:8]), nik[8:10], nik[10:12]
    dd = f"{day - WOMEN_OFFSET if day > WOMEN_OFFSET else day:02d}"
    written = {dd + month + year, year + month + dd, month + dd + year, year + dd + month}
    for century in ("19", "20"):
        written |= {month + century + year, century + year + month}
        written |= {dd + century + year, century + year + dd}
    return pin in written


def _is_nik_part(pin: str, nik: str) -> bool:
    """Six digits that stand in a row in the NIK."""
    return pin in nik


_RULES: dict[str, tuple[str, Callable[[str, str], bool]]] = {
    "no_sequence": ("PIN_SEQUENCE", _is_sequence),
    "no_repeat": ("PIN_REPEAT", _is_repeat),
    "no_birth_date": ("PIN_BIRTH_DATE", _is_birth_date),
    "no_nik_part": ("PIN_NIK_PART", _is_nik_part),
}
