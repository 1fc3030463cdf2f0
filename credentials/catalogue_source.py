"""Reading document types from catalogue files (JSON objects), strictly.

A member nobody knows is refused: a mistyped "sensitve" must not publish a mother's name.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeVar

from credentials.document_types import DocumentType, Profile, Split
from credentials.errors import FormatError
from credentials.fields import KINDS, VILLAGE_SIZE, Code, Derivation, Field, Labels, Part
from credentials.quick_identity import KEY_PROFILE, KEY_STATUS

T = TypeVar("T")

GROUPS = ("kependudukan", "lainnya")
MAX_VALIDITY_DAYS = 30
_RULES = ("age_over", "mask", "count")
_RESERVED_KEYS = (KEY_PROFILE, KEY_STATUS)


class Source:
    """One JSON object while it is read: every member must be asked for, and of the right type."""

    def __init__(self, value: object, where: str) -> None:
        """Take the object; FormatError when it is none."""
        if not isinstance(value, Mapping):
            raise FormatError("CATALOGUE_FORMAT", where)
        self._members = dict(value)
        self.where = where

    def text(self, name: str, default: str | None = None) -> str:
        """Take a string."""
        value = self._members.pop(name, default)
        if not isinstance(value, str):
            raise self.wrong(name)
        return value

    def number(self, name: str, default: int | None = None) -> int:
        """Take a non-negative integer."""
        value = self._members.pop(name, default)
        if type(value) is not int or value < 0:
            raise self.wrong(name)
        return value

    def flag(self, name: str) -> bool:
        """Take a boolean, absent is false."""
        value = self._members.pop(name, False)
        if not isinstance(value, bool):
            raise self.wrong(name)
        return value

    def texts(self, name: str) -> tuple[str, ...]:
        """Take a list of strings, absent is empty."""
        value = self._members.pop(name, [])
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise self.wrong(name)
        return tuple(value)

    def each(self, name: str, read: Callable[[Source], T]) -> tuple[T, ...]:
        """Take a list of objects, absent is empty."""
        value = self._members.pop(name, [])
        if not isinstance(value, list):
            raise self.wrong(name)
        return tuple(
            self._read(read, item, f"{self.where}.{name}[{index}]")
            for index, item in enumerate(value)
        )

    def record(self, name: str, read: Callable[[Source], T]) -> T | None:
        """Take an object, None when absent."""
        value = self._members.pop(name, None)
        return None if value is None else self._read(read, value, f"{self.where}.{name}")

    def labels(self) -> Labels:
        """Take the "labels" member."""
        found = self.record("labels", read_labels)
        if found is None:
            raise self.wrong("labels")
        return found

    def maybe(self, name: str) -> str | None:
        """Take a string or nothing."""
        return self.text(name) if name in self._members else None

    def numbers(self, name: str) -> tuple[int, ...]:
        """Take a list of integers, absent is empty."""
        value = self._members.pop(name, [])
        if not isinstance(value, list) or not all(type(item) is int for item in value):
            raise self.wrong(name)
        return tuple(value)

    def wrong(self, name: str) -> FormatError:
        """Make the error that names the place."""
        return FormatError("CATALOGUE_MEMBER", f"{self.where}.{name}")

    def finish(self) -> None:
        """Refuse members nobody asked for."""
        for name in self._members:
            raise FormatError("CATALOGUE_UNKNOWN", f"{self.where}.{name}")

    @staticmethod
    def _read(read: Callable[[Source], T], value: object, where: str) -> T:
        source = Source(value, where)
        result = read(source)
        source.finish()
        return result


def read_document_type(value: object) -> DocumentType:
    """Read one catalogue file's object; FormatError("CATALOGUE_…", place)."""
    source = Source(value, "catalogue")
    name = source.text("name")
    source.where = name
    document_type = _document_type(source, name)
    source.finish()
    return document_type


def read_labels(source: Source) -> Labels:
    """Read {id, en}."""
    return Labels(source.text("id"), source.text("en"))


