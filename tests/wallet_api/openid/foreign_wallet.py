"""A standard wallet of somebody else, as far as the authorization server can see it.

Each call makes fresh proofs unless told otherwise; `bent` members replace those of the proof.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

from credentials.jose import sign_with_jwk
from credentials.jwk import b64url_encode, public_jwk
from credentials.signing import PemSigner, generate_pem
from wallet_api.app import create_app
from wallet_api.services import nonces
from wallet_api.services.openid import access, offers

if TYPE_CHECKING:
    from flask import Flask
    from werkzeug.test import TestResponse

    from tests.wallet_api.simulators import World
    from wallet_api.services.openid.access import Access

PRE_AUTHORIZED = "urn:ietf:params:oauth:grant-type:pre-authorized_code"
CLIENT = "https://wallet.example/client"
REDIRECT = "https://wallet.example/back"


def new_signer() -> PemSigner:
    return PemSigner(generate_pem())


def read_offer(uri: str) -> dict[str, Any]:
    """The offer in a URI that carries it."""
    text = parse_qs(urlsplit(uri).query)["credential_offer"][0]
    found: dict[str, Any] = json.loads(text)
    return found


def code_of(offer: dict[str, Any]) -> str:
    return str(offer["grants"][PRE_AUTHORIZED]["pre-authorized_code"])


def offer_id_card(world: World, nik: str, **changes: Any) -> dict[str, Any]:
    """An offer by value of an ID card as SD-JWT VC, without a transaction code unless given."""
    return read_offer(offers.make_offer(world.deps, nik, ["id_card"], "dc+sd-jwt", **changes))


@dataclass
class ForeignWallet:
    """One wallet; `key` is its DPoP key, None: it speaks bearer."""

    world: World
    key: PemSigner | None = field(default_factory=new_signer)
    client_id: str | None = CLIENT
    token: str = ""
    refresh_token: str = ""
    verifier: str = field(default_factory=lambda: secrets.token_urlsafe(32))
    app: Flask | None = None

    def __post_init__(self) -> None:
        self.app = self.app or create_app(deps=self.world.deps)
        self.http = self.app.test_client()

    def url(self, name: str) -> str:
        return f"{self.world.deps.settings.public_url}/openid/{name}"

    def unix(self) -> int:
        return int(self.world.clock.now().timestamp())

    # ------------------------------------------------------------------ proofs

    def dpop(
        self, method: str, url: str, *, token: str = "", key: PemSigner | None = None, **bent: Any
    ) -> str:
        signer = key or self.key
        assert signer is not None
        claims: dict[str, Any] = {
            "jti": secrets.token_urlsafe(16),
            "htm": method,
            "htu": url,
            "iat": self.unix(),
            "nonce": nonces.make(self.world.deps),
        }
        if token:
            claims["ath"] = b64url_encode(hashlib.sha256(token.encode()).digest())
        claims = {name: held for name, held in (claims | bent).items() if held is not None}
        typ = claims.pop("typ", "dpop+jwt")
        return sign_with_jwk(claims, signer, typ=typ, jwk=public_jwk(signer.public_key))

    def headers(self, url: str, **bent: Any) -> dict[str, str]:
        if self.key is None:
            return {}
        return {"DPoP": self.dpop("POST", url, **bent)}

    # ------------------------------------------------------------------ requests

    def post(self, name: str, form: dict[str, Any], **bent: Any) -> TestResponse:
        """POST a form; `headers` replaces all headers, other `bent` members those of the proof."""
        headers = bent.pop("headers", None)
        sent = self.headers(self.url(name), **bent) if headers is None else headers
        held = {key: value for key, value in form.items() if value is not None}
        return self.http.post(f"/openid/{name}", data=held, headers=sent)

    def ask(self, form: dict[str, Any], **bent: Any) -> TestResponse:
        """Ask the token endpoint; keeps the tokens it gets."""
        answer = self.post("token", {"client_id": self.client_id} | form, **bent)
        if answer.status_code == 200:
            self.token = answer.get_json()["access_token"]
            self.refresh_token = answer.get_json()["refresh_token"]
        return answer

    def take(self, offer: dict[str, Any], tx_code: str | None = None, **form: Any) -> TestResponse:
        """Exchange a pre-authorized code."""
        asked = {"grant_type": PRE_AUTHORIZED, "pre-authorized_code": code_of(offer)}
        return self.ask(asked | {"tx_code": tx_code} | form)

    def renew(self, token: str | None = None, **form: Any) -> TestResponse:
        asked = {"grant_type": "refresh_token", "refresh_token": token or self.refresh_token}
        return self.ask(asked | form)

    def open(self, **bent: Any) -> Access:
        """What the token opens at the credential endpoint."""
        url = self.url("credential")
        scheme = bent.pop("scheme", "Bearer" if self.key is None else "DPoP")
        proof = None
        if self.key is not None:
            proof = bent.pop("proof", None) or self.dpop("POST", url, token=self.token, **bent)
        return access.check_access(
            self.world.deps,
            authorization=f"{scheme} {self.token}",
            proof=proof,
            method="POST",
            url=url,
        )


def error_of(answer: TestResponse) -> tuple[int, str]:
    """Status and OAuth error of a refusal; all its texts are what the specification allows."""
    body = answer.get_json()
    assert answer.mimetype == "application/json"
    assert answer.headers["Cache-Control"] == "no-store"
    assert set(body) <= {"error", "error_description"}
    return answer.status_code, str(body["error"])
