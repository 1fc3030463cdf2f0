"""One document of every type of the catalogue, for tests of all formats."""

from __future__ import annotations

from typing import Any

from credentials.claim_shapes import Authority
from tests.credentials.made import PERSON, webp

AUTHORITY = Authority("Disdukcapil Jakarta Barat", "ID", "ID-JK")
JPEG = b"\xff\xd8\xff\xe0" + bytes(3000)

MEMBER: dict[str, object] = {
    "nik": "3173021001989574",
    "name": "ZAINAL ROHIM",
    "sex": "M",
    "birth_place": "JAKARTA BARAT",
    "birth_date": "1998-01-10",
    "religion": "ISLAM",
    "occupation": "PETANI/PEKEBUN",
    "marital_status": "MARRIED_REGISTERED",
    "relationship": "HEAD",
    "mother_name": "SITI AMINAH",
}
ADDRESS: dict[str, object] = {
    "street": "JL. DAHLIA NO. 40",
    "rt": "004",
    "rw": "001",
    "village_code": "3173021001",
}

# Of each type the profile and the values.
DOCUMENTS: dict[str, tuple[str, dict[str, Any]]] = {
    "id_card": ("full", {**PERSON, "portrait": webp(), "nationality": "ID"}),
    "family_card": (
        "full",
        {
            **ADDRESS,
            "family_card_number": "3173021001980001",
            "head_name": "ZAINAL ROHIM",
            "postal_code": "11450",
            "issued_on": "2026-01-05",
            "members": [
                MEMBER,
                {**MEMBER, "sex": "F", "relationship": "WIFE", "nationality": "NL"},
            ],
        },
    ),
    "tax_number": (
        "full",
        {
            "npwp16": "0998877665544332",
            "name": "ZAINAL ROHIM",
            "status": "ACTIVE",
            "nitku": "0998877665544332000000",
        },
    ),
    "vaccination_card": (
        "full",
        {
            "nik": "3173021001989574",
            "name": "ZAINAL ROHIM",
            "birth_date": "1998-01-10",
            "doses": [
                {"disease": "COVID-19", "dose": 1, "product": "CoronaVac", "date": "2021-06-01"},
                {"disease": "COVID-19", "dose": 2, "product": "CoronaVac", "date": "2021-07-01"},
            ],
        },
    ),
    "vehicle_ownership": (
        "full",
        {
            "plate": "B 1234 XYZ",
            "owner_name": "ZAINAL ROHIM",
            "brand": "TOYOTA",
            "type": "AVANZA",
            "year": 2020,
            "frame_number": "MHFM1BA3JAK000001",
            "engine_number": "DC12345",
            "valid_until": "2030-01-05",
        },
    ),
}
