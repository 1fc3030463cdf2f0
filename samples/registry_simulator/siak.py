"""From our names to the registry's wire names (SIAK): `docs/registry-contract.md`, other side.

Written apart from the adapter's reading on purpose: if one of the two misunderstands the
contract, the shared contract test fails.
"""

from __future__ import annotations

import base64
import json
from typing import Any

from sqlalchemy import Connection, select

from wallet_api.adapters.registry.tables import DOCUMENTS, PERSONS, PHOTOS

Record = dict[str, Any]

STATUS_TEXTS = {
    "FOUND": "Data Found",
    "NOT_RECORDED": "Data Found",
    "NOT_FOUND": "Data Not Found",
    "DECEASED": "Customer Meninggal Dunia",
    "DUPLICATE": "Data Ganda",
    "INACTIVE": "Data Inactive",
}
PERSON_NAMES = {
    "nik": "NIK",
    "name": "NAMA_LGKP",
    "birth_place": "TMPT_LHR",
    "birth_date": "TGL_LHR",
    "religion": "AGAMA",
    "blood_type": "GOL_DARAH",
    "marital_status": "STATUS_KAWIN",
    "occupation": "JENIS_PKRJN",
    "nationality": "KEWARGANEGARAAN",
    "valid_until": "TGL_AKHIR_KTP",
    "education": "PDDK_AKH",
    "relationship": "STAT_HBKEL",
    "marriage_date": "TGL_KWN",
    "father_name": "NAMA_LGKP_AYAH",
    "mother_name": "NAMA_LGKP_IBU",
}
SEXES = {"M": 1, "F": 2}


def load_person(db: Connection, nik: str) -> tuple[str, list[Record]]:
    """Return the status text and the content of the answer about a NIK."""
    row = db.execute(select(PERSONS).where(PERSONS.c.nik == nik)).one_or_none()
    if row is None:
        return STATUS_TEXTS["NOT_FOUND"], []
    if row.status not in {"FOUND", "NOT_RECORDED"}:
        return STATUS_TEXTS[row.status], []
    person = json.loads(row.person)
    contacts = json.loads(row.contacts)
    photo = db.execute(select(PHOTOS.c.image).where(PHOTOS.c.nik == nik)).scalar_one_or_none()
    record = _person(person) | _address(person)
    record |= {
        "EKTP_STATUS": "SUDAH_REKAM" if row.status == "FOUND" else "BELUM_REKAM",
        "FOTO": None if photo is None else base64.b64encode(photo).decode(),
        "EMAIL": contacts["emails"],
        "NO_HP": contacts["phones"],
        "DATA_BALIKAN": [],
    }
    for document in db.execute(select(DOCUMENTS).where(DOCUMENTS.c.nik == nik)).all():
        _add(record, document.type, document.key, json.loads(document.body))
    return STATUS_TEXTS[row.status], [record]


def _add(record: Record, document_type: str, key: str, values: Record) -> None:
    if document_type == "family_card":
        record["KELUARGA"] = _family(values)
    else:
        document = {"JENIS": document_type, "KUNCI": key, "ISI": values}
        record["DATA_BALIKAN"].append(document)


def _person(values: Record) -> Record:
    wire = {theirs: values[ours] for ours, theirs in PERSON_NAMES.items() if ours in values}
    return wire | {"JENIS_KLMIN": SEXES[values["sex"]]}


def _address(values: Record) -> Record:
    code = values["village_code"]
    return {
        "ALAMAT": values["street"],
        "NO_RT": values["rt"],
        "NO_RW": values["rw"],
        "NO_PROP": int(code[:2]),
        "NO_KAB": int(code[2:4]),
        "NO_KEC": int(code[4:6]),
        "NO_KEL": int(code[6:]),
    }


def _family(values: Record) -> Record:
    return _address(values) | {
        "NO_KK": values["family_card_number"],
        "NAMA_KEP": values["head_name"],
        "KODE_POS": values["postal_code"],
        "TGL_TERBIT": values["issued_on"],
        "ANGGOTA": [_person(member) for member in values["members"]],
    }
