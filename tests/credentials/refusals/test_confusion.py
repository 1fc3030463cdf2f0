"""The ways to confuse a reader of JOSE and COSE, and for each of them the vectors that hold it.

This is the one list of them: whoever looks for an attack finds here the file and the name of the
input in `tests/vectors/refusals/`; `test_refusals.py` shows that each is refused for its reason.
"""

from __future__ import annotations

import json

import pytest

from tests.credentials.made import VECTORS

KINDS: dict[str, dict[str, tuple[str, ...]]] = {
    "no algorithm": {
        "headers": ("none", "none with signature", "None", "alg missing"),
        "key_bindings": ("none",),
        "mdocs": ("alg missing", "alg outside"),
        "encrypted": ("alg none", "alg missing"),
    },
    "the public key as the secret of a MAC": {
        "headers": ("hs256",),
        "mdocs": ("alg hmac",),
        "device_responses": ("mac", "mac as well"),
        "claims": ("cnf symmetric",),
    },
    "another algorithm": {
        "headers": ("es384", "eddsa", "alg number"),
        "mdocs": ("alg es384", "alg text"),
        "frames": ("alg twice",),
        "encrypted": ("dir", "wrapped key", "RSA 1.5", "CBC"),
    },
    "a key that comes along": {
        "headers": ("jwk",),
        "key_bindings": ("jwk",),
        "chains": ("no chain", "same names", "self-signed", "leaf as CA"),
        "encrypted": ("jwk",),
    },
    "the address of a key": {
        "headers": ("jku", "x5u"),
        "claims": ("cnf kid", "cnf jku"),
        "mdocs": ("x5u", "kid only"),
        "encrypted": ("jku", "x5u"),
    },
    "an unknown critical extension": {
        "headers": ("crit", "crit empty", "crit b64", "b64"),
        "key_bindings": ("crit",),
        "mdocs": ("crit", "crit outside"),
        "encrypted": ("crit",),
    },
    "a wrong type": {
        "headers": ("typ JWT", "typ old", "typ capitals", "typ kb", "typ status", "typ missing"),
        "key_bindings": ("typ", "statement"),
        "status_lists": ("typ CWT",),
    },
    "no end, or over": {
        "claims": ("exp missing", "exp past", "exp text", "exp null", "exp milliseconds"),
        "mdocs": ("no validity", "past", "reversed"),
        "status_lists": ("expired JWT", "expired CWT"),
    },
    "the key id or the name of another issuer": {
        "chains": ("other's kid", "iss", "iss host"),
        "mdocs": ("country", "chain country"),
        "device_responses": ("stranger",),
        "status_lists": ("stranger JWT", "stranger CWT", "other list JWT", "other list CWT"),
    },
    "a certificate for another use": {
        "mdocs": ("usage", "usage server"),
        "chains": ("root alone", "anchor"),
    },
    "a chain that is over or not yet valid": {
        "chains": ("expired", "early"),
        "mdocs": ("chain expired",),
    },
    "disclosures of another credential or place": {
        "disclosures": ("swapped", "unsigned", "orphan", "element as claim", "claim as element"),
        "mdocs": ("value", "salt", "digest id"),
        "key_bindings": ("hash",),
        "device_responses": ("replay",),
    },
    "digests twice": {
        "disclosures": (
            *("twice signed", "twice withheld", "twice array", "twice nested", "twice shown"),
            *("two names", "name taken"),
        ),
        "mdocs": ("twice", "same digest"),
    },
    "salts too long or too short": {
        "disclosures": ("salt long", "salt empty", "salt number"),
        "mdocs": ("salt short",),
    },
    "bombs": {
        "headers": ("zip",),
        "status_lists": ("bomb JWT", "bomb CWT"),
        "encrypted": ("zip bomb", "password bomb", "rounds"),
        "frames": ("deep", "deeper", "huge", "jwe"),
        "disclosures": ("many", "nested deep", "too large"),
        "mdocs": ("many", "bomb"),
    },
}
EXPECTED = {
    (path.stem, case["name"]): case["expected"]
    for path in (VECTORS / "refusals").glob("*.json")
    for case in json.loads(path.read_text(encoding="utf-8"))["cases"]
}


@pytest.mark.parametrize("kind", KINDS)
def test_each_way_has_vectors_that_are_refused(kind: str) -> None:
    for file, names in KINDS[kind].items():
        for name in names:
            assert EXPECTED[file, name] is not None, (file, name)


def test_there_are_more_than_sixty_and_none_is_counted_twice() -> None:
    listed = [
        (file, name) for kind in KINDS.values() for file, names in kind.items() for name in names
    ]
    assert len(listed) == len(set(listed))
    assert len(listed) >= 100
