"""Signed requests to the application: what a phone and a kiosk send, byte for byte."""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from credentials.jwk import thumbprint
from credentials.statement import (
    TYP_DEVICE,
    TYP_KIOSK,
    TYP_PIN,
    Statement,
    hash_body,
    sign_statement,
)
from wallet_api.app import create_app
from wallet_api.services import nonces

if TYPE_CHECKING:
    from flask.testing import FlaskClient
    from werkzeug.test import TestResponse

    from credentials.signing import PemSigner

    from .counter_desk import Phone
    from .simulators import World


def open_client(world: World) -> FlaskClient:
    """A client of the whole application, without a network."""
    return create_app(deps=world.deps).test_client()


@dataclass
class SignedClient:
    """Sends signed requests as one subject. Every part can be bent by a keyword."""

    world: World
    http: FlaskClient
    subject: str
    signer: PemSigner
    header: str = "Wallet-Statement"
    typ: str = TYP_DEVICE
    pin: PemSigner | None = None
    token: str | None = None
    extra: dict[str, str] = field(default_factory=dict)

    def post(self, path: str, purpose: str, body: object, **bent: Any) -> TestResponse:
        data = json.dumps(body).encode()
        headers = self.headers(purpose, bent.pop("signed_body", data), **bent)
        headers["Idempotency-Key"] = bent.get("key") or secrets.token_urlsafe(16)
        headers["Content-Type"] = "application/json"
        return self.http.post(path, data=data, headers=headers)

    def get(self, path: str, purpose: str, **bent: Any) -> TestResponse:
        return self.http.get(path, headers=self.headers(purpose, b"", **bent))

    def headers(
        self,
        purpose: str,
        body: bytes,
        *,
        nonce: str | None = None,
        subject: str | None = None,
        key: str | None = None,
        skew: int = 0,
    ) -> dict[str, str]:
        statement = Statement(
            purpose,
            subject or self.subject,
            hash_body(body),
            nonce or nonces.make(self.world.deps),
            int(self.world.clock.now().timestamp()) + skew,
            thumbprint(self.signer.public_key),
            thumbprint(self.pin.public_key) if self.pin else None,
        )
        headers = dict(self.extra)
        headers[self.header] = sign_statement(statement, self.signer, typ=self.typ)
        if self.pin:
            headers["Wallet-Pin-Proof"] = sign_statement(statement, self.pin, typ=TYP_PIN)
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        return headers


def phone_client(
    world: World, http: FlaskClient, phone: Phone, *, pin: bool = False
) -> SignedClient:
    """Requests of a phone's device key, with the PIN key's proof when asked."""
    made = phone.pin if pin else None
    return SignedClient(world, http, phone.enrolment_id, phone.device, pin=made)


def kiosk_client(world: World, http: FlaskClient, kiosk_id: str, signer: PemSigner) -> SignedClient:
    """Requests of a kiosk's identity key."""
    return SignedClient(world, http, kiosk_id, signer, header="Kiosk-Statement", typ=TYP_KIOSK)
