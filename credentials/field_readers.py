"""Readers of wire values, made once for each field of a profile.

A verifier decodes a dozen fields with every scan, and may spend little more than its signatures
cost; so what a field's kind decides is decided when the catalogue is loaded. Each reader puts the
value into a dict, or raises FormatError("FIELD_INVALID", name), as `fields.decode_field` does:
kinds that are not here, and every value that is not plainly right, go through that function.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from credentials.fields import Field, decode_field

Reader = Callable[[object, dict[str, object]], None]

_UINT_DIGITS = 19


def make_reader(field: Field) -> Reader:
    """Return the reader of one field."""
    if field.kind in ("digits", "village") and not 0 < field.size <= _UINT_DIGITS:
        return _general_reader(field)
    return _MAKERS.get(field.kind, _general_reader)(field)


def make_later_reader(field: Field) -> Reader:
    """Return a reader for a picture that the caller will look at: any bytes will do here."""
    name, general = field.name, _general_reader(field)

    def read(wire: object, values: dict[str, object]) -> None:
        if type(wire) is bytes:
            values[name] = wire
        else:
            general(wire, values)

    return read


def _general_reader(field: Field) -> Reader:
    def read(wire: object, values: dict[str, object]) -> None:
        values.update(decode_field(field, wire))

    return read


def _text_reader(field: Field) -> Reader:
    name, maximum, general = field.name, field.maximum, _general_reader(field)

    def read(wire: object, values: dict[str, object]) -> None:
        if type(wire) is str and 0 < len(wire) <= maximum and wire.isprintable():
            values[name] = wire
        else:
            general(wire, values)

    return read


def _code_reader(field: Field) -> Reader:
    name, general = field.name, _general_reader(field)
    by_wire = {code.wire: code.value for code in reversed(field.codes)}  # the first one counts

    def read(wire: object, values: dict[str, object]) -> None:
        if type(wire) is int and wire in by_wire:
            values[name] = by_wire[wire]
        else:
            general(wire, values)

    return read


def _digits_reader(field: Field) -> Reader:
    name, size, general = field.name, field.size, _general_reader(field)
    limit = 10**size

    def read(wire: object, values: dict[str, object]) -> None:
        if type(wire) is int and 0 <= wire < limit:
            values[name] = str(wire).zfill(size)
        else:
            general(wire, values)

    return read


def _uint_reader(field: Field) -> Reader:
    name, maximum, general = field.name, field.maximum, _general_reader(field)

    def read(wire: object, values: dict[str, object]) -> None:
        if type(wire) is int and 0 <= wire <= maximum:
            values[name] = wire
        else:
            general(wire, values)

    return read


def _date_reader(field: Field) -> Reader:
    name, general = field.name, _general_reader(field)

    def read(wire: object, values: dict[str, object]) -> None:
        if type(wire) is int and 0 < wire <= 99991231:
            try:
                values[name] = date(wire // 10000, wire // 100 % 100, wire % 100).isoformat()
            except ValueError:
                general(wire, values)
        else:
            general(wire, values)

    return read


def _joined_reader(field: Field) -> Reader:
    general, parts, size = _general_reader(field), [], 0
    for part in field.parts:
        parts.append((part.name, size, size + part.size))
        size += part.size
    limit = 10**size

    def read(wire: object, values: dict[str, object]) -> None:
        if type(wire) is int and 0 <= wire < limit:
            digits = str(wire).zfill(size)
            for name, start, end in parts:
                values[name] = digits[start:end]
        else:
            general(wire, values)

    return read


_MAKERS: dict[str, Callable[[Field], Reader]] = {
    "text": _text_reader,
    "code": _code_reader,
    "digits": _digits_reader,
    "village": _digits_reader,
    "uint": _uint_reader,
    "date": _date_reader,
    "joined": _joined_reader,
}
