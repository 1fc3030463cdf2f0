"""From the registry's wire names (SIAK) to ours: `docs/registry-contract.md` as code.

Strict: a wrong type, a date that does not exist, a record of somebody else or an over-long text
is no answer at all, because a credential would carry it. Fields that the contract does not know
are ignored: the registry may grow.
"""

from __future__ import annotations

import base64
import binascii
import datetime as dt
from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, JsonValue, ValidationError

from wallet_api.ports.registry import (
    Contacts,
    Document,
    RegistryAnswer,
    RegistryStatus,
    RegistryUnavailable,
    Unavailable,
    make_answer,
    make_document,
)

STATUS_TEXTS: Final[Mapping[str, RegistryStatus]] = {
    "Data Found": RegistryStatus.FOUND,
    "Data Not Found": RegistryStatus.NOT_FOUND,
    "Customer Meninggal Dunia": RegistryStatus.DECEASED,
    "Data Ganda": RegistryStatus.DUPLICATE,
    "Data Inactive": RegistryStatus.INACTIVE,
}
SERVICE_TEXTS: Final[Mapping[str, Unavailable]] = {
    "Login Failed": Unavailable.LOGIN_FAILED,
    "IP Address Not Registered": Unavailable.ADDRESS,
    "Quota Exceeded": Unavailable.QUOTA,
    "User Id Inactive": Unavailable.USER_INACTIVE,
    "Institution Inactive": Unavailable.INSTITUTION_INACTIVE,
}
RECORDED: Final = "SUDAH_REKAM"
OWN_TYPES: Final = frozenset({"id_card", "family_card"})  # no partner speaks for the registry
_SEXES: Final = {1: "M", 2: "F"}
_MAX_PHOTO: Final = 1_000_000
_JPEG: Final = b"\xff\xd8\xff"


def _real_date(text: str) -> str:
    dt.date.fromisoformat(text)
    return text


