"""Writers of wire values, made once for each field of a profile.

An issuer writes a hundred fields for each person; so what a field's kind decides is decided when
the catalogue is loaded. Each writer takes the values of a document and returns the wire value, or
None where there is nothing to write, or raises as `fields.encode_field` does: kinds that are not
here, and every value that is not plainly right, go through that function.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date

from credentials.errors import FormatError
from credentials.fields import MAX_RECORDS, Field, encode_field

Writer = Callable[[Mapping[str, object]], object]

_UINT_DIGITS = 19
_DATE_SIZE = 10


def make_writer(field: Field, omit: frozenset[str]) -> Writer:
    """Return the writer of one field; `omit` holds "records.field" names that must stay out."""
    if field.kind == "records":
        return _records_writer(field, omit)
    if field.default is not None or field.kind not in _MAKERS:
        return _general_writer(field, omit)
    return _MAKERS[field.kind](field)


def _general_writer(field: Field, omit: frozenset[str] = frozenset()) -> Writer:
    def write(values: Mapping[str, object]) -> object:
        return encode_field(field, values, omit)

    return write


def _text_writer(field: Field) -> Writer:
    name, maximum, general = field.name, field.maximum, _general_writer(field)

    def write(values: Mapping[str, object]) -> object:
        value = values.get(name)
        if type(value) is str and 0 < len(value) <= maximum and value.isprintable():
            return value
        return general(values)

    return write


def _code_writer(field: Field) -> Writer:
    name, general = field.name, _general_writer(field)
    wires = {
        spelling: code.wire
        for code in reversed(field.codes)  # the first one counts
        for spelling in (code.value, code.labels.id, *code.aliases)
    }

    def write(values: Mapping[str, object]) -> object:
        value = values.get(name)
        return wires[value] if type(value) is str and value in wires else general(values)

    return write


def _digits_writer(field: Field) -> Writer:
    name, size, general = field.name, field.size, _general_writer(field)

    def write(values: Mapping[str, object]) -> object:
        value = values.get(name)
        if type(value) is str and len(value) == size and value.isascii() and value.isdecimal():
            return int(value) if size <= _UINT_DIGITS else value
        return general(values)

    return write


def _date_writer(field: Field) -> Writer:
    name, general = field.name, _general_writer(field)

    def write(values: Mapping[str, object]) -> object:
        value = values.get(name)
        if type(value) is str and len(value) == _DATE_SIZE and value[4] == value[7] == "-":
            try:
                day = date.fromisoformat(value)
            except ValueError:
                return general(values)
            return day.year * 10000 + day.month * 100 + day.day
        return general(values)

    return write


def _records_writer(field: Field, omit: frozenset[str]) -> Writer:
    name, general = field.name, _general_writer(field, omit)
    members = tuple(
        (member.key, member.required, f"{name}.{member.name}", make_writer(member, omit))
        for member in sorted(field.fields, key=lambda member: member.key)
        if f"{name}.{member.name}" not in omit
    )

    def write_record(record: Mapping[str, object]) -> dict[int, object]:
        wire: dict[int, object] = {}
        for key, required, full_name, write_member in members:
            value = write_member(record)
            if value is not None:
                wire[key] = value
            elif required:
                raise FormatError("FIELD_MISSING", full_name)
        return wire

    def write(values: Mapping[str, object]) -> object:
        records = values.get(name)
        if not isinstance(records, list | tuple) or not 0 < len(records) <= MAX_RECORDS:
            return general(values)
        if not all(isinstance(record, dict) for record in records):
            return general(values)
        return [write_record(record) for record in records]

    return write


_MAKERS: dict[str, Callable[[Field], Writer]] = {
    "text": _text_writer,
    "code": _code_writer,
    "digits": _digits_writer,
    "date": _date_writer,
}
