"""Makes `personas.json` and `residents.json` out of `cast.toml`: the same bytes every time.

python -m samples.people.generate
"""

from __future__ import annotations

import datetime as dt
import json
import tomllib
from pathlib import Path
from typing import Any

from samples.people.documents import (
    Values,
    id_card,
    tax_number,
    vaccination_card,
    vehicle_ownership,
)
from samples.people.families import load_families
from samples.people.syn9 import Numbers
from wallet_api.data import load_villages

HERE = Path(__file__).parent
FACES = HERE.parent / "faces"
BORROWED = "cmu/phoebe"
ADULT = 17
MEMBER_DEFAULTS = {
    "religion": "ISLAM",
    "education": "SLTA/SEDERAJAT",
    "job": "PELAJAR/MAHASISWA",
    "blood": "-",
    "married": "BELUM KAWIN",
    "nationality": "ID",
}


def generate() -> tuple[list[Values], list[Values]]:
    """Return the records of the cast and the residents of the demo."""
    cast = tomllib.loads((HERE / "cast.toml").read_text(encoding="utf-8"))
    numbers = Numbers(_taken())
    people: list[Values] = []
    for household in cast["household"]:
        people += _household(household, numbers, cast["as_of"])
    _contacts(people)
    records = [person["record"] for person in people]
    return records, [_resident(person) for person in people if "special" in person["member"]]


def _taken() -> set[str]:
    families = load_families()
    return {record["nik"] for record in families} | {
        document["key"] for record in families for document in record["documents"]
    }


def _household(household: Values, numbers: Numbers, today: dt.date) -> list[Values]:
    village = household["village"]
    address = {
        "street": household["street"],
        "rt": household["rt"],
        "rw": household["rw"],
        "village_code": village,
    }
    members = [MEMBER_DEFAULTS | member for member in household["members"]]
    lines = [_line(member, members, village, numbers) for member in members]
    family = address | {
        "family_card_number": numbers.family_card(village[:6], household["issued_on"]),
        "head_name": members[0]["name"],
        "postal_code": load_villages()[village].postal_code,
        "issued_on": household["issued_on"].isoformat(),
        "members": lines,
    }
    return [
        {"member": member, "record": _record(member, line, family, address, today)}
        for member, line in zip(members, lines, strict=True)
    ]


def _line(member: Values, members: list[Values], village: str, numbers: Numbers) -> Values:
    """Return the member's line of the family card."""
    district = member.get("district", village[:6])
    written: dt.date = member.get("nik_born") or member["born"]
    line = {
        "nik": numbers.nik(district, written, member["sex"], start=members[0]["name"]),
        "name": member["name"],
        "sex": member["sex"],
        "birth_place": member.get("place", "SEMARANG"),
        "birth_date": member["born"].isoformat(),
        "religion": member["religion"],
        "education": member["education"],
        "occupation": member["job"],
        "blood_type": member["blood"],
        "marital_status": member["married"],
        "relationship": member["role"],
        "nationality": member["nationality"],
        "father_name": member.get("father", members[0]["name"]),
        "mother_name": member.get("mother", members[min(1, len(members) - 1)]["name"]),
    }
    if "married_on" in member:
        line["marriage_date"] = member["married_on"].isoformat()
    return line


def _record(
    member: Values, line: Values, family: Values, address: Values, today: dt.date
) -> Values:
    nik, serial = line["nik"], int(line["nik"][6:14])
    card = id_card(line, address)
    if "valid_until" in member:
        card["valid_until"] = member["valid_until"].isoformat()
    documents = [_document("family_card", family["family_card_number"], family)]
    if member.get("npwp"):
        documents.append(_document("tax_number", nik, tax_number(nik, line["name"], serial)))
    if member.get("doses"):
        documents.append(
            _document("vaccination_card", nik, vaccination_card(line, member["doses"]))
        )
    for vehicle in member.get("vehicles", []):
        values = vehicle_ownership(line["name"], address, vehicle)
        documents.append(_document("vehicle_ownership", values["plate"], values))
    adult = _age(member["born"], today) >= ADULT or member["married"] != "BELUM KAWIN"
    return {
        "nik": nik,
        "status": member.get("status", "FOUND" if adult else "NOT_RECORDED"),
        "person": card,
        "contacts": {"emails": [], "phones": []},
        "documents": documents,
        "photo": _photo(member.get("face", "none")),
        "personas": member.get("persona", []),
    }


def _document(document_type: str, key: str, values: Values) -> Values:
    return {"type": document_type, "key": key, "values": values}


def _age(born: dt.date, today: dt.date) -> int:
    return today.year - born.year - ((today.month, today.day) < (born.month, born.day))


def _photo(face: str) -> str | None:
    if face in {"avatar", "none"}:
        return None if face == "none" else "avatar"
    return _faces(face)["registry"]  # type: ignore[no-any-return]  # always text


def _faces(face: str) -> Values:
    """Return the photographs of a demo resident, as paths below `samples/`.

    A person of the research set has one more straight photograph than the registry's: the camera
    makes several frames of it (`photos.camera_frames`).
    """
    if face == "none":  # the registry has no photograph; the person has a face all the same
        return {**_faces(BORROWED), "registry": None}
    if face == "free/obama":
        return {
            "registry": "faces/free/obama.jpg",
            "frames": ["faces/free/obama2.jpg"],
            "turns": [],
        }
    return {
        "registry": f"faces/{face}_straight_neutral_open.png",
        "frames": _existing(face, ["straight_angry_open"]),
        "turns": _existing(
            face,
            ["left_neutral_open", "right_neutral_open", "left_angry_open", "right_angry_open"],
        ),
    }


def _existing(face: str, poses: list[str]) -> list[str]:
    names = [f"{face}_{pose}.png" for pose in poses]
    return [f"faces/{name}" for name in names if (FACES / name).exists()]


def _contacts(people: list[Values]) -> None:
    """Give every adult an address and a number; some share or have more, as in life."""
    by_id: dict[str, Values] = {}
    for serial, person in enumerate(people, start=1):
        member, record = person["member"], person["record"]
        by_id[member["id"]] = record
        if record["status"] == "NOT_RECORDED":
            continue
        suffix = ("com", "org", "net")[serial % 3]
        local = member["id"] if "email_of" not in member else member["email_of"]
        shared = by_id[local]["contacts"]["emails"] if "email_of" in member else []
        record["contacts"] = {
            "emails": shared or [f"{local}.{record['nik'][-4:]}@example.{suffix}"],
            "phones": member.get("phones", [f"+628691000{serial:04d}"]),
        }


def _resident(person: Values) -> Values:
    member, record = person["member"], person["record"]
    return {
        "id": member["id"],
        "nik": record["nik"],
        "name": member["name"],
        "email": record["contacts"]["emails"][0],
        "phone": record["contacts"]["phones"][0],
        "birth_date": member["born"].isoformat(),
        "documents": sorted({document["type"] for document in record["documents"]} | {"id_card"}),
        "personas": record["personas"],
        "special": member["special"],
        "face": _faces(member["face"]),
    }


def write(path: Path, value: Any) -> None:
    """Write JSON that a person can read and a diff can show."""
    text = json.dumps(value, ensure_ascii=False, indent=1)
    path.write_text(text + "\n", encoding="utf-8", newline="\n")


def main() -> None:
    """Write both files."""
    records, residents = generate()
    write(HERE / "personas.json", records)
    write(HERE / "residents.json", residents)
    print(f"{len(records)} people of the cast, {len(residents)} residents of the demo")


if __name__ == "__main__":
    main()
