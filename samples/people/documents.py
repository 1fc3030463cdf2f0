"""The documents of sample people, with values named as in the catalogue."""

from __future__ import annotations

import datetime as dt
import zlib
from typing import Any

from samples.people.syn9 import npwp15

Values = dict[str, Any]

PRODUCTS = ("CORONAVAC", "CORONAVAC", "COMIRNATY", "COMIRNATY")
FACILITIES = ("PUSKESMAS CONTOH MELATI", "RSUD CONTOH KENANGA", "KLINIK CONTOH ANGGREK")


def tax_number(nik: str, name: str, serial: int) -> Values:
    """Return a resident's tax number: the NIK, the legacy number, the place of business."""
    return {
        "npwp16": nik,
        "npwp15": npwp15(serial),
        "nitku": nik + "000000",
        "name": name,
        "status": "AKTIF",
        "tax_office": "KPP PRATAMA CONTOH",
    }


def vaccination_card(line: Values, count: int) -> Values:
    """Return a Covid-19 vaccination card of `count` doses, half a year apart."""
    nik = line["nik"]
    seed = zlib.crc32(nik.encode())
    first = dt.date(2021, 6, 1) + dt.timedelta(days=seed % 90)
    doses = [
        {
            "disease": "COVID-19",
            "dose": number + 1,
            "doses_total": count,
            "product": PRODUCTS[number % len(PRODUCTS)],
            "batch": f"SMP{(seed >> number) % 100000:05d}",
            "date": (first + dt.timedelta(days=180 * number)).isoformat(),
            "facility": FACILITIES[(seed + number) % len(FACILITIES)],
            "certificate_id": f"CONTOH-{seed:08X}-{number + 1}",
        }
        for number in range(count)
    ]
    return {name: line[name] for name in ("nik", "name", "birth_date")} | {"doses": doses}


def vehicle_ownership(owner: str, address: Values, text: str) -> Values:
    """Return a vehicle's ownership out of `plate|brand|type|model|year|cylinder|colour`."""
    plate, brand, vehicle_type, model, year, cylinder, colour = text.split("|")
    serial = int(plate.split()[1])
    return {
        "plate": plate,
        "owner_name": owner,
        "owner_address": f"{address['street']} RT {address['rt']}/{address['rw']}",
        "brand": brand,
        "type": vehicle_type,
        "model": model,
        "year": int(year),
        "cylinder_cc": int(cylinder),
        "colour": colour,
        "frame_number": f"MHXTEST{serial:010d}",
        "engine_number": f"TEST{serial:08d}",
        "bpkb_number": f"Z{serial:08d}",
        "fuel": "BENSIN",
        "plate_colour": "PUTIH",
        "registration_year": int(year),
        "valid_until": "2028-11-23",
    }


def id_card_marital(on_family_card: str) -> str:
    """Return the identity card's four values out of the family card's six."""
    for short in ("CERAI HIDUP", "CERAI MATI", "BELUM KAWIN", "KAWIN"):
        if on_family_card.startswith(short):
            return short
    return on_family_card  # a foreigner's card is printed in English


def id_card(member: Values, address: Values) -> Values:
    """Return a person's identity card out of their line of the family card."""
    names = (
        "nik", "name", "birth_place", "birth_date", "sex", "blood_type", "religion", "occupation",
        "nationality",
    )  # fmt: skip
    card = {name: member[name] for name in names if name in member}
    card["marital_status"] = id_card_marital(member["marital_status"])
    return card | {name: address[name] for name in ("street", "rt", "rw", "village_code")}
