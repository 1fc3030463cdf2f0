"""What the phone signs on the way to the server: statements, PIN proofs, DPoP, holder proofs.

Four kinds, four `typ` values, so that none can stand for another:

| header           | typ               | key    | says                                            |
|------------------|-------------------|--------|-------------------------------------------------|
| Wallet-Statement | ikd-statement+jwt | device | purpose, subject, hash of the body, nonce, time |
| Wallet-Pin-Proof | ikd-pin+jwt       | PIN    | the same                                        |
| DPoP             | dpop+jwt          | device | method, address, access token, nonce (RFC 9449) |
| (in the body)    | ikd-holder+jwt    | holder | credentials for this key shall go to the wallet |

A PIN proof reveals the PIN's public key: keep no copy and log none.
"""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Mapping

from credentials.jwk import b64url_encode, public_jwk, thumbprint
from credentials.signing import Signer
from credentials.statement import TYP_DEVICE, TYP_PIN, Statement, hash_body, sign_statement
from samples.phone.clock import PhoneClock
from samples.phone.transport import Call, Prove

TYP_DPOP = "dpop+jwt"
TYP_HOLDER = "ikd-holder+jwt"


def prove_step(
    purpose: str,
    subject: str,
    *,
    clock: PhoneClock,
    device: Signer,
    pin: Signer | None = None,
) -> Prove:
    """Return what adds the statement headers to a call; `pin` where the step needs the PIN."""

    def prove(call: Call) -> Mapping[str, str]:
        statement = Statement(
            purpose=purpose,
            subject=subject,
            body_hash=hash_body(call.body),
            nonce=call.nonce,
            issued_at=clock.unix(),
            device_thumbprint=thumbprint(device.public_key),
            pin_thumbprint=thumbprint(pin.public_key) if pin else None,
        )
        headers = {"Wallet-Statement": sign_statement(statement, device, typ=TYP_DEVICE)}
        if pin:
            headers["Wallet-Pin-Proof"] = sign_statement(statement, pin, typ=TYP_PIN)
        return headers

    return prove


def prove_session(token: str, *, clock: PhoneClock, device: Signer) -> Prove:
    """Return what adds the access token and its DPoP proof (RFC 9449 section 4.2) to a call."""

    def prove(call: Call) -> Mapping[str, str]:
        proof = dpop_proof(
            method=call.method,
            url=call.url,
            token=token,
            nonce=call.dpop_nonce,
            issued_at=clock.unix(),
            jti=str(uuid.uuid4()),
            device=device,
        )
        return {"Authorization": f"DPoP {token}", "DPoP": proof}

    return prove


def dpop_proof(
    *, method: str, url: str, token: str, nonce: str, issued_at: int, jti: str, device: Signer
) -> str:
    """Return one DPoP proof. `url` without query and fragment; `nonce` empty before the first."""
    payload: dict[str, object] = {
        "jti": jti,
        "htm": method,
        "htu": url.partition("?")[0].partition("#")[0],
        "iat": issued_at,
        "ath": b64url_encode(hashlib.sha256(token.encode("ascii")).digest()),
    }
    if nonce:
        payload["nonce"] = nonce
    return compact_jws(TYP_DPOP, payload, device)


def holder_proof(
    *, wallet: str, nonce: str, device_thumbprint: str, issued_at: int, holder: Signer
) -> str:
    """Return the proof that the phone has a holder key, made for this wallet and this device."""
    payload: dict[str, object] = {
        "sub": wallet,
        "nonce": nonce,
        "jkt": device_thumbprint,
        "iat": issued_at,
    }
    return compact_jws(TYP_HOLDER, payload, holder)


def compact_jws(typ: str, payload: Mapping[str, object], signer: Signer) -> str:
    """Sign `payload` as a compact JWS (RFC 7515) with ES256 and the public key in the header."""
    header = {"alg": "ES256", "typ": typ, "jwk": public_jwk(signer.public_key)}
    signed = f"{_part(header)}.{_part(payload)}"
    return f"{signed}.{b64url_encode(signer.sign(signed.encode('ascii')))}"


def _part(value: Mapping[str, object]) -> str:
    return b64url_encode(json.dumps(value, separators=(",", ":")).encode())
