"""A standard wallet of somebody else, as far as the authorization server can see it.

Each call makes fresh proofs unless told otherwise; `bent` members replace those of the proof.
"""

from __future__ import annotations

import hashlib
import json
import re
import secrets
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

from credentials.jose import sign_with_jwk
from credentials.jwk import b64url_encode, public_jwk
from credentials.signing import PemSigner, generate_pem
from wallet_api.app import create_app
from wallet_api.services import nonces
from wallet_api.services.openid import access, offers

if TYPE_CHECKING:
    from flask import Flask
    from werkzeug.test import TestResponse

    from tests.wallet_api.handset import Handset
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

    # ------------------------------------------------------------------ the code flow

    def push(self, **changes: Any) -> TestResponse:
        """Push an authorization request; `proof` bends the DPoP proof's members."""
        challenge = b64url_encode(hashlib.sha256(self.verifier.encode()).digest())
        form = {
            "response_type": "code",
            "client_id": self.client_id,
            "redirect_uri": REDIRECT,
            "state": "a state &= of ours",
            "code_challenge": challenge,
            "code_challenge_method": "S256",
            "scope": "id_card_sd_jwt",
        }
        proof = changes.pop("proof", {})
        return self.post("par", form | changes, **proof)

    def request_uri(self, **changes: Any) -> str:
        answer = self.push(**changes)
        assert answer.status_code == 201, answer.text
        return str(answer.get_json()["request_uri"])

    def redeem(self, code: str, /, **form: Any) -> TestResponse:
        """Exchange an authorization code; `proof` bends the DPoP proof's members."""
        asked = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": REDIRECT,
            "code_verifier": self.verifier,
        }
        proof = form.pop("proof", {})
        return self.ask(asked | form, **proof)

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


@dataclass
class Browser:
    """A browser with its cookies, in front of the page."""

    world: World
    app: Flask | None = None

    def __post_init__(self) -> None:
        self.http = (self.app or create_app(deps=self.world.deps)).test_client()

    def get(self, path: str) -> TestResponse:
        return self.http.get(path, base_url=self.world.deps.settings.public_url)

    def show(self, request_uri: str, client_id: str = CLIENT) -> TestResponse:
        query = urlencode({"client_id": client_id, "request_uri": request_uri})
        return self.get(f"/openid/authorize?{query}")

    def state(self, request: str) -> str:
        return str(self.get(f"/openid/authorize/{request}/state").get_json().get("state"))

    def carry_on(self, request: str) -> TestResponse:
        return self.get(f"/openid/authorize/{request}/continue")

    def code(self, request: str) -> str:
        """The code that the browser takes back to the wallet."""
        return answer_in(self.carry_on(request))["code"]


def answer_in(response: TestResponse) -> dict[str, str]:
    """The parameters of the address that leads back to the wallet."""
    assert response.status_code == 303, response.text
    assert response.headers["Location"].startswith(REDIRECT + "?")
    return dict(parse_qsl(urlsplit(response.headers["Location"]).query))


def request_on(page: TestResponse) -> str:
    """The id on the page, as in its QR code."""
    found = re.search(r'href="ikd-wallet://authorize\?id=([\w-]+)"', page.text)
    assert found, page.text
    return found[1]


def number_on(page: TestResponse) -> str:
    found = re.search(r'class="number"[^>]*>(\d{3})<', page.text)
    assert found, page.text
    return found[1]


def look_at(phone: Handset, request: str, **bent: Any) -> TestResponse:
    """The national app asks who wants what."""
    headers = phone.sign("authorize", phone.wallet, b"", **bent)
    return phone.api.get(f"/v1/wallet/authorizations/{request}", headers=headers)


def decide(phone: Handset, request: str, number: str, **bent: Any) -> TestResponse:
    """The resident approves with the PIN, or decides as `decision` says."""
    body = {"decision": bent.pop("decision", "approve"), "number": number}
    path = f"/v1/wallet/authorizations/{request}"
    given = {"sub": phone.wallet, "pin": phone.pin} | bent
    return phone.step(path, "authorize", body, **given)


def approved(world: World, phone: Handset, foreign: ForeignWallet, **changes: Any) -> str:
    """Go through the whole flow; return the code."""
    browser = Browser(world, app=foreign.app)
    page = browser.show(foreign.request_uri(**changes), foreign.client_id or "")
    request = request_on(page)
    assert decide(phone, request, number_on(page)).status_code == 200
    return browser.code(request)
