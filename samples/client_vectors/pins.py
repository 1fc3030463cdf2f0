"""Vectors of the PIN key's derivation and of the PIN rules."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from credentials.jwk import b64url_encode, public_jwk, thumbprint
from samples.client_vectors.made_keys import SALT, pin_signer
from samples.phone.keys import PIN_KEY_INFO, PIN_KEY_MATERIAL, pin_scalar

NIK = "3171015708909316"  # a woman born on 17 August 1990; synthetic
POLICY = {
    "length": 6,
    "blocked": ["200845", "101010"],
    "rules": ["no_sequence", "no_repeat", "no_birth_date", "no_nik_part"],
}


def cases() -> Iterator[dict[str, Any]]:
    """Yield the derivations."""
    for name, why, pin, salt in (
        ("plain", "d = int(HKDF-SHA256(PIN, salt, info, 48 bytes)) mod (n-1) + 1", "270391", SALT),
        ("leading-zeros", "the PIN is text: 004219 is not 4219", "004219", SALT),
        ("other-salt", "the same PIN on another phone is another key", "270391", b"\xff" * 32),
        (
            "zero-salt",
            "a salt of zeros is 32 bytes of salt, not an absent one",
            "270391",
            bytes(32),
        ),
    ):
        yield {"name": name, "why": why, "input": _input(pin, salt), "expected": _keys(pin, salt)}


def _input(pin: str, salt: bytes) -> dict[str, str]:
    return {"pin": pin, "salt": b64url_encode(salt), "info": PIN_KEY_INFO.decode()}


def _keys(pin: str, salt: bytes) -> dict[str, Any]:
    kdf = HKDF(hashes.SHA256(), length=PIN_KEY_MATERIAL, salt=salt, info=PIN_KEY_INFO)
    public = pin_signer(pin, salt).public_key
    return {
        "material_hex": kdf.derive(pin.encode()).hex(),
        "d_hex": f"{pin_scalar(pin, salt):064x}",
        "jwk": public_jwk(public),
        "thumbprint": thumbprint(public),
    }


def rule_cases() -> Iterator[dict[str, Any]]:
    """Yield PINs with the code of the rule they break, or null."""
    for name, why, pin, code in (
        ("good", "breaks no rule", "270391", None),
        ("length", "five digits", "27039", "PIN_LENGTH"),
        ("other-digits", "six digits of another script are not [0-9]", "٢٧٠٣٩١", "PIN_LENGTH"),
        ("blocked", "on the list of the policy", "200845", "PIN_COMMON"),
        ("rising", "a run of digits", "345678", "PIN_SEQUENCE"),
        ("falling", "a run of digits downwards", "654321", "PIN_SEQUENCE"),
        ("around-ten", "a run that passes 9 to 0", "789012", "PIN_SEQUENCE"),
        ("one-digit", "one digit six times", "777777", "PIN_REPEAT"),
        ("pairs", "two digits three times", "272727", "PIN_REPEAT"),
        ("triples", "three digits twice", "391391", "PIN_REPEAT"),
        ("birth-date", "DDMMYY of the NIK, 40 taken off for a woman", "170890", "PIN_BIRTH_DATE"),
        ("birth-date-backwards", "YYMMDD", "900817", "PIN_BIRTH_DATE"),
        ("birth-month-and-year", "MMYYYY", "081990", "PIN_BIRTH_DATE"),
        ("nik-start", "the first six digits of the NIK", "317101", "PIN_NIK_PART"),
        ("nik-middle", "six digits in a row, with the 40 added", "570890", "PIN_NIK_PART"),
    ):
        given = {"pin": pin, "nik": NIK, "policy": POLICY}
        yield {"name": name, "why": why, "input": given, "expected": {"code": code}}
