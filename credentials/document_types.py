"""A document type and its profiles: from names and values to the wire map, and back.

Everything here is driven by the catalogue; no document type is named in code.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from credentials.errors import FormatError, LintError
from credentials.field_readers import Reader, make_later_reader, make_reader
from credentials.fields import Field, Labels, encode_field
from credentials.qr_credential import KEY_PROFILE

PORTRAIT = "portrait"


@dataclass(frozen=True, slots=True)
class Profile:
    """A choice of fields that is issued as one credential.

    `required` and `optional` are field names; `sensitive` names sensitive fields, or
    "records.field" sub-fields, that this profile does carry. `on_request` profiles are not issued
    by default; `part` ones only come out of splitting.
    """

    number: int
    name: str
    labels: Labels
    required: tuple[str, ...]
    optional: tuple[str, ...]
    validity_days: int
    sensitive: frozenset[str] = frozenset()
    on_request: bool = False
    part: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        """All field names of the profile."""
        return self.required + self.optional


@dataclass(frozen=True, slots=True)
class Split:
    """How a document too large for one QR is cut: a header, and parts with as many records as fit.

    `whole`, `header` and `part` are profile names; `records` the field that is spread;
    `count` gets the number of records, `part_number` and `parts` say which of how many.
    """

    whole: str
    header: str
    part: str
    records: str
    count: str
    part_number: str
    parts: str


@dataclass(frozen=True, slots=True)
class DocumentType:
    """One kind of document. `group` is "kependudukan" or "lainnya".

    `multiple` says that a person may hold several (vehicles): the registry then answers with a
    list. `vct` and `doctype` name it in SD-JWT VC and ISO mdoc.
    """

    name: str
    labels: Labels
    group: str
    fields: tuple[Field, ...]
    profiles: tuple[Profile, ...]
    split: Split | None = None
    multiple: bool = False
    vct: str = ""
    doctype: str = ""
    _by_name: dict[str, Field] = field(init=False, repr=False, compare=False)
    _readers: dict[int, dict[int, Reader]] = field(init=False, repr=False, compare=False)
    _later: dict[int, dict[int, Reader]] = field(init=False, repr=False, compare=False)
    _absent: dict[int, tuple[tuple[int, str, str | None], ...]] = field(
        init=False, repr=False, compare=False
    )

    def __post_init__(self) -> None:
        """Index fields by name; for each profile, readers by wire key, and what may be absent."""
        by_name = {entry.name: entry for entry in self.fields}
        readers = {
            profile.number: {
                by_name[name].key: make_reader(by_name[name]) for name in profile.names
            }
            for profile in self.profiles
        }
        portrait = by_name.get(PORTRAIT)
        later = readers
        if portrait is not None and portrait.kind == "image":
            look_later = {portrait.key: make_later_reader(portrait)}
            later = {
                number: {key: look_later.get(key, reader) for key, reader in known.items()}
                for number, known in readers.items()
            }
        absent = {
            profile.number: tuple(
                (by_name[name].key, name, by_name[name].default)
                for name in profile.names
                if name in profile.required or by_name[name].default is not None
            )
            for profile in self.profiles
        }
        object.__setattr__(self, "_by_name", by_name)
        object.__setattr__(self, "_readers", readers)
        object.__setattr__(self, "_later", later)
        object.__setattr__(self, "_absent", absent)

    def profile(self, name: str) -> Profile:
        """Return the profile of that name; KeyError."""
        for entry in self.profiles:
            if entry.name == name:
                return entry
        raise KeyError(name)

    def field(self, name: str) -> Field:
        """Return the field that carries the value `name` (also a part's name); KeyError."""
        if name in self._by_name:
            return self._by_name[name]
        for entry in self.fields:
            if name in entry.value_names:
                return entry
        raise KeyError(name)

    def label(self, name: str) -> Labels:
        """Return the labels of a value's name; KeyError."""
        entry = self.field(name)
        return next((part.labels for part in entry.parts if part.name == name), entry.labels)

    def missing(self, profile: Profile, values: Mapping[str, object]) -> tuple[str, ...]:
        """Return the value names that `profile` requires and `values` lacks."""
        required = [self._by_name[name] for name in profile.required]
        return tuple(
            name
            for entry in required
            if entry.default is None
            for name in entry.value_names
            if values.get(name) is None
        )

    def encode(self, profile: Profile, values: Mapping[str, object]) -> dict[int, object]:
        """Return the wire map of `profile`, with its number under key 91 and without status.

        Values the profile does not name are ignored. LintError("FIELD_MISSING", name) or
        LintError("FIELD_INVALID", name).
        """
        missing = self.missing(profile, values)
        if missing:
            raise LintError("FIELD_MISSING", missing[0])
        wire: dict[int, object] = {KEY_PROFILE: profile.number}
        omit = self._omitted(profile)
        for name in profile.names:
            entry = self._by_name[name]
            if name in omit:
                continue
            try:
                value = encode_field(entry, values, omit)
            except FormatError as error:
                raise LintError(error.code, error.detail or name) from None
            if value is not None:
                wire[entry.key] = value
        return wire

    def decode(
        self, profile: Profile, identity: Mapping[int, object], *, portrait_later: bool = False
    ) -> dict[str, object]:
        """Return {name: value}, defaults filled in; FormatError for anything not in the profile.

        `portrait_later` leaves the look into the portrait to the caller: it may be any bytes.
        """
        values: dict[str, object] = {}
        for key, name, default in self._absent[profile.number]:
            if key not in identity:
                if default is None:
                    raise FormatError("FIELD_MISSING", name)
                values[name] = default
        readers = (self._later if portrait_later else self._readers)[profile.number]
        for key, wire in identity.items():
            if key in readers:
                readers[key](wire, values)
            elif key != KEY_PROFILE:
                raise FormatError("FIELD_UNKNOWN")
        return values

    def _omitted(self, profile: Profile) -> frozenset[str]:
        """Return sensitive names the profile does not ask for (a bank secret stays at home)."""
        sensitive = {entry.name for entry in self.fields if entry.sensitive}
        sensitive |= {
            f"{entry.name}.{member.name}"
            for entry in self.fields
            for member in entry.fields
            if member.sensitive
        }
        return frozenset(sensitive - profile.sensitive)
