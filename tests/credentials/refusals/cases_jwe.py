"""Encrypted answers whose header would decide how they are opened, and bombs in them."""

from __future__ import annotations

import json
import os
import zlib
from collections.abc import Iterator
from typing import Any

from credentials.jwe import encrypt_jwe
from credentials.jwk import b64url_decode, public_jwk
from tests.credentials.made import HOLDER, STRANGER
from tests.credentials.refusals.reading import Case
from tests.credentials.sd_jwt.issuing import encode

FORMAT = "JWE"
TEXT = b'{"vp_token":{"q":["x"]}}'
KEY = public_jwk(STRANGER.public_key)


def _jwe(text: bytes = TEXT, **changes: Any) -> str:
    """Encrypt, then put other members into the header."""
    whole = encrypt_jwe(text, HOLDER.public_key, enc="A128GCM", random=os.urandom)
    head, *rest = whole.split(".")
    header = {**json.loads(b64url_decode(head)), **changes}
    members = {name: value for name, value in header.items() if value is not ...}
    return ".".join((encode(members), *rest))


def _parts(**changes: str) -> str:
    names = ("header", "key", "iv", "text", "tag")
    return ".".join(
        changes.get(name, part) for name, part in zip(names, _jwe().split("."), strict=True)
    )


def encrypted() -> Iterator[Case]:
    """Return the cases of encrypted answers; nothing of them needs the recipient's key."""
    bomb = zlib.compress(bytes(1 << 22), 9)[2:-4]
    table = [
        ("dir", "a key that everybody would share", _jwe(alg="dir"), "JWE_ALG"),
        ("wrapped key", "an algorithm not ours", _jwe(alg="ECDH-ES+A128KW"), "JWE_ALG"),
        ("RSA 1.5", "an algorithm with an oracle", _jwe(alg="RSA1_5"), "JWE_ALG"),
        (
            "password bomb",
            "a billion rounds of hashing",
            _jwe(alg="PBES2-HS256+A128KW", p2c=10**9),
            "JWE_ALG",
        ),
        ("rounds", "the same, in disguise", _jwe(p2c=10**9), "JWE_HEADER"),
        ("alg none", "no algorithm", _jwe(alg="none"), "JWE_ALG"),
        ("alg missing", "the algorithm is not said", _jwe(alg=...), "JWE_ALG"),
        ("CBC", "a cipher that is not ours", _jwe(enc="A128CBC-HS256"), "JWE_ENC"),
        ("enc list", "two ciphers to choose from", _jwe(enc=["A128GCM"]), "JWE_ENC"),
        ("zip bomb", "4 MiB in 4 KiB", _jwe(bomb, zip="DEF"), "JWE_HEADER"),
        ("crit", "a critical extension", _jwe(crit=["exp"]), "JWE_HEADER"),
        ("jku", "the address of keys, never fetched", _jwe(jku="https://x"), "JWE_HEADER"),
        ("x5u", "the address of a chain, never fetched", _jwe(x5u="https://x"), "JWE_HEADER"),
        ("jwk", "a key that comes along", _jwe(jwk=KEY), "JWE_HEADER"),
        ("no key", "no ephemeral key", _jwe(epk=...), "JWE_HEADER"),
        (
            "off curve",
            "a point that gives our key away",
            _jwe(epk={**KEY, "y": KEY["x"]}),
            "KEY_NOT_ON_CURVE",
        ),
        ("private key", "the ephemeral private key", _jwe(epk={**KEY, "d": "AA"}), "JWK_PRIVATE"),
        (
            "other curve",
            "X25519",
            _jwe(epk={"kty": "OKP", "crv": "X25519", "x": "AA"}),
            "JWK_NOT_P256",
        ),
        ("party long", "a name of 2,000 characters", _jwe(apv="a" * 2000), "JWE_HEADER"),
        ("key part", "a wrapped key where there is none", _parts(key="AAAA"), "JWE_FORMAT"),
        ("tag short", "a tag of 3 bytes", _parts(tag="AAAA"), "JWE_FORMAT"),
        ("signed", "a JWS in its place", ".".join(_jwe().split(".")[:3]), "JWE_FORMAT"),
    ]
    yield Case("good", "encrypted to its recipient", FORMAT, _jwe(), None)
    yield from (Case(name, why, FORMAT, text, code) for name, why, text, code in table)
