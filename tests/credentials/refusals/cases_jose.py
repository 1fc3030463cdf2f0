"""JOSE confusion, times and open claims: SD-JWT VCs that differ from a good one in one thing."""

from __future__ import annotations

import hashlib
import hmac
import json
import zlib
from base64 import b64encode
from collections.abc import Iterator
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from credentials.certificates import Subject, make_leaf, make_root
from credentials.jwk import b64url_decode, b64url_encode, public_jwk
from tests.credentials.made import DAY, NOW, STRANGER
from tests.credentials.refusals.reading import Case
from tests.credentials.sd_jwt.issuing import (
    ISSUER_URI,
    LEAF,
    LEAF_KEY,
    ROOT,
    credential,
    disclosure,
    encode,
    forge,
    leaf,
    opened,
)

FORMAT = "sd-jwt-vc"
GOOD = credential()
HEADER, PAYLOAD = opened(GOOD)
SIGNATURE = GOOD.partition("~")[0].rpartition(".")[2]


def _base(der: bytes) -> str:
    return b64encode(der).decode()


def _header(**changes: Any) -> str:
    header = {name: value for name, value in {**HEADER, **changes}.items() if value is not ...}
    return forge(header, PAYLOAD) + "~"


def _payload(**changes: Any) -> str:
    payload = {name: value for name, value in {**PAYLOAD, **changes}.items() if value is not ...}
    return forge(HEADER, payload) + "~"


def _hs256() -> str:
    """The public key as the secret of a MAC: for readers that let the header choose."""
    pem = LEAF_KEY.public_key.public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    signed = f"{encode({**HEADER, 'alg': 'HS256'})}.{encode(PAYLOAD)}"
    return f"{signed}.{b64url_encode(hmac.digest(pem, signed.encode(), 'sha256'))}~"


def headers() -> Iterator[Case]:
    """Headers that would let the message decide how it is checked."""
    unsigned = f"{encode({**HEADER, 'alg': 'none'})}.{encode(PAYLOAD)}.~"
    brought = {**HEADER, "jwk": public_jwk(STRANGER.public_key)}
    table = [
        ("none", "alg none, no signature", unsigned, "JWS_ALG"),
        ("none with signature", "alg none with a signature", _header(alg="none"), "JWS_ALG"),
        ("None", "alg none in capitals", _header(alg="NONE"), "JWS_ALG"),
        ("hs256", "HMAC with the public key as the secret", _hs256(), "JWS_ALG"),
        ("es384", "an algorithm that is not ours", _header(alg="ES384"), "JWS_ALG"),
        ("eddsa", "an algorithm that is not ours", _header(alg="EdDSA"), "JWS_ALG"),
        ("alg missing", "the algorithm is not said", _header(alg=...), "JWS_ALG"),
        ("alg number", "a COSE number as the algorithm", _header(alg=-7), "JWS_ALG"),
        (
            "jwk",
            "the header brings the key it was signed with",
            forge(brought, PAYLOAD, STRANGER) + "~",
            "JWS_JWK",
        ),
        ("jku", "the address of keys, never fetched", _header(jku="https://x"), "JWS_HEADER"),
        ("x5u", "the address of a chain, never fetched", _header(x5u="https://x"), "JWS_HEADER"),
        ("crit", "a critical extension", _header(crit=["exp"]), "JWS_CRIT"),
        ("crit empty", "an empty list of them", _header(crit=[]), "JWS_CRIT"),
        ("crit b64", "RFC 7797", _header(crit=["b64"], b64=False), "JWS_CRIT"),
        ("b64", "unencoded payload without crit", _header(b64=False), "JWS_HEADER"),
        ("zip", "a compressed payload", _zip_bomb(), "JWS_HEADER"),
        ("typ JWT", "any JWT of the issuer's", _header(typ="JWT"), "JWS_TYP"),
        ("typ old", "the draft's former type", _header(typ="vc+sd-jwt"), "JWS_TYP"),
        ("typ capitals", "types are compared exactly", _header(typ="DC+SD-JWT"), "JWS_TYP"),
        ("typ kb", "a key binding JWT as a credential", _header(typ="kb+jwt"), "JWS_TYP"),
        ("typ status", "a status list as a credential", _header(typ="statuslist+jwt"), "JWS_TYP"),
        ("typ missing", "the type is not said", _header(typ=...), "JWS_TYP"),
        ("kid number", "a key id of another kind", _header(kid=7), "JWS_HEADER"),
        ("kid long", "a key id of a thousand characters", _header(kid="k" * 1000), "JWS_HEADER"),
    ]
    yield Case("good", "issued by us", FORMAT, GOOD, None)
    yield Case("kid", "a key id beside the chain does no harm", FORMAT, _header(kid="k"), None)
    yield Case("unknown header", "is ignored, RFC 7515 section 4", FORMAT, _header(x=1), None)
    yield from (Case(name, why, FORMAT, text, code) for name, why, text, code in table)