Digits16 = Annotated[str, Field(pattern=r"^[0-9]{16}$")]
Text = Annotated[str, Field(min_length=1, max_length=200)]
Street = Annotated[str, Field(max_length=200)]
Date = Annotated[str, Field(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"), AfterValidator(_real_date)]
Three = Annotated[str, Field(pattern=r"^[0-9]{3}$")]
Sex = Annotated[Literal[1, 2], Field(alias="JENIS_KLMIN")]


class _Wire(BaseModel):
    model_config = ConfigDict(strict=True, extra="ignore", frozen=True)


class _Address(_Wire):
    """Region codes come as numbers, as SIAK keeps them: 31, 73, 2, 1001."""

    street: Street = Field(alias="ALAMAT")
    rt: Three = Field(alias="NO_RT")
    rw: Three = Field(alias="NO_RW")
    province: Annotated[int, Field(ge=11, le=99, alias="NO_PROP")]
    regency: Annotated[int, Field(ge=1, le=99, alias="NO_KAB")]
    district: Annotated[int, Field(ge=1, le=99, alias="NO_KEC")]
    village: Annotated[int, Field(ge=1000, le=9999, alias="NO_KEL")]

    def address(self) -> dict[str, object]:
        code = f"{self.province:02d}{self.regency:02d}{self.district:02d}{self.village:04d}"
        return {"street": self.street, "rt": self.rt, "rw": self.rw, "village_code": code}


class _Identity(_Wire):
    nik: Digits16 = Field(alias="NIK")
    name: Text = Field(alias="NAMA_LGKP")
    sex: Sex
    birth_place: Text = Field(alias="TMPT_LHR")
    birth_date: Date = Field(alias="TGL_LHR")
    religion: Text = Field(alias="AGAMA")
    blood_type: Text | None = Field(None, alias="GOL_DARAH")
    marital_status: Text = Field(alias="STATUS_KAWIN")
    occupation: Text = Field(alias="JENIS_PKRJN")
    nationality: Text = Field(alias="KEWARGANEGARAAN")

    def identity(self) -> dict[str, object]:
        names = set(_Identity.model_fields) - {"sex"}
        return self.model_dump(include=names, exclude_none=True) | {"sex": _SEXES[self.sex]}


class _Member(_Identity):
    education: Text = Field(alias="PDDK_AKH")
    relationship: Text = Field(alias="STAT_HBKEL")
    marriage_date: Date | None = Field(None, alias="TGL_KWN")
    father_name: Text = Field(alias="NAMA_LGKP_AYAH")
    mother_name: Text = Field(alias="NAMA_LGKP_IBU")

    def member(self) -> dict[str, object]:
        names = {"education", "relationship", "marriage_date", "father_name", "mother_name"}
        return self.identity() | self.model_dump(include=names, exclude_none=True)


class _Family(_Address):
    number: Digits16 = Field(alias="NO_KK")
    head: Text = Field(alias="NAMA_KEP")
    postal_code: Annotated[str, Field(pattern=r"^[0-9]{5}$", alias="KODE_POS")]
    issued_on: Date = Field(alias="TGL_TERBIT")
    members: Annotated[list[_Member], Field(min_length=1, max_length=60, alias="ANGGOTA")]

    def document(self) -> Document:
        values = self.address() | {
            "family_card_number": self.number,
            "head_name": self.head,
            "postal_code": self.postal_code,
            "issued_on": self.issued_on,
            "members": [member.member() for member in self.members],
        }
        return make_document("family_card", self.number, values)


class _PartnerDocument(_Wire):
    type: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$", alias="JENIS")]
    key: Annotated[str, Field(min_length=1, max_length=80, alias="KUNCI")]
    values: Annotated[dict[str, JsonValue], Field(max_length=60, alias="ISI")]


class _Person(_Identity, _Address):
    card_status: Text = Field(alias="EKTP_STATUS")
    valid_until: Date | None = Field(None, alias="TGL_AKHIR_KTP")
    photo: str | None = Field(None, alias="FOTO")
    emails: Annotated[list[Text], Field(max_length=10, alias="EMAIL")] = []
    phones: Annotated[list[Text], Field(max_length=10, alias="NO_HP")] = []
    family: _Family | None = Field(None, alias="KELUARGA")
    partners: Annotated[list[_PartnerDocument], Field(max_length=60, alias="DATA_BALIKAN")] = []

    def card(self) -> dict[str, object]:
        until = {} if self.valid_until is None else {"valid_until": self.valid_until}
        return self.identity() | self.address() | until

    def documents(self) -> list[Document]:
        own = [] if self.family is None else [self.family.document()]
        return own + [
            make_document(partner.type, partner.key, partner.values)
            for partner in self.partners
            if partner.type not in OWN_TYPES
        ]


class _Envelope(_Wire):
    transaction_id: Text
    description: Text = Field(alias="RESPONSE_DESC")
    content: Annotated[list[_Person], Field(max_length=1)] = []


class _Changes(_Wire):
    transaction_id: Text
    cursor: Annotated[str, Field(max_length=200)]
    niks: Annotated[list[Digits16], Field(max_length=1000, alias="NIK")]


def parse_answer(document: Any, *, nik: str, transaction_id: str) -> RegistryAnswer:
    """Return the answer in a look-up's JSON. Raises `RegistryUnavailable`."""
    try:
        envelope = _Envelope.model_validate(document)
    except ValidationError:
        raise _malformed() from None  # its text repeats the data
    service = SERVICE_TEXTS.get(envelope.description)
    if service is not None:
        raise RegistryUnavailable(service, retry_after=600)
    status = STATUS_TEXTS.get(envelope.description)
    if status is None or envelope.transaction_id != transaction_id:
        raise _malformed()
    if status is not RegistryStatus.FOUND:
        return make_answer(status, nik)
    if len(envelope.content) != 1 or envelope.content[0].nik != nik:
        raise _malformed()
    person = envelope.content[0]
    if person.card_status != RECORDED:
        return make_answer(RegistryStatus.NOT_RECORDED, nik)
    return make_answer(
        status,
        nik,
        person=person.card(),
        photo=_photo(person.photo),
        documents=person.documents(),
        contacts=Contacts(tuple(person.emails), tuple(person.phones)),
    )


def parse_changes(document: Any, *, transaction_id: str) -> tuple[list[str], str]:
    """Return the NIKs and the cursor in an answer about changes. Raises `RegistryUnavailable`."""
    try:
        changes = _Changes.model_validate(document)
    except ValidationError:
        raise _malformed() from None
    if changes.transaction_id != transaction_id:
        raise _malformed()
    return changes.niks, changes.cursor


def _photo(text: str | None) -> bytes | None:
    """Decode the JPEG. Only its first bytes are looked at: whoever uses it decodes with limits."""
    if not text:
        return None
    try:
        image = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise _malformed() from None
    if not image.startswith(_JPEG) or len(image) > _MAX_PHOTO:
        raise _malformed()
    return image


def _malformed() -> RegistryUnavailable:
    return RegistryUnavailable(Unavailable.MALFORMED, retry_after=600)
