"""A document type and its profiles: from names and values to the wire map, and back.

Everything here is driven by the catalogue; no document type is named in code.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from credentials import cbor
from credentials.errors import FormatError, LintError
from credentials.field_writers import Writer, make_writer
from credentials.fields import Derivation, Field, Labels, decode_field
from credentials.quick_identity import KEY_PROFILE, PORTRAIT, QuickProfile, quick_profile


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
    list. `vct` and `doctype` name it in SD-JWT VC and ISO mdoc. `pictures` names the fields with
    one, `derivations` those the issuer computes, each with its rule.
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
    pictures: frozenset[str] = field(init=False, repr=False, compare=False)
    derivations: tuple[tuple[str, Derivation], ...] = field(init=False, repr=False, compare=False)
    _by_name: dict[str, Field] = field(init=False, repr=False, compare=False)
    _by_key: dict[int, dict[int, Field]] = field(init=False, repr=False, compare=False)
    _demanded: dict[int, tuple[str, ...]] = field(init=False, repr=False, compare=False)
    _writers: dict[int, tuple[tuple[int, str, Writer], ...]] = field(
        init=False, repr=False, compare=False
    )

    def __post_init__(self) -> None:
        """Index fields by name, and for each profile by wire key; make what writes them."""
        by_name = {entry.name: entry for entry in self.fields}
        by_key = {
            profile.number: {by_name[name].key: by_name[name] for name in profile.names}
            for profile in self.profiles
        }
        pictures = frozenset(entry.name for entry in self.fields if entry.kind == "image")
        derived = [(entry.name, entry.derived) for entry in self.fields if entry.derived]
        object.__setattr__(self, "pictures", pictures)
        object.__setattr__(self, "derivations", tuple(derived))
        object.__setattr__(self, "_by_name", by_name)
        object.__setattr__(self, "_by_key", by_key)
        demanded = {profile.number: self._names_demanded(profile) for profile in self.profiles}
        object.__setattr__(self, "_demanded", demanded)
        writers = {profile.number: self._make_writers(profile) for profile in self.profiles}
        object.__setattr__(self, "_writers", writers)

    def _names_demanded(self, profile: Profile) -> tuple[str, ...]:
        required = [self._by_name[name] for name in profile.required]
        return tuple(
            name for entry in required if entry.default is None for name in entry.value_names
        )

    def _make_writers(self, profile: Profile) -> tuple[tuple[int, str, Writer], ...]:
        """Return (key, name, writer) in the order of keys, which is that of the encoded map."""
        omit, number = self._omitted(profile), profile.number
        writers: list[tuple[int, str, Writer]] = [(KEY_PROFILE, "", lambda _: number)]
        for name in profile.names:
            if name not in omit:
                entry = self._by_name[name]
                writers.append((entry.key, name, make_writer(entry, omit)))
        return tuple(sorted(writers, key=lambda writer: writer[0]))

    def quick_profiles(self) -> dict[bytes, QuickProfile]:
        """Return the profiles as `quick_identity` takes them, by their number's encoding."""
        return {
            cbor.encode(profile.number): quick_profile(
                profile.number, self._by_key[profile.number].values(), profile.required
            )
            for profile in self.profiles
        }

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
        return tuple(name for name in self._demanded[profile.number] if values.get(name) is None)

    def encode(self, profile: Profile, values: Mapping[str, object]) -> dict[int, object]:
        """Return the wire map of `profile` in order, its number under key 91, without status.

        Values the profile does not name are ignored. LintError("FIELD_MISSING", name) or
        LintError("FIELD_INVALID", name).
        """
        missing = self.missing(profile, values)
        if missing:
            raise LintError("FIELD_MISSING", missing[0])
        wire: dict[int, object] = {}
        for key, name, write in self._writers[profile.number]:
            try:
                value = write(values)
            except FormatError as error:
                raise LintError(error.code, error.detail or name) from None
            if value is not None:
                wire[key] = value
        return wire

    def decode(
        self, profile: Profile, identity: Mapping[int, object], *, portrait_later: bool = False
    ) -> dict[str, object]:
        """Return {name: value}, defaults filled in; FormatError for anything not in the profile.

        `portrait_later` leaves the look into the portrait to the caller: it may be any bytes.
        """
        fields = self._by_key[profile.number]
        for key, entry in fields.items():
            if entry.name in profile.required and entry.default is None and key not in identity:
                raise FormatError("FIELD_MISSING", entry.name)
        values: dict[str, object] = {}
        for key, wire in identity.items():
            if key in fields:
                if portrait_later and fields[key].name == PORTRAIT and type(wire) is bytes:
                    values[PORTRAIT] = wire
                else:
                    values.update(decode_field(fields[key], wire))
            elif key != KEY_PROFILE:
                raise FormatError("FIELD_UNKNOWN")
        for entry in fields.values():
            if entry.default is not None:
                values.setdefault(entry.name, entry.default)
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