def _zip_bomb() -> str:
    header = {**HEADER, "zip": "DEF"}
    bomb = b64url_encode(zlib.compress(bytes(1 << 20), 9)[2:-4])
    signed = f"{encode(header)}.{bomb}"
    return f"{signed}.{b64url_encode(LEAF_KEY.sign(signed.encode()))}~"


OWN_ROOT = make_root(
    STRANGER,
    Subject("IKD Root", "ID", "Dukcapil"),
    serial=1,
    not_before=NOW - DAY,
    not_after=NOW + 900 * DAY,
    website="https://ikd.example",
)
OWN_LEAF = make_leaf(
    OWN_ROOT,
    STRANGER,
    Subject("IKD Issuer"),
    STRANGER.public_key,
    serial=2,
    not_before=NOW - DAY,
    not_after=NOW + 90 * DAY,
    website="https://ikd.example",
    uris=(ISSUER_URI,),
)


def chains() -> Iterator[Case]:
    """Certificate chains that do not lead from the signing key to the anchor."""
    expired = leaf(LEAF_KEY, not_after=NOW - 1)
    early = leaf(LEAF_KEY, not_before=NOW + 2 * DAY)

    def with_chain(chain: object) -> str:
        return _header(x5c=chain)

    other = forge({**HEADER, "kid": "dukcapil-1"}, PAYLOAD, STRANGER) + "~"
    foreign = forge({**HEADER, "x5c": [_base(OWN_LEAF)]}, PAYLOAD, STRANGER) + "~"
    below = forge({**HEADER, "x5c": [_base(OWN_LEAF), _base(LEAF)]}, PAYLOAD, STRANGER) + "~"
    table = [
        ("no chain", "no key is trusted without one", _header(x5c=...), "CHAIN_MISSING"),
        ("other's kid", "signed by a stranger in the name of our key", other, "SIGNATURE_INVALID"),
        ("same names", "a stranger's root with our root's name", foreign, "CHAIN_SIGNATURE"),
        ("leaf as CA", "a stranger's leaf below ours", below, "CHAIN_UNTRUSTED"),
        (
            "anchor",
            "the anchor in the chain",
            with_chain([_base(LEAF), _base(ROOT)]),
            "CHAIN_HOLDS_ANCHOR",
        ),
        ("root alone", "the anchor as the leaf", with_chain([_base(ROOT)]), "CHAIN_HOLDS_ANCHOR"),
        ("self-signed", "a self-signed leaf", with_chain([_base(OWN_ROOT)]), "LEAF_SELF_SIGNED"),
        ("expired", "the leaf ran out", with_chain([_base(expired)]), "CHAIN_EXPIRED"),
        ("early", "the leaf begins later", with_chain([_base(early)]), "CHAIN_NOT_YET_VALID"),
        ("x5c text", "a text in the place of the list", with_chain(_base(LEAF)), "JWS_HEADER"),
        ("x5c empty", "an empty list", with_chain([]), "JWS_HEADER"),
        ("x5c many", "five certificates", with_chain([_base(LEAF)] * 5), "JWS_HEADER"),
        ("x5c not base64", "no base64", with_chain(["***"]), "JWS_HEADER"),
        ("x5c huge", "a certificate of 16 KiB", with_chain([_base(bytes(1 << 14))]), "JWS_HEADER"),
        (
            "x5c no DER",
            "bytes that are no certificate",
            with_chain([_base(b"x")]),
            "CERTIFICATE_INVALID",
        ),
        ("iss", "another issuer's name", _payload(iss="https://evil.example"), "ISSUER_MISMATCH"),
        (
            "iss host",
            "our host as the beginning of another",
            _payload(iss="https://ikd.example.evil"),
            "ISSUER_MISMATCH",
        ),
    ]
    yield from (Case(name, why, FORMAT, text, code) for name, why, text, code in table)