def _document_type(source: Source, name: str) -> DocumentType:
    fields = source.each("fields", _field)
    profiles = source.each("profiles", _profile)
    split = source.record("split", _split)
    group = source.text("group")
    if group not in GROUPS:
        raise source.wrong("group")
    _check_fields(fields, source)
    _check_profiles(fields, profiles, source)
    if split is not None:
        _check_split(fields, profiles, split, source)
    return DocumentType(
        name=name,
        labels=source.labels(),
        group=group,
        fields=fields,
        profiles=profiles,
        split=split,
        multiple=source.flag("multiple"),
        vct=source.text("vct", ""),
        doctype=source.text("doctype", ""),
    )


def _field(source: Source) -> Field:
    name, kind = source.text("name"), source.text("kind")
    if kind not in KINDS:
        raise source.wrong("kind")
    size = VILLAGE_SIZE if kind == "village" else source.number("size", 0)
    field = Field(
        name=name,
        key=source.number("key"),
        kind=kind,
        labels=source.labels(),
        size=size,
        maximum=source.number("maximum", 0),
        codes=source.each("codes", _code),
        parts=source.each("parts", _part),
        fields=source.each("fields", _field),
        default=source.maybe("default"),
        static=source.flag("static"),
        sensitive=source.flag("sensitive"),
        required=source.flag("required"),
        derived=source.record("derived", _derivation),
        oidc=source.text("oidc", ""),
        mdoc=source.text("mdoc", ""),
    )
    needs = {
        "digits": field.size,
        "text": field.maximum,
        "uint": field.maximum,
        "code": field.codes,
        "joined": field.parts,
        "records": field.fields,
    }
    if kind in needs and not needs[kind]:
        raise source.wrong("kind")
    if kind == "records":
        _check_fields(field.fields, source)
    return field


def _code(source: Source) -> Code:
    wire, value = source.number("wire"), source.text("value")
    return Code(value, wire, source.labels(), source.texts("aliases"))


def _part(source: Source) -> Part:
    return Part(source.text("name"), source.number("size"), source.labels())


def _derivation(source: Source) -> Derivation:
    rule = source.text("rule")
    if rule not in _RULES:
        raise source.wrong("rule")
    return Derivation(rule, source.text("source"), source.numbers("numbers"))


def _profile(source: Source) -> Profile:
    days = source.number("validity_days")
    if not 0 < days <= MAX_VALIDITY_DAYS:
        raise source.wrong("validity_days")
    return Profile(
        number=source.number("number"),
        name=source.text("name"),
        labels=source.labels(),
        required=source.texts("required"),
        optional=source.texts("optional"),
        validity_days=days,
        sensitive=frozenset(source.texts("sensitive")),
        on_request=source.flag("on_request"),
        part=source.flag("part"),
    )


def _split(source: Source) -> Split:
    return Split(
        whole=source.text("whole"),
        header=source.text("header"),
        part=source.text("part"),
        records=source.text("records"),
        count=source.text("count"),
        part_number=source.text("part_number"),
        parts=source.text("parts"),
    )


def _check_fields(fields: tuple[Field, ...], source: Source) -> None:
    keys = [field.key for field in fields]
    names = [name for field in fields for name in field.value_names]
    if len(set(keys)) != len(keys) or len(set(names)) != len(names):
        raise source.wrong("fields")
    if set(keys) & set(_RESERVED_KEYS):
        raise source.wrong("fields")


def _check_profiles(
    fields: tuple[Field, ...], profiles: tuple[Profile, ...], source: Source
) -> None:
    known = {field.name for field in fields}
    names = [profile.name for profile in profiles]
    if not profiles or len(set(names)) != len(names):
        raise source.wrong("profiles")
    for profile in profiles:
        if not set(profile.names) <= known or len(set(profile.names)) != len(profile.names):
            raise source.wrong(f"profiles.{profile.name}")


def _check_split(
    fields: tuple[Field, ...], profiles: tuple[Profile, ...], split: Split, source: Source
) -> None:
    if not {split.whole, split.header, split.part} <= {profile.name for profile in profiles}:
        raise source.wrong("split")
    by_name = {field.name: field.kind for field in fields}
    numbers = (split.count, split.part_number, split.parts)
    if by_name.get(split.records) != "records" or {by_name.get(n) for n in numbers} != {"uint"}:
        raise source.wrong("split")
