"""Vectors of what travels in headers: statements, PIN proofs, DPoP; and the holder proof."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from typing import Any

from credentials.jwk import b64url_encode, public_jwk, thumbprint
from credentials.statement import TYP_DEVICE, TYP_PIN, Statement, hash_body, sign_statement
from samples.client_vectors.made_keys import PIN, SALT, named, pin_signer
from samples.phone.proofs import dpop_proof, holder_proof

NOW = 1795413600  # 2026-11-23T06:00:00Z
NONCE = "c2FtcGxlLW5vbmNlLTAwMDE"
ENROLMENT = "enr_sample0000000001"
WALLET = "wal_sample0000000001"
DEVICE = "phone device"
HOLDER = "phone holder"


def start_body() -> dict[str, Any]:
    """Return the body of the first call."""
    return {
        "nik": "3171011708909316",
        "email": "budi.9316@example.org",
        "phone": "+6286910000001",
        "device_key": public_jwk(named(DEVICE).public_key),
        "platform": "android",
        "os_version": "14",
        "app_version": "1.0.0",
        "device_model": "Contoh Pixel 8",
        "consent_version": "2026-11",
        "language": "id",
    }


def cases() -> Iterator[dict[str, Any]]:
    """Yield a statement of every kind of step."""
    pin_key = public_jwk(pin_signer().public_key)
    session = {"wallet": WALLET, "scope": "full"}
    codes = {"email_code": "402817", "sms_code": "118254"}
    yield step(
        "start", "the key is new: its JWK stands in the header", "start", "new", start_body()
    )
    yield step("contact", "any step of the enrolment", "contact", ENROLMENT, codes)
    yield step("status", "a GET: the hash is that of no bytes at all", "status", ENROLMENT, None)
    yield step("pin", "both keys say the same", "pin", ENROLMENT, {"pin_key": pin_key}, pin=True)
    yield step("confirm", "both keys over an empty object", "confirm", ENROLMENT, {}, pin=True)
    yield step("session", "with the PIN: scope full", "session", WALLET, session, pin=True)
    renew = {"wallet": WALLET, "scope": "renew"}
    yield step("session-renew", "without the PIN: scope renew", "session", WALLET, renew)
    for decision, why in (("approve", "with the PIN"), ("refuse", "without the PIN")):
        body = {"decision": decision, "number": "042"}
        told = f"another wallet's request: {decision} {why}"
        yield step(decision, told, "authorize", WALLET, body, pin=decision == "approve")


def step(
    name: str, why: str, purpose: str, subject: str, body: object, *, pin: bool = False
) -> dict[str, Any]:
    """Return the vector of one call's proofs."""
    device, pin_key = named(DEVICE), pin_signer()
    sent = b"" if body is None else json.dumps(body, separators=(",", ":")).encode()
    statement = Statement(
        purpose=purpose,
        subject=subject,
        body_hash=hash_body(sent),
        nonce=NONCE,
        issued_at=NOW,
        device_thumbprint=thumbprint(device.public_key),
        pin_thumbprint=thumbprint(pin_key.public_key) if pin else None,
    )
    given: dict[str, Any] = {
        "purpose": purpose,
        "subject": subject,
        "body": sent.decode(),
        "nonce": NONCE,
        "iat": NOW,
        "device_key": device.shown(),
    }
    headers = {"Wallet-Statement": sign_statement(statement, device, typ=TYP_DEVICE)}
    if pin:
        given |= {"pin": PIN, "salt": b64url_encode(SALT)}
        headers["Wallet-Pin-Proof"] = sign_statement(statement, pin_key, typ=TYP_PIN)
    expected = {"body_sha256": b64url_encode(statement.body_hash), "headers": headers}
    return {"name": name, "why": why, "input": given, "expected": expected}


def dpop_cases() -> Iterator[dict[str, Any]]:
    """Yield DPoP proofs (RFC 9449): the htu has neither query nor fragment."""
    for name, why, method, url, nonce in (
        ("first", "before any DPoP-Nonce is known: no nonce member", "GET", "/v1/wallet", ""),
        ("with-nonce", "with the server's nonce", "POST", "/v1/wallet/renewals", NONCE),
        ("query", "htu is the address without the query", "GET", "/v1/wallet?page=2", NONCE),
    ):
        given: dict[str, Any] = {
            "method": method,
            "url": f"https://wallet.example{url}",
            "token": "sample.access.token",
            "nonce": nonce,
            "issued_at": NOW,
            "jti": "6f1c2b1e-0000-4000-8000-000000000001",
        }
        proof = dpop_proof(**given, device=named(DEVICE))
        ath = b64url_encode(hashlib.sha256(given["token"].encode()).digest())
        yield {
            "name": name,
            "why": why,
            "input": {**given, "device_key": named(DEVICE).shown()},
            "expected": {"ath": ath, "dpop": proof},
        }


def holder_cases() -> Iterator[dict[str, Any]]:
    """Yield the proof of a holder key at issuing."""
    given: dict[str, Any] = {
        "wallet": WALLET,
        "nonce": NONCE,
        "device_thumbprint": thumbprint(named(DEVICE).public_key),
        "issued_at": NOW,
    }
    proof = holder_proof(**given, holder=named(HOLDER))
    jwk = public_jwk(named(HOLDER).public_key)
    yield {
        "name": "one-key",
        "why": "the holder key proves itself for this wallet, this device key and this nonce",
        "input": {**given, "holder_key": named(HOLDER).shown()},
        "expected": {"proof": proof, "body": {"holder_keys": [{"jwk": jwk, "proof": proof}]}},
    }
