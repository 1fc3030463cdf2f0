"""Disclosures and key bindings that do not belong to what was signed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from credentials.disclosures import Selective
from credentials.jwk import public_jwk
from credentials.key_binding import bind, hash_presented
from credentials.sd_jwt_vc import parse_sd_jwt_vc
from credentials.signing import Signer
from tests.credentials.made import DAY, HOLDER, NOW, STRANGER
from tests.credentials.refusals.reading import Case
from tests.credentials.sd_jwt.issuing import (
    AUDIENCE,
    CLAIMS,
    NONCE,
    credential,
    disclosure,
    encode,
    forge,
    opened,
)

FORMAT = "sd-jwt-vc"
GOOD = credential()
HEADER, PAYLOAD = opened(GOOD)
OPEN = {name: value for name, value in PAYLOAD.items() if name not in {"_sd", "nationalities"}}
SALT = "salt-salt-salt-salt-22"

Row = tuple[str, str, str, str | None]


def _sign(payload: dict[str, Any], *texts: str) -> str:
    return "~".join((forge(HEADER, {**OPEN, **payload}), *texts, ""))


def _one(*parts: object) -> str:
    """Sign one object disclosure of any shape."""
    text, digest = disclosure(*parts)
    return _sign({"_sd": [digest]}, text)


def _shapes() -> Iterator[Row]:
    yield "good", "one disclosure, by hand", _one(SALT, "name", "SITI"), None
    yield (
        "salt long",
        "129 characters: a salt that is a message",
        _one("s" * 129, "name", "SITI"),
        "DISCLOSURE_SALT",
    )
    yield "salt empty", "the claim could be guessed", _one("", "name", "SITI"), "DISCLOSURE_SALT"
    yield "salt number", "a salt of another kind", _one(7, "name", "SITI"), "DISCLOSURE_SALT"
    yield "one part", "only a salt", _one(SALT), "DISCLOSURE_FORMAT"
    yield "four parts", "one too many", _one(SALT, "name", "SITI", 1), "DISCLOSURE_FORMAT"
    yield "name number", "a name of another kind", _one(SALT, 7, "SITI"), "DISCLOSURE_FORMAT"
    yield "name long", "a name of 257 characters", _one(SALT, "n" * 257, 1), "DISCLOSURE_FORMAT"
    yield "_sd", "a claim that brings digests", _one(SALT, "_sd", ["x"]), "DISCLOSURE_NAME"
    yield "...", "a claim that stands for another", _one(SALT, "...", "x"), "DISCLOSURE_NAME"
    yield "_sd_alg", "a claim that changes the hash", _one(SALT, "_sd_alg", "x"), "DISCLOSURE_NAME"
    text = encode({"salt": SALT})
    yield "object", "an object in the place of the array", _sign({}, text), "DISCLOSURE_FORMAT"
    yield "no json", "no JSON", _sign({}, encode("[")), "JSON_INVALID"
    yield "no base64", "no base64url", _sign({}, "a b"), "BASE64_INVALID"
    yield "empty", "two separators in a row", _sign({}, ""), "JSON_INVALID"


NAME, NAME_DIGEST = disclosure(SALT, "name", "SITI")
AGAIN, AGAIN_DIGEST = disclosure(SALT + "2", "name", "BUDI")
ELEMENT, ELEMENT_DIGEST = disclosure(SALT, "ID")


def _places() -> Iterator[Row]:
    """Digests in two places, disclosures without a place."""
    both = {"_sd": [NAME_DIGEST], "a": {"_sd": [NAME_DIGEST]}}
    yield "twice signed", "one digest in two places", _sign(both, NAME), "SDJWT_DUPLICATE_DIGEST"
    yield "twice withheld", "also when it is withheld", _sign(both), "SDJWT_DUPLICATE_DIGEST"
    in_array = {"_sd": [NAME_DIGEST], "a": [{"...": NAME_DIGEST}]}
    yield "twice array", "in an array as well", _sign(in_array), "SDJWT_DUPLICATE_DIGEST"
    nested, nested_digest = disclosure(SALT, "a", {"_sd": [NAME_DIGEST]})
    inside = {"_sd": [NAME_DIGEST, nested_digest]}
    yield (
        "twice nested",
        "again inside a disclosure",
        _sign(inside, nested),
        "SDJWT_DUPLICATE_DIGEST",
    )
    yield (
        "twice shown",
        "one disclosure two times",
        _sign({"_sd": [NAME_DIGEST]}, NAME, NAME),
        "SDJWT_DUPLICATE_DISCLOSURE",
    )
    yield (
        "unsigned",
        "nothing refers to it",
        _sign({"_sd": [NAME_DIGEST]}, NAME, AGAIN),
        "SDJWT_UNREFERENCED",
    )
    stranger = parse_sd_jwt_vc(credential({**CLAIMS, "name": Selective("BUDI")})).disclosures[0]
    head = GOOD.split("~")[0]
    yield (
        "swapped",
        "of another person's credential",
        f"{head}~{stranger.text}~",
        "SDJWT_UNREFERENCED",
    )
    child, child_digest = disclosure(SALT, "postal_code", "11450")
    parent, parent_digest = disclosure(SALT, "address", {"_sd": [child_digest]})
    yield (
        "orphan",
        "a claim without the one it lies in",
        _sign({"_sd": [parent_digest]}, child),
        "SDJWT_UNREFERENCED",
    )
    yield "family", "both together", _sign({"_sd": [parent_digest]}, child, parent), None


def _contents() -> Iterator[Row]:
    """Digests that lead to something of the wrong kind, and the limits."""
    yield (
        "name taken",
        "the open claim would be replaced",
        _sign({"name": "X", "_sd": [NAME_DIGEST]}, NAME),
        "SDJWT_DUPLICATE_CLAIM",
    )
    yield (
        "two names",
        "two claims of one name",
        _sign({"_sd": [NAME_DIGEST, AGAIN_DIGEST]}, NAME, AGAIN),
        "SDJWT_DUPLICATE_CLAIM",
    )
    yield (
        "element as claim",
        "an element where a claim belongs",
        _sign({"_sd": [ELEMENT_DIGEST]}, ELEMENT),
        "SDJWT_DISCLOSURE_KIND",
    )
    yield (
        "claim as element",
        "a claim where an element belongs",
        _sign({"a": [{"...": NAME_DIGEST}]}, NAME),
        "SDJWT_DISCLOSURE_KIND",
    )
    sibling = {"a": [{"...": ELEMENT_DIGEST, "b": 1}]}
    yield "sibling", "something beside the digest", _sign(sibling, ELEMENT), "SDJWT_ELLIPSIS"
    yield "... number", "a digest of another kind", _sign({"a": [{"...": 7}]}), "SDJWT_ELLIPSIS"
    yield (
        "... member",
        "an element's digest in an object",
        _sign({"a": {"...": "x"}}),
        "SDJWT_ELLIPSIS",
    )
    yield "_sd text", "a text in the place of the list", _sign({"_sd": "x"}), "SDJWT_DIGESTS"
    yield "_sd numbers", "digests of another kind", _sign({"_sd": [7]}), "SDJWT_DIGESTS"
    yield "sha-512", "a hash we do not know", _sign({"_sd_alg": "sha-512"}), "SDJWT_ALGORITHM"
    yield "md5", "a hash nobody should know", _sign({"_sd_alg": "md5"}), "SDJWT_ALGORITHM"
    yield "sha-256", "no other spelling", _sign({"_sd_alg": "SHA-256"}), "SDJWT_ALGORITHM"
    yield "many", "513 disclosures", _sign({}, *[NAME] * 513), "SDJWT_FORMAT"
    yield "nested deep", "forty disclosures in one another", _deep(), "SDJWT_DEPTH"
    yield "too large", "more than 256 KiB", GOOD + "a" * (1 << 18), "SDJWT_TOO_LARGE"


def _deep() -> str:
    texts: list[str] = []
    value: object = 1
    for _ in range(40):
        text, digest = disclosure(SALT, "a", value)
        texts.append(text)
        value = {"_sd": [digest]}
    return _sign({"a": value}, *texts)


def disclosures() -> Iterator[Case]:
    """Return the cases of disclosures."""
    rows = (*_shapes(), *_places(), *_contents())
    yield from (Case(name, why, FORMAT, text, code) for name, why, text, code in rows)


# ------------------------------------------------------------------------------- key binding

BINDING: dict[str, Any] = {"aud": AUDIENCE, "nonce": NONCE, "iat": NOW, "sd_hash": ...}


def _bound(
    changes: dict[str, Any], header: dict[str, Any] | None = None, signer: Signer = HOLDER
) -> str:
    members = {**BINDING, "sd_hash": hash_presented(GOOD), **changes}
    payload = {name: value for name, value in members.items() if value is not ...}
    return GOOD + forge({"alg": "ES256", "typ": "kb+jwt", **(header or {})}, payload, signer)


def _other_hash() -> str:
    fewer = GOOD[: GOOD.rindex("~", 0, -1) + 1]
    return _bound({"sd_hash": hash_presented(fewer)})


def _bindings() -> Iterator[Row]:
    good = bind(GOOD, HOLDER, audience=AUDIENCE, nonce=NONCE, issued_at=NOW)
    brought = {"jwk": public_jwk(STRANGER.public_key)}
    yield "good", "bound by its holder", good, None
    yield "more claims", "others may say more", _bound({"x": 1}), None
    yield "missing", "shown without a proof", GOOD, "KEY_BINDING_MISSING"
    yield "stranger", "somebody else's key", _bound({}, None, STRANGER), "SIGNATURE_INVALID"
    yield "jwk", "a key that comes along", _bound({}, brought, STRANGER), "JWS_JWK"
    yield "none", "alg none", _bound({}, {"alg": "none"}), "JWS_ALG"
    yield "typ", "any JWT of the holder's", _bound({}, {"typ": "JWT"}), "JWS_TYP"
    yield (
        "statement",
        "a statement of our own app",
        _bound({}, {"typ": "ikd-statement+jwt"}),
        "JWS_TYP",
    )
    yield "crit", "a critical extension", _bound({}, {"crit": ["x"]}), "JWS_CRIT"
    yield "aud", "for another verifier", _bound({"aud": "x509_san_dns:evil.example"}), "AUDIENCE"
    yield "aud bare", "without its prefix", _bound({"aud": "bank.example"}), "AUDIENCE"
    yield "aud list", "for several verifiers", _bound({"aud": [AUDIENCE]}), "CLAIM_INVALID"
    yield "aud missing", "for nobody", _bound({"aud": ...}), "CLAIM_MISSING"
    yield "nonce", "an old answer", _bound({"nonce": "n-0S6_WzA2Mi"}), "NONCE"
    yield "nonce missing", "an answer to nothing", _bound({"nonce": ...}), "CLAIM_MISSING"
    yield "nonce empty", "an answer to nothing", _bound({"nonce": ""}), "CLAIM_INVALID"
    yield "old", "six minutes old", _bound({"iat": NOW - 361}), "KEY_BINDING_OLD"
    yield "year old", "a year old", _bound({"iat": NOW - 365 * DAY}), "KEY_BINDING_OLD"
    yield "future", "from next year", _bound({"iat": NOW + 365 * DAY}), "ISSUED_IN_FUTURE"
    yield "iat missing", "from no time", _bound({"iat": ...}), "CLAIM_MISSING"
    yield "iat fraction", "no whole seconds", _bound({"iat": NOW + 0.5}), "CLAIM_INVALID"
    yield "exp", "it says itself that it is over", _bound({"exp": NOW - 61}), "EXPIRED"
    yield "hash", "over fewer disclosures", _other_hash(), "KEY_BINDING_HASH"
    yield "hash missing", "over nothing", _bound({"sd_hash": ...}), "CLAIM_MISSING"
    yield "two", "two proofs", f"{good}~{good.rpartition('~')[2]}", "BASE64_INVALID"


def bindings() -> Iterator[Case]:
    """Return the cases of key bindings."""
    rows = _bindings()
    form = "sd-jwt-vc with key binding"
    yield from (Case(name, why, form, text, code) for name, why, text, code in rows)
