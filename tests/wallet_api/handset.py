"""A phone that talks HTTP to the application under test, and every way to hold it wrong.

Each call signs afresh unless told otherwise: `nonce`, `key`, `signer`, `purpose`, `sub` and `body`
bend one thing at a time.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from credentials.jwk import b64url_encode, public_jwk, thumbprint
from credentials.signing import PemSigner, generate_pem
from credentials.statement import TYP_DEVICE, TYP_PIN, Statement, hash_body, sign_statement
from samples.phone.proofs import compact_jws, dpop_proof, holder_proof
from wallet_api.app import create_app
from wallet_api.jobs import HANDLERS
from wallet_api.models import Enrolment
from wallet_api.services import nonces, outbox, wallets

from . import capturing
from .counter_desk import enrol
from .witness import witness

if TYPE_CHECKING:
    from collections.abc import Mapping

    from werkzeug.test import TestResponse

    from credentials.signing import Signer

    from .simulators import World

NIK = "3174054512900001"
START = {
    "nik": NIK,
    "email": "siti@example.org",
    "phone": "081234567890",
    "platform": "android",
    "os_version": "15",
    "app_version": "1.0.0",
    "device_model": "Pixel 9",
    "consent_version": "2026-11",
    "language": "id",
}


def new_signer() -> PemSigner:
    return PemSigner(generate_pem())


@dataclass
class Handset:
    """One phone; `api` is a test client of the real application."""

    world: World
    device: PemSigner = field(default_factory=new_signer)
    pin: PemSigner = field(default_factory=new_signer)
    enrolment: str = ""
    wallet: str = ""
    token: str = ""

    def __post_init__(self) -> None:
        self.api = create_app(deps=self.world.deps).test_client()

    # ------------------------------------------------------------------ statements

    def step(
        self,
        path: str,
        purpose: str,
        body: object,
        *,
        key: str | None = None,
        nonce: str | None = None,
        sub: str | None = None,
        signer: Signer | None = None,
        pin: Signer | None = None,
        raw: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        skew: int = 0,
    ) -> TestResponse:
        """POST with a statement; `raw` replaces the body's bytes."""
        data = raw if raw is not None else json.dumps(body).encode()
        sent = self.sign(
            purpose, sub or self.enrolment, data, nonce=nonce, signer=signer, pin=pin, skew=skew
        )
        sent |= {"Idempotency-Key": key or secrets.token_hex(16)}
        sent |= {"Content-Type": "application/json"} | dict(headers or {})
        return self.api.post(path, data=data, headers=sent)

    def sign(
        self,
        purpose: str,
        sub: str,
        data: bytes,
        *,
        nonce: str | None = None,
        signer: Signer | None = None,
        pin: Signer | None = None,
        skew: int = 0,
    ) -> dict[str, str]:
        """Return the statement's headers."""
        device = signer or self.device
        statement = Statement(
            purpose,
            sub,
            hash_body(data),
            nonce or nonces.make(self.world.deps),
            self.unix() + skew,
            thumbprint(device.public_key),
            thumbprint(pin.public_key) if pin else None,
        )
        headers = {"Wallet-Statement": sign_statement(statement, device, typ=TYP_DEVICE)}
        if pin:
            headers["Wallet-Pin-Proof"] = sign_statement(statement, pin, typ=TYP_PIN)
        return headers

    def unix(self) -> int:
        return int(self.world.clock.now().timestamp())

    # ------------------------------------------------------------------ the journey

    def start(self, *, key: str | None = None, **changes: object) -> TestResponse:
        body = START | {"device_key": public_jwk(self.device.public_key)} | changes
        answer = self.step("/v1/enrolments", "start", body, sub="new", key=key)
        if answer.status_code == 202:
            self.enrolment = answer.get_json()["enrolment"]
        return answer

    def post(self, path: str, purpose: str, body: object, **bent: Any) -> TestResponse:
        """POST below the enrolment."""
        return self.step(f"/v1/enrolments/{self.enrolment}/{path}", purpose, body, **bent)

    def status(self) -> dict[str, Any]:
        path = f"/v1/enrolments/{self.enrolment}"
        answer = self.api.get(path, headers=self.sign("status", self.enrolment, b""))
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.get_json()
        return found

    def codes(self) -> dict[str, str]:
        """Deliver what waits and read the newest codes as the resident does."""
        work_off(self.world)
        return read_codes(self.world)

    def verify(self) -> TestResponse:
        """Prove the contact; the registry is asked right after."""
        answer = self.post("contact", "contact", self.codes())
        work_off(self.world)
        return answer

    def face(self, **bent: Any) -> TestResponse:
        """Perform a whole capture and have it compared; a refusal to open it comes back."""
        opened = capturing.open_capture(self)
        if opened.status_code != 201:
            return opened
        capture, frames = capturing.follow(self, opened.get_json())
        for frame in frames:
            sent = capturing.send(self, capture["capture"], frame)
            assert sent.status_code == 200, sent.text
        return capturing.compare(self, capture["capture"], **bent)

    def set_pin(self, **bent: Any) -> TestResponse:
        body = {"pin_key": public_jwk(self.pin.public_key)}
        return self.post("pin", "pin", body, **({"pin": self.pin} | bent))

    # ------------------------------------------------------------------ the wallet

    def session(self, *, scope: str = "full", **bent: Any) -> TestResponse:
        pin = {"pin": self.pin} if scope == "full" else {}
        body = {"wallet": self.wallet, "scope": scope}
        answer = self.step("/v1/sessions", "session", body, **({"sub": self.wallet} | pin | bent))
        if answer.status_code == 201:
            self.token = answer.get_json()["access_token"]
        return answer

    def call(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        key: str | None = None,
        dpop: str | None = None,
        raw: bytes | None = None,
        **bent: Any,
    ) -> TestResponse:
        """Call with the access token; `bent` members replace those of the DPoP proof."""
        headers = {
            "Authorization": f"DPoP {self.token}",
            "DPoP": dpop or self.dpop(method, path, **bent),
            "Idempotency-Key": key or secrets.token_hex(16),
        }
        if method == "GET":
            return self.api.get(path, headers=headers)
        data = raw if raw is not None else json.dumps(body).encode()
        headers["Content-Type"] = "application/json"
        return self.api.post(path, data=data, headers=headers)

    def dpop(self, method: str, path: str, *, device: Signer | None = None, **bent: Any) -> str:
        """Return a proof; with other members where `bent` says so."""
        url = self.world.deps.settings.public_url + path
        nonce, jti = nonces.make(self.world.deps), secrets.token_hex(16)
        if not bent:
            return dpop_proof(
                method=method,
                url=url,
                token=self.token,
                nonce=nonce,
                issued_at=self.unix(),
                jti=jti,
                device=device or self.device,
            )
        ath = b64url_encode(hashlib.sha256(self.token.encode()).digest())
        claims = {
            "jti": jti,
            "htm": method,
            "htu": url,
            "iat": self.unix(),
            "ath": ath,
            "nonce": nonce,
        } | bent
        return compact_jws("dpop+jwt", claims, device or self.device)

    def holder_keys(self, count: int = 1, **bent: Any) -> list[dict[str, Any]]:
        """Make fresh holder keys with their proofs; `bent`: wallet, nonce, jkt, iat, signer."""
        nonce = bent.get("nonce") or nonces.make(self.world.deps)
        offered = []
        for _ in range(count):
            holder = new_signer()
            proof = holder_proof(
                wallet=bent.get("wallet", self.wallet),
                nonce=nonce,
                device_thumbprint=bent.get("jkt", thumbprint(self.device.public_key)),
                issued_at=bent.get("iat", self.unix()),
                holder=bent.get("signer", holder),
            )
            offered.append({"jwk": public_jwk(holder.public_key), "proof": proof})
        return offered

    def issue(self, **body: object) -> list[dict[str, Any]]:
        """Receive credentials and confirm their delivery."""
        sent = {"holder_keys": self.holder_keys()} | body
        answer = self.call("POST", "/v1/wallet/credentials", sent)
        assert answer.status_code == 201, answer.text
        found: list[dict[str, Any]] = answer.get_json()["credentials"]
        return found

    def deliver(self, credentials: list[dict[str, Any]]) -> list[str]:
        body = {"ids": [held["id"] for held in credentials]}
        answer = self.call("POST", "/v1/wallet/credentials/delivered", body)
        assert answer.status_code == 200, answer.text
        retired: list[str] = answer.get_json()["retired"]
        return retired

    def renew(self) -> list[dict[str, Any]]:
        self.session(scope="renew")
        body = {"holder_keys": self.holder_keys()}
        answer = self.call("POST", "/v1/wallet/renewals", body)
        assert answer.status_code == 201, answer.text
        found: list[dict[str, Any]] = answer.get_json()["credentials"]
        return found


