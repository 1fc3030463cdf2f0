"""Straight from the bytes of an identity to its named values, in one pass.

A verifier reads a dozen fields with every scan, and may spend little more than its signatures cost;
so what the catalogue decides is decided when it is loaded. There is a step for each field of a
profile: it reads the value at a position and puts it under its name.

Nothing is refused here. Whatever is not plainly right, and whatever is rare (records, long texts),
gives None; then `cbor.decode` and `DocumentType.decode` read it, or name the first thing wrong.
What is accepted is deterministic CBOR and comes out as it would there. Only the look into the
portrait is left to the caller.

    identity    a2 to b7 | fields, keys ascending | 18 5b profile | 18 5f 82 list index
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from typing import NamedTuple

from credentials.fields import VILLAGE_SIZE, Field

KEY_PROFILE = 91
KEY_STATUS = 95
PORTRAIT = "portrait"  # the one picture whose header somebody else will check

# Reads the value at a position into the dict; returns the position after it. ValueError or
# LookupError for what the general way should look at.
Step = Callable[[bytes, int, dict[str, object]], int]

_PROFILE_HEAD = b"\x18\x5b"
_STATUS_HEAD = b"\x18\x5f\x82"
_MAP = 0xA0
_TEXT = 0x60
_LONG_BYTES = 0x59
_SHORT = 24  # smaller numbers stand in the first byte
_MAX_UINT_DIGITS = 19
# First byte of a longer number: the least one that needs it, and its size.
_LONGER = {24: (24, 1), 25: (1 << 8, 2), 26: (1 << 16, 4), 27: (1 << 32, 8)}


class QuickProfile(NamedTuple):
    """What one profile's identities look like. `steps` by key; names that must be there; defaults
    of those that may be absent.
    """

    number: int
    steps: Mapping[int, Step]
    required: frozenset[str]
    defaults: tuple[tuple[str, str], ...]


class QuickIdentity(NamedTuple):
    """An identity as read: {name: value}, profile number, and its place in the status lists."""

    values: dict[str, object]
    profile: int
    status_list: int
    status_index: int


def quick_profile(number: int, fields: Iterable[Field], required: Iterable[str]) -> QuickProfile:
    """Prepare a profile: its fields, and which of them by name are required."""
    known = tuple(fields)
    asked = set(required)
    return QuickProfile(
        number,
        {field.key: _MAKERS[field.kind](field) for field in known if field.kind in _MAKERS},
        frozenset(
            name
            for field in known
            if field.name in asked and field.default is None
            for name in field.value_names
        ),
        tuple((field.name, field.default) for field in known if field.default is not None),
    )


def read_identity(data: bytes, profiles: Mapping[bytes, QuickProfile]) -> QuickIdentity | None:
    """Read an identity with the profile it names; `profiles` by their number's encoding."""
    # The last ones in the bytes are only a guess: the steps have to end exactly there.
    end = data.rfind(_PROFILE_HEAD)
    status_at = data.find(_STATUS_HEAD, end)
    profile = profiles.get(data[end + 2 : status_at])
    if profile is None:
        return None
    try:
        status_list, at = _read_uint(data, status_at + 3)
        status_index, at = _read_uint(data, at)
        values = _read_fields(data, profile.steps, end)
    except (LookupError, ValueError):
        return None
    if at != len(data) or not values.keys() >= profile.required:
        return None
    for name, default in profile.defaults:
        values.setdefault(name, default)
    return QuickIdentity(values, profile.number, status_list, status_index)


def _read_fields(data: bytes, steps: Mapping[int, Step], end: int) -> dict[str, object]:
    values: dict[str, object] = {}
    at, last = 1, -1
    for _ in range(data[0] - _MAP - 2):
        key = data[at]
        if key >= _SHORT:
            at += 1
            if key != _SHORT or data[at] < _SHORT:  # another kind of key, or not its shortest form
                raise ValueError
            key = data[at]
        if key <= last:
            raise ValueError
        last = key
        at = steps[key](data, at + 1, values)
    # A value that was cut off ends behind the end.
    if at != end or last >= KEY_PROFILE or not _MAP + 2 <= data[0] < _MAP + _SHORT:
        raise ValueError
    return values


def _read_uint(data: bytes, at: int) -> tuple[int, int]:
    """Return an unsigned integer in its shortest form, and the position after it."""
    number = data[at]
    if number < _SHORT:
        return number, at + 1
    least, size = _LONGER[number]
    end = at + 1 + size
    number = int.from_bytes(data[at + 1 : end], "big")
    if number < least:
        raise ValueError
    return number, end


def _text_step(field: Field) -> Step:
    name, maximum = field.name, field.maximum

    def step(data: bytes, at: int, values: dict[str, object]) -> int:
        size = data[at] - _TEXT
        at += 1
        if size == _SHORT:
            size = data[at]
            at += 1
            if size < _SHORT:
                raise ValueError
        elif not 0 < size < _SHORT:
            raise ValueError
        end = at + size
        text = str(data[at:end], "utf-8")
        if len(text) > maximum or not text.isprintable():
            raise ValueError
        values[name] = text
        return end

    return step


def _code_step(field: Field) -> Step:
    name = field.name
    by_wire = {code.wire: code.value for code in reversed(field.codes)}  # the first one counts

    def step(data: bytes, at: int, values: dict[str, object]) -> int:
        number, end = _read_uint(data, at)
        values[name] = by_wire[number]
        return end

    return step


def _digits_step(field: Field) -> Step:
    name, size = field.name, field.size or VILLAGE_SIZE
    limit = 10**size if size <= _MAX_UINT_DIGITS else 0

    def step(data: bytes, at: int, values: dict[str, object]) -> int:
        number, end = _read_uint(data, at)
        if number >= limit:
            raise ValueError
        values[name] = str(number).zfill(size)
        return end

    return step


def _uint_step(field: Field) -> Step:
    name, maximum = field.name, field.maximum

    def step(data: bytes, at: int, values: dict[str, object]) -> int:
        number, end = _read_uint(data, at)
        if number > maximum:
            raise ValueError
        values[name] = number
        return end

    return step


def _date_step(field: Field) -> Step:
    name = field.name

    def step(data: bytes, at: int, values: dict[str, object]) -> int:
        number, end = _read_uint(data, at)
        if number > 99991231:
            raise ValueError
        values[name] = date(number // 10000, number // 100 % 100, number % 100).isoformat()
        return end

    return step


def _joined_step(field: Field) -> Step:
    parts, size = [], 0
    for part in field.parts:
        parts.append((part.name, size, size + part.size))
        size += part.size
    limit = 10**size

    def step(data: bytes, at: int, values: dict[str, object]) -> int:
        number, end = _read_uint(data, at)
        if number >= limit:
            raise ValueError
        digits = str(number).zfill(size)
        for name, start, stop in parts:
            values[name] = digits[start:stop]
        return end

    return step


def _portrait_step(field: Field) -> Step:
    name = field.name

    def step(data: bytes, at: int, values: dict[str, object]) -> int:
        size = data[at + 1] << 8 | data[at + 2]
        if name != PORTRAIT or data[at] != _LONG_BYTES or size < 1 << 8:
            raise ValueError
        end = at + 3 + size
        values[name] = data[at + 3 : end]
        return end

    return step


_MAKERS: dict[str, Callable[[Field], Step]] = {
    "text": _text_step,
    "code": _code_step,
    "digits": _digits_step,
    "village": _digits_step,
    "uint": _uint_step,
    "date": _date_step,
    "joined": _joined_step,
    "image": _portrait_step,
}
