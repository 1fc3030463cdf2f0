"""The eighty generated families (`families.json`) as records of the sample registry."""

from __future__ import annotations

import json
from pathlib import Path

from samples.people.documents import Values, id_card, tax_number, vaccination_card
from wallet_api.data import load_enumeration

HERE = Path(__file__).parent
SEXES = {"LAKI-LAKI": "M", "PEREMPUAN": "F"}
NATIONALITIES = {"WNI": "ID"}


def load_families() -> list[Values]:
    """Return one record a person: nik, status, person, contacts, documents, photo, personas."""
    families = json.loads((HERE / "families.json").read_text(encoding="utf-8"))["keluarga"]
    return [record for family in families for record in _records(family)]


def _records(family: Values) -> list[Values]:
    address = {
        "street": family["alamat"],
        "rt": family["rt"],
        "rw": family["rw"],
        "village_code": family["kode_wilayah"].replace(".", ""),
    }
    lines = [_line(member) for member in family["anggota"]]
    card = address | {
        "family_card_number": family["no_kk"],
        "head_name": family["kepala_keluarga"],
        "postal_code": family["kode_pos"],
        "issued_on": family["tanggal_terbit"],
        "members": lines,
    }
    return [
        _record(member, line, card, address)
        for member, line in zip(family["anggota"], lines, strict=True)
    ]


def _line(member: Values) -> Values:
    line = {
        "nik": member["nik"],
        "name": member["nama"],
        "sex": SEXES[member["jenis_kelamin"]],
        "birth_place": member["tempat_lahir"],
        "birth_date": member["tanggal_lahir"],
        "religion": member["agama"],
        "education": _text("pendidikan", member["pendidikan_kode"]),
        "occupation": _text("pekerjaan", member["pekerjaan_kode"]),
        "blood_type": member["golongan_darah"],
        "marital_status": member["status_perkawinan"],
        "relationship": _text("shdk", member["shdk"]),
        "nationality": NATIONALITIES[member["kewarganegaraan"]],
        "father_name": member["nama_ayah"],
        "mother_name": member["nama_ibu"],
    }
    if member["tanggal_perkawinan"]:
        line["marriage_date"] = member["tanggal_perkawinan"]
    return line


def _text(enumeration: str, number: int) -> str:
    """Return the text of a number: our own files agree with our own lists."""
    return list(load_enumeration(enumeration))[number - 1]


def _record(member: Values, line: Values, card: Values, address: Values) -> Values:
    nik, recorded = line["nik"], "ktp_el" in member
    documents = [{"type": "family_card", "key": card["family_card_number"], "values": card}]
    if member.get("npwp"):
        values = tax_number(nik, line["name"], int(nik[6:14]))
        documents.append({"type": "tax_number", "key": nik, "values": values})
    if recorded and int(nik[-2]) < 7:
        values = vaccination_card(line, 1 + int(nik[-2]) % 4)
        documents.append({"type": "vaccination_card", "key": nik, "values": values})
    contacts: Values = {"emails": [], "phones": []}
    if recorded:
        contacts = {"emails": [member["email"]], "phones": [member["telepon"]]}
    return {
        "nik": nik,
        "status": "FOUND" if recorded else "NOT_RECORDED",
        "person": id_card(line, address),
        "contacts": contacts,
        "documents": documents,
        "photo": "avatar" if recorded else None,
        "personas": [],
    }
