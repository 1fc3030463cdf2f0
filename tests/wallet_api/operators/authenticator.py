"""An authenticator in memory with a browser around it: what a ceremony sends, and how to bend it."""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass, field
from hashlib import sha256
from typing import TYPE_CHECKING

import cbor2
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from credentials.jwk import b64url_encode
from wallet_api.rules.passkeys import Assertion, Attestation

if TYPE_CHECKING:
    from collections.abc import Mapping

ORIGIN = "http://localhost:8090"
PRESENT, VERIFIED, ATTESTED = 0x01, 0x04, 0x40  # WebAuthn section 6.1


@dataclass
class Authenticator:
    """One passkey. `count` None: it keeps no counter. The rest says what it or the page lies."""

    count: int | None = 0
    rp_id: str = "localhost"
    origin: str = ORIGIN
    verifies: bool = True
    type_suffix: str = ""
    crossed: bool = False
    user_handle: str = ""
    key: ec.EllipticCurvePrivateKey = field(
        default_factory=lambda: ec.generate_private_key(ec.SECP256R1())
    )
    id: bytes = field(default_factory=lambda: secrets.token_bytes(32))

    def make(self, question: Mapping[str, object]) -> Attestation:
        """Answer the question for a new passkey."""
        user = question["user"]
        assert isinstance(user, dict)
        self.user_handle = user["id"]
        attested = bytes(16) + len(self.id).to_bytes(2) + self.id + self._cose_key()
        data = self._data(ATTESTED) + attested
        made = {"fmt": "none", "attStmt": {}, "authData": data}
        client = self._client_data("webauthn.create", question)
        return Attestation(
            b64url_encode(self.id), b64url_encode(client), b64url_encode(cbor2.dumps(made))
        )

    def answer(self, question: Mapping[str, object]) -> Assertion:
        """Answer the question of a sign-in; the counter goes on by one."""
        if self.count is not None:
            self.count += 1
        data = self._data(0)
        client = self._client_data("webauthn.get", question)
        signature = self.key.sign(data + sha256(client).digest(), ec.ECDSA(hashes.SHA256()))
        return Assertion(
            b64url_encode(self.id),
            b64url_encode(client),
            b64url_encode(data),
            b64url_encode(signature),
            self.user_handle,
        )

    def _data(self, flags: int) -> bytes:
        flags |= PRESENT | (VERIFIED if self.verifies else 0)
        return sha256(self.rp_id.encode()).digest() + bytes([flags]) + (self.count or 0).to_bytes(4)

    def _client_data(self, kind: str, question: Mapping[str, object]) -> bytes:
        told = {
            "type": kind + self.type_suffix,
            "challenge": question["challenge"],
            "origin": self.origin,
            "crossOrigin": self.crossed,
        }
        return json.dumps(told).encode()

    def _cose_key(self) -> bytes:
        point = self.key.public_key().public_numbers()
        return cbor2.dumps({1: 2, 3: -7, -1: 1, -2: point.x.to_bytes(32), -3: point.y.to_bytes(32)})
