"""Presentations that must be refused: what is presented, how the wallet bends it, and the code."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from credentials.certificates import Subject
from credentials.disclosures import Selective
from credentials.jwk import b64url_decode, b64url_encode
from credentials.mdoc_mso import Validity
from credentials.signing import PemSigner, generate_pem
from credentials.token_claims import StatusReference
from credentials.x509_chain import DOCUMENT_SIGNER
from tests.verifier.openid4vp.wallet import Bends
from tests.verifier.openid4vp.world import DAY, World, midnight

YEAR = 365 * DAY
STRANGER = PemSigner(generate_pem())

Case = tuple[Callable[[World], str | bytes], Bends | None, str]


def without(text: str, name: bytes) -> str:
    """The presentation without the disclosure of a claim that holds no others."""
    jws, *shown, proof = text.split("~")
    kept = [one for one in shown if name not in b64url_decode(one)]
    assert len(kept) == len(shown) - 1
    return "~".join([jws, *kept, proof])


def _tampered(world: World) -> bytes:
    data = world.mdoc()
    at = data.index(b"ZAINAL ROHIM")
    return data[:at] + b"ZAINAL RAHIM" + data[at + 12 :]


def _other_leaf(world: World, **changes: Any) -> tuple[PemSigner, tuple[bytes, ...]]:
    key = PemSigner(generate_pem())
    return key, (world.leaf(key, **changes),)


def _sd_jwt_of(world: World, **changes: Any) -> str:
    key, chain = _other_leaf(world, **changes)
    return world.sd_jwt(signer=key, chain=chain, issuer=None)


def _mdoc_of(world: World, **changes: Any) -> bytes:
    key, chain = _other_leaf(world, **changes)
    return world.mdoc(signer=key, chain=chain)


PAST = {"issued_at": midnight() - 30 * DAY, "expires_at": midnight() - DAY}
OLD_LEAF = {"not_before": midnight() - 20 * DAY, "not_after": midnight() - 10 * DAY}
FOREIGN_DISCLOSURE = b64url_encode(b'["c2FsdC1zYWx0LXNhbHQ", "nik", "1"]')
FOREIGN = StatusReference("https://elsewhere.example/lists/7", 1)

CASES: dict[str, Case] = {
    "signed by a stranger's key with the issuer's chain": (
        lambda world: world.sd_jwt(signer=STRANGER),
        None,
        "SIGNATURE_INVALID",
    ),
    "without a chain": (lambda world: world.sd_jwt(chain=()), None, "CHAIN_MISSING"),
    "another root of the same name": (
        lambda world: World(world.status_url).sd_jwt(),
        None,
        "CHAIN_SIGNATURE",
    ),
    "a root nobody named": (
        lambda world: World(world.status_url, name="Elsewhere").sd_jwt(),
        None,
        "CHAIN_UNTRUSTED",
    ),
    "an mdoc of a root nobody named": (
        lambda world: World(world.status_url, name="Elsewhere").mdoc(),
        None,
        "CHAIN_UNTRUSTED",
    ),
    "the anchor in the chain": (
        lambda world: world.sd_jwt(chain=(world.sd_leaf, world.root)),
        None,
        "CHAIN_HOLDS_ANCHOR",
    ),
    "a leaf whose time is over": (
        lambda world: _sd_jwt_of(world, **OLD_LEAF),
        None,
        "CHAIN_EXPIRED",
    ),
    "another issuer's name": (
        lambda world: world.sd_jwt(issuer="https://other.example"),
        None,
        "ISSUER_MISMATCH",
    ),
    "expired": (lambda world: world.sd_jwt(**PAST), None, "EXPIRED"),
    "not valid yet": (
        lambda world: world.sd_jwt(issued_at=midnight() + 3 * DAY, expires_at=midnight() + YEAR),
        None,
        "ISSUED_IN_FUTURE",
    ),
    "another type": (lambda world: world.sd_jwt(vct="urn:other:1"), None, "TYPE_NOT_ASKED"),
    "not bound to a holder": (
        lambda world: world.sd_jwt(holder_key=None),
        None,
        "HOLDER_KEY_MISSING",
    ),
    "no proof of the holder": (
        lambda world: world.sd_jwt(),
        Bends(spoil=lambda text: text[: text.rindex("~") + 1]),
        "KEY_BINDING_MISSING",
    ),
    "another holder": (lambda world: world.sd_jwt(), Bends(holder=STRANGER), "SIGNATURE_INVALID"),
    "a disclosure dropped after signing": (
        lambda world: world.sd_jwt(),
        Bends(spoil=lambda text: without(text, b'"birthdate"')),
        "KEY_BINDING_HASH",
    ),
    "a disclosure twice": (
        lambda world: world.sd_jwt(),
        Bends(spoil=lambda text: "~".join(text.split("~")[:2] + text.split("~")[1:])),
        "SDJWT_DUPLICATE_DISCLOSURE",
    ),
    "a foreign disclosure": (
        lambda world: world.sd_jwt(),
        Bends(spoil=lambda text: text.replace("~", f"~{FOREIGN_DISCLOSURE}~", 1)),
        "SDJWT_UNREFERENCED",
    ),
    "more than was asked": (
        lambda world: world.sd_jwt(),
        Bends(extra_paths=[("id_religion",)]),
        "CLAIM_NOT_ASKED",
    ),
    "more of an mdoc than was asked": (
        lambda world: world.mdoc(),
        Bends(extra_paths=[("id.example.ikd.idcard.1", "id_religion")]),
        "CLAIM_NOT_ASKED",
    ),
    "less than is required": (
        lambda world: world.sd_jwt(),
        Bends(choice=-1, fewer_paths=[("personal_administrative_number",)]),
        "CLAIM_REQUIRED",
    ),
    "less of an mdoc than is required": (
        lambda world: world.mdoc(),
        Bends(choice=-1, fewer_paths=[("org.iso.23220.1", "birth_date")]),
        "CLAIM_REQUIRED",
    ),
    "a value of the wrong kind": (
        lambda world: world.sd_jwt(
            claims={
                **{
                    name: Selective(name)
                    for name in ("personal_administrative_number", "name", "sex", "picture")
                },
                "birthdate": Selective("1998-01-10"),
                "place_of_birth": Selective({"locality": Selective("X")}),
                "address": Selective({"street_address": Selective("X")}),
                "village_code": Selective("3173021001"),
            }
        ),
        Bends(choice=-1),
        "FIELD_INVALID",
    ),
    "a status list elsewhere": (
        lambda world: world.sd_jwt(status=FOREIGN),
        None,
        "STATUS_UNKNOWN",
    ),
    "no status at all": (lambda world: world.sd_jwt(status=None), None, "STATUS_UNKNOWN"),
    "an index outside the list": (
        lambda world: world.sd_jwt(status=replace(world.reference, index=1 << 20)),
        None,
        "STATUS_UNKNOWN",
    ),
    "an mdoc by a leaf that is no document signer": (
        _mdoc_of,
        None,
        "LEAF_USAGE",
    ),
    "an mdoc by a signer of another country": (
        lambda world: _mdoc_of(
            world, usage=DOCUMENT_SIGNER, subject=Subject("Elsewhere", "NL", "Elsewhere")
        ),
        None,
        "LEAF_COUNTRY",
    ),
    "an mdoc with another name in it": (_tampered, None, "DIGEST_MISMATCH"),
    "an mdoc of another type": (
        lambda world: world.mdoc(doctype="id.example.ikd.other.1"),
        None,
        "TYPE_NOT_ASKED",
    ),
    "an mdoc that is over": (
        lambda world: world.mdoc(
            validity=Validity(midnight() - 9 * DAY, midnight() - 9 * DAY, midnight() - 2 * DAY)
        ),
        None,
        "EXPIRED",
    ),
    "an mdoc signed before its signer was": (
        lambda world: world.mdoc(
            validity=Validity(midnight() - 30 * DAY, midnight() - 30 * DAY, midnight() + DAY)
        ),
        None,
        "SIGNED_OUTSIDE_CERTIFICATE",
    ),
    "an mdoc of another holder's phone": (
        lambda world: world.mdoc(),
        Bends(holder=STRANGER),
        "SIGNATURE_INVALID",
    ),
    "an mdoc in base64 with padding": (
        lambda world: world.mdoc(),
        Bends(spoil=lambda text: text + "="),
        "BASE64_INVALID",
    ),
    "an SD-JWT where an mdoc was asked": (
        lambda world: world.mdoc(),
        Bends(spoil=lambda _: b64url_encode(b"\xa0")),
        "MDOC_VERSION",
    ),
}
