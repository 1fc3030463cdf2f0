"""Device responses and status lists that differ from a good one in one thing."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from typing import Any

import cbor2
from cbor2 import CBORTag

from credentials import tagged_cbor
from credentials.cose_chain import sign_message
from credentials.jose import sign_jws
from credentials.jwk import b64url_encode
from credentials.mdoc_device import respond
from credentials.mdoc_issuer import parse_issuer_signed
from credentials.mdoc_transcript import redirect_transcript
from credentials.signing import Signer
from credentials.status_list import LIST_SIZE
from tests.credentials.made import DAY, HOLDER, NOW, STRANGER
from tests.credentials.refusals.cases_mdoc import GOOD, SPACE, Row, text_of
from tests.credentials.refusals.reading import Case
from tests.credentials.sd_jwt.issuing import AUDIENCE, LEAF, LEAF_KEY, NONCE, STATUS

TRANSCRIPT = redirect_transcript(AUDIENCE, NONCE, "https://bank.example/r", key_thumbprint=None)
OTHER_TRANSCRIPT = redirect_transcript(AUDIENCE, "x", "https://bank.example/r", key_thumbprint=None)


def _response(
    change: Any = None, *, holder: Signer = HOLDER, transcript: bytes = TRANSCRIPT
) -> bytes:
    wanted = [(SPACE, "family_name")]
    data = respond(parse_issuer_signed(GOOD), wanted, holder, transcript=transcript)
    if change is None:
        return data
    response = tagged_cbor.decode_map(data)
    change(response, response["documents"][0])  # type: ignore[index]
    return cbor2.dumps(response)


MAC = {"deviceMac": [b"\xa1\x01\x05", {}, None, bytes(32)]}
BOTH = {**MAC, "deviceSignature": sign_message(b"x", HOLDER, detached=True)}
ATTACHED = {"deviceSignature": sign_message(b"x", HOLDER)}


def _device() -> Iterator[Row]:
    def put(*path: str, value: object) -> bytes:
        def change(response: Any, document: Any) -> None:
            inner = response if path[0] in response else document
            for step in path[:-1]:
                inner = inner[step]
            inner[path[-1]] = value

        return _response(change)

    yield "good", "answered by the device", _response(), None
    yield "stranger", "somebody else's device", _response(holder=STRANGER), "SIGNATURE_INVALID"
    yield (
        "replay",
        "an answer to another request",
        _response(transcript=OTHER_TRANSCRIPT),
        "SIGNATURE_INVALID",
    )
    yield (
        "mac",
        "a MAC in the place of the signature",
        put("deviceSigned", "deviceAuth", value=MAC),
        "MDOC_DEVICE_MAC",
    )
    yield (
        "mac as well",
        "a MAC beside it",
        put("deviceSigned", "deviceAuth", value=BOTH),
        "MDOC_DEVICE_MAC",
    )
    yield "unsigned", "no proof at all", put("deviceSigned", "deviceAuth", value={}), "MDOC_FORMAT"
    yield (
        "attached",
        "a signature over its own payload",
        put("deviceSigned", "deviceAuth", value=ATTACHED),
        "PAYLOAD_DETACHED",
    )
    yield (
        "own elements",
        "what the device says of itself",
        put("deviceSigned", "nameSpaces", value=CBORTag(24, b"\xa1\x61a\xa0")),
        "MDOC_DEVICE_ELEMENTS",
    )
    yield "doctype", "another type than was signed", put("docType", value="x"), "MDOC_DOCTYPE"
    yield "version", "a version to come", put("version", value="2.0"), "MDOC_VERSION"
    yield "status", "the device reports a failure", put("status", value=10), "MDOC_STATUS"
    yield "status false", "a status of another kind", put("status", value=False), "MDOC_STATUS"
    yield "no documents", "an empty answer", put("documents", value=[]), "MDOC_FORMAT"


def presented() -> Iterator[Case]:
    """Return the cases of DeviceResponse."""
    rows = _device()
    name = "mdoc DeviceResponse"
    yield from (Case(row[0], row[1], name, text_of(row[2]), row[3]) for row in rows)


# ------------------------------------------------------------------------------ status lists

LISTED: dict[str, Any] = {
    "sub": STATUS.uri,
    "iat": NOW,
    "exp": NOW + DAY,
    "status_list": {"bits": 2, "lst": zlib.compress(bytes(64))},
}
_KEYS = {"sub": 2, "exp": 4, "iat": 6, "status_list": 65533}


def _both(changes: dict[str, Any], key: Signer = LEAF_KEY) -> tuple[str, bytes]:
    claims = {name: one for name, one in {**LISTED, **changes}.items() if one is not ...}
    payload = cbor2.dumps({_KEYS[name]: one for name, one in claims.items()})
    parts = sign_message(payload, key, chain=(LEAF,), typ="application/statuslist+cwt")
    listed = claims.get("status_list")
    if isinstance(listed, dict) and isinstance(listed.get("lst"), bytes):
        claims["status_list"] = {**listed, "lst": b64url_encode(listed["lst"])}
    return sign_jws(claims, key, typ="statuslist+jwt", chain=(LEAF,)), cbor2.dumps(parts)


def lists() -> Iterator[Case]:
    """Return the cases of status lists, each as JWT and as CWT."""
    bomb = zlib.compress(bytes(64 * LIST_SIZE), 9)
    table: list[tuple[str, str, dict[str, Any], str | None]] = [
        ("good", "signed by us", {}, None),
        ("other list", "the list of another address", {"sub": STATUS.uri + "0"}, "STATUS_URI"),
        ("expired", "an old list", {"exp": NOW - 60}, "EXPIRED"),
        ("future", "a list made later", {"iat": NOW + 61}, "ISSUED_IN_FUTURE"),
        ("iat missing", "a list of no time", {"iat": ...}, "CLAIM_MISSING"),
        (
            "bomb",
            "64 MiB of zeros in 64 KiB",
            {"status_list": {"bits": 2, "lst": bomb}},
            "ZLIB_TOO_LARGE",
        ),
        ("no zlib", "raw bytes", {"status_list": {"bits": 2, "lst": b"xyz"}}, "ZLIB_INVALID"),
        (
            "bits",
            "three bits an entry",
            {"status_list": {"bits": 3, "lst": b""}},
            "STATUS_LIST_FORMAT",
        ),
        (
            "short",
            "the entry is not in it",
            {"status_list": {"bits": 2, "lst": zlib.compress(bytes(25))}},
            "STATUS_INDEX",
        ),
        ("no list", "nothing in it", {"status_list": ...}, "CLAIM_MISSING"),
    ]
    for name, why, changes, code in table:
        jwt, cwt = _both(changes)
        yield Case(f"{name} JWT", why, "status list JWT", jwt, code)
        yield Case(f"{name} CWT", why, "status list CWT", text_of(cwt), code)
    jwt, cwt = _both({}, STRANGER)
    yield Case("stranger JWT", "a stranger's", "status list JWT", jwt, "SIGNATURE_INVALID")
    yield Case("stranger CWT", "a stranger's", "status list CWT", text_of(cwt), "SIGNATURE_INVALID")
    untyped = cbor2.dumps(sign_message(b"\xa0", LEAF_KEY, chain=(LEAF,)))
    yield Case(
        "typ CWT", "any CWT of the issuer's", "status list CWT", text_of(untyped), "COSE_TYP"
    )
