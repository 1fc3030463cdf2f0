"""A small wallet: reads a link, asks, answers. Every step can be bent by whoever tests."""

from __future__ import annotations

import hashlib
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

import requests
from cryptography.hazmat.primitives.asymmetric import ec

from credentials.claim_path import find_values
from credentials.jose import parse_jws, verify_jws
from credentials.json_text import encode_json
from credentials.jwe import encrypt_jwe
from credentials.jwk import b64url_decode, b64url_encode, load_jwk, thumbprint
from credentials.key_binding import bind
from credentials.mdoc_device import respond
from credentials.mdoc_issuer import parse_issuer_signed
from credentials.mdoc_transcript import redirect_transcript
from credentials.sd_jwt import disclosed_claims, present
from credentials.sd_jwt_vc import parse_sd_jwt_vc
from credentials.signing import PemSigner
from credentials.x509_chain import load_certificate


@dataclass
class Asked:
    """A request as the wallet understood it, signature checked against its own certificate."""

    claims: dict[str, Any]
    header: dict[str, Any]

    @property
    def query(self) -> dict[str, Any]:
        found: dict[str, Any] = self.claims["dcql_query"]["credentials"][0]
        return found

    @property
    def jwk(self) -> dict[str, str]:
        found: dict[str, str] = self.claims["client_metadata"]["jwks"]["keys"][0]
        return found

    @property
    def encryption_key(self) -> ec.EllipticCurvePublicKey:
        return load_jwk(self.jwk)

    def choices(self) -> list[list[tuple[Any, ...]]]:
        """The paths of each claim set; without sets all of them."""
        by_id = {claim["id"]: tuple(claim["path"]) for claim in self.query["claims"]}
        sets = self.query.get("claim_sets", [list(by_id)])
        return [[by_id[name] for name in one] for one in sets]

    def paths(self, has: Callable[[tuple[Any, ...]], bool], bends: Bends) -> list[tuple[Any, ...]]:
        """The first claim set that the credential can fulfil, bent."""
        choices = self.choices()
        if bends.choice is None:
            chosen = next(one for one in choices if all(map(has, one)))
        else:
            chosen = choices[bends.choice]
        return [one for one in chosen if one not in bends.fewer_paths] + bends.extra_paths


@dataclass
class Bends:
    """What a dishonest or broken wallet does differently."""

    audience: str | None = None
    nonce: str | None = None
    issued_at: int | None = None
    extra_paths: list[tuple[Any, ...]] = field(default_factory=list)
    fewer_paths: list[tuple[Any, ...]] = field(default_factory=list)
    holder: PemSigner | None = None
    spoil: Any = None  # presentation text -> presentation text
    transcript: dict[str, Any] = field(default_factory=dict)
    choice: int | None = None
    enc: str = "A256GCM"
    apu: bytes = b""
    apv: bytes = b""
    payload: dict[str, Any] = field(default_factory=dict)


def read_link(link: str) -> tuple[str, str, str]:
    """Return (client id, request_uri, method)."""
    parts = urlsplit(link)
    assert parts.scheme == "openid4vp"
    query = {name: values[0] for name, values in parse_qs(parts.query).items()}
    return query["client_id"], query["request_uri"], query.get("request_uri_method", "get")


def fetch(link: str, **form: str) -> Asked:
    """Fetch the request object by GET or, with a form, by POST; check its signature and name."""
    client_id, uri, _ = read_link(link)
    answer = requests.post(uri, data=form, timeout=10) if form else requests.get(uri, timeout=10)
    assert answer.status_code == 200, answer.text
    assert answer.headers["Content-Type"] == "application/oauth-authz-req+jwt"
    assert answer.headers["Cache-Control"] == "no-store"
    jws = parse_jws(answer.text, typ="oauth-authz-req+jwt")
    leaf = load_certificate(jws.chain[0])
    key = leaf.public_key()
    assert isinstance(key, ec.EllipticCurvePublicKey)
    claims = verify_jws(jws, key)
    assert claims["client_id"] == client_id
    if client_id.startswith("x509_hash:"):
        digest = b64url_encode(hashlib.sha256(jws.chain[0]).digest())
        assert client_id == f"x509_hash:{digest}"
    return Asked(claims, jws.header)


def present_sd_jwt(asked: Asked, credential: str, holder: PemSigner, bends: Bends) -> str:
    unverified = parse_sd_jwt_vc(credential)
    claims = disclosed_claims(unverified)
    shown = present(unverified, asked.paths(lambda path: bool(find_values(claims, path)), bends))
    return bind(
        shown,
        bends.holder or holder,
        audience=bends.audience or asked.claims["client_id"],
        nonce=bends.nonce or asked.claims["nonce"],
        issued_at=int(time.time()) if bends.issued_at is None else bends.issued_at,
    )


def present_mdoc(asked: Asked, credential: bytes, holder: PemSigner, bends: Bends) -> str:
    members: dict[str, Any] = {
        "client_id": asked.claims["client_id"],
        "nonce": asked.claims["nonce"],
        "response_uri": asked.claims["response_uri"],
        "key_thumbprint": b64url_decode(thumbprint(asked.encryption_key)),
        **bends.transcript,
    }
    transcript = redirect_transcript(
        members["client_id"],
        members["nonce"],
        members["response_uri"],
        key_thumbprint=members["key_thumbprint"],
    )
    unverified = parse_issuer_signed(credential)
    has = {(space, item.name) for space, items in unverified.items.items() for item in items}
    data = respond(
        unverified,
        asked.paths(lambda path: path in has, bends),  # type: ignore[arg-type]
        bends.holder or holder,
        transcript=transcript,
    )
    return b64url_encode(data)


def make_form(
    asked: Asked, credential: str | bytes, holder: PemSigner, bends: Bends | None = None
) -> dict[str, str]:
    """Return the form with the encrypted answer."""
    bends = bends or Bends()
    if isinstance(credential, str):
        text = present_sd_jwt(asked, credential, holder, bends)
    else:
        text = present_mdoc(asked, credential, holder, bends)
    if bends.spoil is not None:
        text = bends.spoil(text)
    payload = {"vp_token": {asked.query["id"]: [text]}, "state": asked.claims["state"]}
    return {"response": encrypt(asked, payload | bends.payload, bends)}


def encrypt(asked: Asked, payload: dict[str, Any], bends: Bends | None = None) -> str:
    bends = bends or Bends()
    members = {name: one for name, one in payload.items() if one is not None}
    return encrypt_jwe(
        encode_json(members),
        asked.encryption_key,
        enc=bends.enc,
        random=secrets.token_bytes,
        kid=asked.jwk["kid"],
        apu=bends.apu,
        apv=bends.apv,
    )


def post(asked: Asked, form: dict[str, str]) -> requests.Response:
    return requests.post(asked.claims["response_uri"], data=form, timeout=30)


def answer(
    link: str, credential: str | bytes, holder: PemSigner, bends: Bends | None = None
) -> requests.Response:
    """Do all of it."""
    asked = fetch(link)
    return post(asked, make_form(asked, credential, holder, bends))


def code_of(got: requests.Response) -> str:
    """The code of a refusal: 4xx JSON, whatever else."""
    assert 400 <= got.status_code < 500, got.text
    code: str = got.json()["code"]
    return code
