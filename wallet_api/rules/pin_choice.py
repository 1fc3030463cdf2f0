"""Which PINs a phone refuses. The rules travel in the policy: the PIN never leaves the phone.

The block list holds what people choose most often besides what the rules
already catch (sequences, repeats, birth date, a run of the NIK).
"""

from __future__ import annotations

from typing import Final

RULES: Final = ("no_sequence", "no_repeat", "no_birth_date", "no_nik_part")

BLOCKED: Final = (
    "112233",
    "121212",
    "123123",
    "123321",
    "131313",
    "159753",
    "170845",
    "171717",
    "192837",
    "198519",
    "200000",
    "212121",
    "123455",
    "142536",
    "147258",
    "159357",
    "246810",
    "258456",
    "321321",
    "456456",
    "520520",
    "696969",
    "778899",
    "789456",
    "010101",
    "101010",
    "100000",
    "102030",
    "110011",
    "113355",
)
