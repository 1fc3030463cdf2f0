"""The catalogue: every document type as data, so that a new one needs no code.

The issuer owns the files (one JSON object a type); verifiers receive them in the signed bundle.
A registry answers with plain dicts of the value names below. Forms of the values:

    digits, village   str of digits, leading zeros kept        "3173021001989574"
    text              str as printed, capitals kept            "SITI AMINAH"
    date              str, ISO 8601                            "1998-01-10"
    code              str, the code's `value`; the Indonesian label and the listed aliases are
                      accepted when issuing; decoding always gives `value`
    uint              int          image   bytes (WebP)        records   list of dicts

A value that is unknown or does not apply is absent or None. Names ("?" marks optional ones,
"*" ones the issuer derives, "!" sensitive ones that ordinary profiles leave out):

id_card           nik name birth_place birth_date sex ?blood_type religion marital_status
                  occupation ?nationality (ISO 3166-1 alpha-2, absent = "ID") street rt rw (three
                  digits each) village_code ?portrait ?valid_until (foreigners) *age_over
family_card       family_card_number head_name street rt rw village_code ?postal_code issued_on
                  members: [{nik name sex birth_place birth_date religion ?education occupation
                  ?blood_type marital_status ?marriage_date relationship ?nationality ?father_name
                  ?mother_name!}]   and from splitting: *member_count *part *parts
tax_number        npwp16 ?npwp15 ?nitku (22 digits) name status ?tax_office
vaccination_card  nik name birth_date doses: [{disease dose ?doses_total product ?batch date
                  ?facility ?certificate_id}]
vehicle_ownership (one dict a vehicle) plate owner_name ?owner_address brand type ?model
                  year ?cylinder_cc ?colour frame_number engine_number ?bpkb_number ?fuel
                  ?plate_colour ?registration_year ?location_code ?valid_until
                  *frame_number_masked *engine_number_masked

Code values: sex M F · blood_type A B AB O with + or -, UNKNOWN · religion ISLAM PROTESTANT CATHOLIC
HINDU BUDDHIST CONFUCIAN KEPERCAYAAN · marital_status (id_card) NEVER_MARRIED MARRIED DIVORCED
WIDOWED, (family_card) NEVER_MARRIED MARRIED_REGISTERED MARRIED_UNREGISTERED DIVORCED_REGISTERED
DIVORCED_UNREGISTERED WIDOWED · relationship HEAD HUSBAND WIFE CHILD CHILD_IN_LAW GRANDCHILD PARENT
PARENT_IN_LAW OTHER_RELATIVE DOMESTIC_HELPER OTHER · education NONE PRIMARY_UNFINISHED PRIMARY
LOWER_SECONDARY UPPER_SECONDARY DIPLOMA_1_2 DIPLOMA_3 BACHELOR MASTER DOCTORATE · tax status ACTIVE
NON_EFFECTIVE DELETED. Occupation is text: the numbers of that list differ between its copies.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field

from credentials.catalogue_source import read_document_type
from credentials.document_types import DocumentType, Profile, Split
from credentials.errors import FormatError
from credentials.fields import Code, Field, Labels, Part
from credentials.quick_identity import KEY_PROFILE, QuickProfile

__all__ = ["Catalogue", "Code", "DocumentType", "Field", "Labels", "Part", "Profile", "Split"]

MAX_SIZE = 1 << 20


@dataclass(frozen=True, slots=True)
class Catalogue:
    """All document types. `source` is the canonical JSON it was read from (for the bundle).

    `quick` are all profiles by their number's encoding, as `parse_presentation` takes them.
    """

    types: tuple[DocumentType, ...]
    source: bytes = b""
    quick: dict[bytes, QuickProfile] = field(init=False, repr=False, compare=False)
    _profiles: dict[int, tuple[DocumentType, Profile]] = field(
        init=False, repr=False, compare=False
    )

    def __post_init__(self) -> None:
        """Index the profiles by number; FormatError when a name or number is used twice."""
        names = [entry.name for entry in self.types]
        pairs = [(profile, entry) for entry in self.types for profile in entry.profiles]
        profiles = {profile.number: (entry, profile) for profile, entry in pairs}
        if len(set(names)) != len(names) or len(profiles) != len(pairs):
            raise FormatError("CATALOGUE_DUPLICATE")
        quick = {key: one for entry in self.types for key, one in entry.quick_profiles().items()}
        object.__setattr__(self, "quick", quick)
        object.__setattr__(self, "_profiles", profiles)

    @classmethod
    def parse(cls, data: bytes | Sequence[object]) -> Catalogue:
        """Read a JSON array of document types, or the decoded objects; FormatError."""
        if isinstance(data, bytes | bytearray):
            if len(data) > MAX_SIZE:
                raise FormatError("CATALOGUE_TOO_LARGE")
            try:
                value: object = json.loads(data)
            except (ValueError, RecursionError):
                raise FormatError("CATALOGUE_JSON") from None
        else:
            value = list(data)
        if not isinstance(value, list):
            raise FormatError("CATALOGUE_FORMAT")
        types = tuple(read_document_type(item) for item in value)
        source = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        return cls(types, source.encode())

    def profile(self, number: int) -> tuple[DocumentType, Profile]:
        """Return the document type and profile of that number; FormatError("PROFILE_UNKNOWN")."""
        try:
            return self._profiles[number]
        except KeyError:
            raise FormatError("PROFILE_UNKNOWN") from None

    def document_type(self, name: str) -> DocumentType:
        """Return the document type of that name; KeyError."""
        for entry in self.types:
            if entry.name == name:
                return entry
        raise KeyError(name)

    def decode(
        self, identity: dict[int, object], *, portrait_later: bool = False
    ) -> dict[str, object]:
        """Return {name: value} of a wire map (key 91 inside, status removed); FormatError.

        `portrait_later`: the caller will check the portrait itself (`credentials.portrait`).
        """
        number = identity.get(KEY_PROFILE)
        if type(number) is not int:
            raise FormatError("PROFILE_UNKNOWN")
        document_type, profile = self.profile(number)
        return document_type.decode(profile, identity, portrait_later=portrait_later)
