"""Reference tables of the civil registry, as files with their licences beside them.

Regions (current and retired), villages with postal codes, and the enumerations of the forms.
Loaders read once and hand out values that cannot be changed; rules take them as arguments.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Final

from wallet_api.rules.nik import RegionCodes

_DATA: Final = files(__name__)


@dataclass(frozen=True, slots=True)
class Village:
    """A village: its name and its postal code (5 digits, empty where none is known)."""

    name: str
    postal_code: str


@cache
def load_region_codes() -> RegionCodes:
    """Return the codes a NIK may start with, today's and those once in use (since 2016)."""
    seen = {_plain(row["kode"]) for row in _rows("regions_historic.csv")}
    current = frozenset(load_region_names())
    return RegionCodes(current=current, retired=frozenset(seen) - current)


@cache
def load_region_names() -> Mapping[str, str]:
    """Return today's names of provinces, regencies and districts by code of 2, 4 or 6 digits."""
    names = {_plain(row["kode"]): row["nama"] for row in _rows("regions_current.csv")}
    return MappingProxyType(names)


@cache
def load_villages() -> Mapping[str, Village]:
    """Return today's 83,762 villages by 10-digit code (about 25 MB in memory, 0.3 s)."""
    with gzip.open(io.BytesIO(_DATA.joinpath("villages.csv.gz").read_bytes()), "rt") as text:
        villages = {
            _plain(row["kode"]): Village(row["nama"], row["kodepos"])
            for row in csv.DictReader(text)
        }
    return MappingProxyType(villages)


@cache
def load_enumeration(name: str) -> Mapping[str, str]:
    """Return one list of the forms as {text printed on documents: English}.

    Names: agama, golongan_darah, status_perkawinan_ktp, status_perkawinan_kk, shdk, pendidikan,
    kewarganegaraan, pekerjaan. Keyed on the text: the numbers differ between copies of the form.
    Raises `KeyError` for a name that is no list.
    """
    lists = json.loads(_DATA.joinpath("enumerations.json").read_text(encoding="utf-8"))
    return MappingProxyType({entry["id"]: entry["en"] for entry in lists[name]})


@cache
def load_sample_keys() -> frozenset[str]:
    """Return the thumbprints of the sample keys, whose private halves everybody has."""
    held = json.loads(_DATA.joinpath("sample_keys.json").read_text(encoding="utf-8"))
    return frozenset(held["public_knowledge"].values())


def _rows(name: str) -> Iterator[dict[str, str]]:
    text = _DATA.joinpath(name).read_text(encoding="utf-8")
    return csv.DictReader(io.StringIO(text))


def _plain(code: str) -> str:
    return code.replace(".", "")