def _rearranged() -> Iterator[tuple[str, str, str, str]]:
    """The signature and the frame around it."""
    head, payload, _ = GOOD.partition("~")[0].split(".")
    raw = b64url_decode(SIGNATURE)
    der = encode_dss_signature(int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big"))
    signed = f"{head}.{payload}"
    yield "zero", "r = s = 0", f"{signed}.{b64url_encode(bytes(64))}~", "SIGNATURE_INVALID"
    yield "short", "63 bytes", f"{signed}.{b64url_encode(raw[:63])}~", "JWS_SIGNATURE_SIZE"
    yield "der", "a DER signature", f"{signed}.{b64url_encode(der)}~", "JWS_SIGNATURE_SIZE"
    yield "empty", "no signature", f"{signed}.~", "JWS_SIGNATURE_SIZE"
    yield "padded", "base64 with padding", f"{signed}.{SIGNATURE}==~", "BASE64_INVALID"
    yield "spare bits", "two texts for one value", f"{signed}.{SIGNATURE[:-1]}B~", "BASE64_INVALID"
    yield (
        "standard",
        "base64 of the other alphabet",
        f"{head}+.{payload}.{SIGNATURE}~",
        "BASE64_INVALID",
    )
    yield (
        "changed",
        "another name in the payload",
        f"{head}.{encode({**PAYLOAD, 'name': 'X'})}.{SIGNATURE}~",
        "SIGNATURE_INVALID",
    )
    yield "two parts", "no signature part", f"{signed}~", "JWS_FORMAT"
    yield "jwe", "five parts: an encrypted token", f"{signed}.{SIGNATURE}.a.b~", "JWS_FORMAT"
    yield "no tilde", "a JWT that is no SD-JWT", f"{signed}.{SIGNATURE}", "SDJWT_FORMAT"
    yield "json form", "the JSON serialization", json.dumps({"payload": payload}), "SDJWT_FORMAT"
    yield "nothing", "an empty text", "", "SDJWT_FORMAT"
    yield "not ascii", "a letter outside ASCII", GOOD.replace("~", "é~", 1), "BASE64_INVALID"


def frames() -> Iterator[Case]:
    """Signatures, parts and JSON that are not exactly what was signed."""
    yield from (Case(name, why, FORMAT, text, code) for name, why, text, code in _rearranged())
    plain = json.dumps(PAYLOAD)
    deep = "[" * 40 + "]" * 40
    deeper = '{"a":' * 5000 + "1" + "}" * 5000
    twice = plain[:-1] + ',"exp":9999999999}'
    table = [
        ("twice", "exp is there twice", forge(HEADER, twice), "JSON_INVALID"),
        (
            "alg twice",
            "two algorithms",
            forge(json.dumps(HEADER)[:-1] + ',"alg":"none"}', PAYLOAD),
            "JSON_INVALID",
        ),
        ("nan", "NaN is not JSON", forge(HEADER, plain[:-1] + ',"a":NaN}'), "JSON_INVALID"),
        ("infinite", "1e999", forge(HEADER, plain[:-1] + ',"a":1e999}'), "JSON_INVALID"),
        ("large", "beyond 2**53", forge(HEADER, plain[:-1] + f',"a":{1 << 60}}}'), "JSON_INVALID"),
        (
            "huge",
            "a number of 5,000 digits",
            forge(HEADER, plain[:-1] + f',"a":{"9" * 5000}}}'),
            "JSON_INVALID",
        ),
        (
            "surrogate",
            "half a character",
            forge(HEADER, plain[:-1] + ',"a":"\\ud800"}'),
            "JSON_INVALID",
        ),
        ("deep", "forty arrays", forge(HEADER, plain[:-1] + f',"a":{deep}}}'), "JSON_DEPTH"),
        ("deeper", "five thousand objects", forge(HEADER, deeper), "JSON_INVALID"),
        ("array", "the payload is an array", forge(HEADER, "[]"), "JSON_NOT_OBJECT"),
        ("latin-1", "not UTF-8", _not_utf8(), "JSON_INVALID"),
        ("trailing", "two objects", forge(HEADER, plain + "{}"), "JSON_INVALID"),
    ]
    yield from (Case(name, why, FORMAT, text + "~", code) for name, why, text, code in table)


def _not_utf8() -> str:
    latin = json.dumps(PAYLOAD).encode() + b"\xff"
    signed = f"{encode(HEADER)}.{b64url_encode(latin)}"
    return f"{signed}.{b64url_encode(LEAF_KEY.sign(signed.encode()))}"


def claims() -> Iterator[Case]:
    """Times, and claims that must stand in the open."""
    jwk = public_jwk(STRANGER.public_key)
    table: list[tuple[str, dict[str, Any], str]] = [
        ("exp missing", {"exp": ...}, "CLAIM_MISSING"),
        ("exp past", {"exp": NOW - 60}, "EXPIRED"),
        ("exp fraction", {"exp": NOW + 0.5}, "CLAIM_INVALID"),
        ("exp text", {"exp": str(NOW + DAY)}, "CLAIM_INVALID"),
        ("exp true", {"exp": True}, "CLAIM_INVALID"),
        ("exp null", {"exp": None}, "CLAIM_INVALID"),
        ("exp negative", {"exp": -1}, "CLAIM_INVALID"),
        ("exp milliseconds", {"exp": (NOW + DAY) * 1000}, "CLAIM_INVALID"),
        ("nbf future", {"nbf": NOW + 61}, "NOT_YET_VALID"),
        ("iat future", {"iat": NOW + 61}, "ISSUED_IN_FUTURE"),
        ("vct missing", {"vct": ...}, "CLAIM_MISSING"),
        ("vct number", {"vct": 7}, "CLAIM_INVALID"),
        ("cnf kid", {"cnf": {"kid": "k"}}, "CLAIM_INVALID"),
        ("cnf jku", {"cnf": {"jku": "https://x"}}, "CLAIM_INVALID"),
        ("cnf text", {"cnf": "x"}, "CLAIM_INVALID"),
        ("cnf symmetric", {"cnf": {"jwk": {"kty": "oct", "k": "AA"}}}, "JWK_NOT_P256"),
        ("cnf private", {"cnf": {"jwk": {**jwk, "d": "AA"}}}, "JWK_PRIVATE"),
        ("cnf off curve", {"cnf": {"jwk": {**jwk, "y": jwk["x"]}}}, "KEY_NOT_ON_CURVE"),
        ("status other", {"status": {"crl": "https://x"}}, "STATUS_MECHANISM"),
        ("status text", {"status": "good"}, "STATUS_MECHANISM"),
        ("status idx", {"status": {"status_list": {"idx": -1, "uri": "u"}}}, "STATUS_REFERENCE"),
        ("status uri", {"status": {"status_list": {"idx": 1}}}, "STATUS_REFERENCE"),
    ]
    for name, change, code in table:
        yield Case(name, f"the claim {name.split()[0]}", FORMAT, _payload(**change), code)
    for name in ("exp", "cnf", "status", "iss", "nbf"):
        text, digest = disclosure("salt-salt-salt-salt", name, PAYLOAD[name])
        payload = {key: value for key, value in PAYLOAD.items() if key != name}
        payload["_sd"] = [*PAYLOAD["_sd"], digest]
        hidden = f"{forge(HEADER, payload)}~{text}~"
        yield Case(f"{name} hidden", "it must stand in the open", FORMAT, hidden, "CLAIM_DISCLOSED")
    text, digest = disclosure("salt-salt-salt-salt", "vct", PAYLOAD["vct"])
    payload = {**PAYLOAD, "_sd": [digest]}
    del payload["vct"]
    hidden = f"{forge(HEADER, payload)}~{text}~"
    yield Case("vct hidden", "it must stand in the open", FORMAT, hidden, "CLAIM_MISSING")
    assert hashlib.sha256(text.encode()).digest() == b64url_decode(digest)
