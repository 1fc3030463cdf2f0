"""A passkey without hands: an authenticator and the browser around it, in memory (WebAuthn).

For programs that work a console without a browser, and for tests that bend what it says. Made
questions and answers are those of the console's page (`enrolment_kiosk/static/webauthn.js`).
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256

import cbor2
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from credentials.jwk import b64url_encode

PRESENT, VERIFIED, ATTESTED = 0x01, 0x04, 0x40  # flags of WebAuthn section 6.1


@dataclass
class SoftwarePasskey:
    """One passkey of the console at `origin`. `count` None: it keeps no counter.

    `verifies`: whether it has recognised its owner; `crossed`: whether the page sits in another's.
    """

    origin: str
    rp_id: str = "localhost"
    count: int | None = 0
    verifies: bool = True
    crossed: bool = False
    user_handle: str = ""
    key: ec.EllipticCurvePrivateKey = field(
        default_factory=lambda: ec.generate_private_key(ec.SECP256R1())
    )
    id: bytes = field(default_factory=lambda: secrets.token_bytes(32))

    def make(self, question: Mapping[str, object]) -> dict[str, str]:
        """Answer the question for a new passkey."""
        user = question["user"]
        if isinstance(user, Mapping):
            self.user_handle = str(user["id"])
        attested = bytes(16) + len(self.id).to_bytes(2) + self.id + self._cose_key()
        made = {"fmt": "none", "attStmt": {}, "authData": self._data(ATTESTED) + attested}
        return {
            "id": b64url_encode(self.id),
            "client_data": b64url_encode(self._client_data("webauthn.create", question)),
            "attestation": b64url_encode(cbor2.dumps(made)),
        }

    def answer(self, question: Mapping[str, object]) -> dict[str, str]:
        """Answer the question of a sign-in; the counter goes on by one."""
        if self.count is not None:
            self.count += 1
        data = self._data(0)
        client = self._client_data("webauthn.get", question)
        signature = self.key.sign(data + sha256(client).digest(), ec.ECDSA(hashes.SHA256()))
        return {
            "id": b64url_encode(self.id),
            "client_data": b64url_encode(client),
            "authenticator_data": b64url_encode(data),
            "signature": b64url_encode(signature),
            "user_handle": self.user_handle,
        }

    def _data(self, flags: int) -> bytes:
        flags |= PRESENT | (VERIFIED if self.verifies else 0)
        return sha256(self.rp_id.encode()).digest() + bytes([flags]) + (self.count or 0).to_bytes(4)

    def _client_data(self, kind: str, question: Mapping[str, object]) -> bytes:
        told = {
            "type": kind,
            "challenge": question["challenge"],
            "origin": self.origin,
            "crossOrigin": self.crossed,
        }
        return json.dumps(told).encode()

    def _cose_key(self) -> bytes:
        point = self.key.public_key().public_numbers()
        return cbor2.dumps({1: 2, 3: -7, -1: 1, -2: point.x.to_bytes(32), -3: point.y.to_bytes(32)})