def work_off(world: World) -> None:
    """Do everything that is due in the outbox."""
    while outbox.work_off(world.deps, HANDLERS):
        pass


def read_codes(world: World) -> dict[str, str]:
    """Return the newest code of each channel, as typed in by a resident."""
    found = {}
    for message in sorted(world.messages(), key=lambda held: held["at"]):
        if message["kind"].endswith("_code"):
            digits = [part for part in message["text"].replace(",", " ").split() if part.isdigit()]
            code = next(part for part in digits if len(part) == 6)
            found[f"{message['channel']}_code"] = code
    return found


def at_face(world: World, **changes: object) -> Handset:
    """A phone whose contact is verified and whose NIK the registry knows."""
    world.registry.add(str(changes.get("nik", NIK)))
    phone = Handset(world)
    assert phone.start(**changes).status_code == 202
    assert phone.verify().status_code == 200
    return phone


def with_wallet(world: World, nik: str = NIK, *, add: bool = True) -> Handset:
    """A phone with an open wallet, put straight into the database."""
    if add:
        world.registry.add(nik)
    at_counter = enrol(world, nik)
    phone = Handset(world, device=at_counter.device, pin=at_counter.pin)
    phone.enrolment, deps = at_counter.enrolment_id, world.deps
    with deps.transaction() as db:
        seen_by = witness(db, deps.now())
        row = db.get_one(Enrolment, phone.enrolment)
        wallets.close_others(db, deps, row.person_id, actor="test")
        phone.wallet = wallets.open_wallet(db, deps, row, seen_by)
    return phone
