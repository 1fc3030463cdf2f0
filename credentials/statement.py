"""The signed statement of every step: what the phone or the kiosk says besides the HTTP body.

A compact JWS (RFC 7515, ES256) over purpose, subject, hash of the body and server nonce, by the
device key, the PIN key or the kiosk's key. The three differ in `typ`, so that one can never stand
for another. PIN proofs reveal the PIN's public key: never store or log them.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric import ec

from credentials.errors import FormatError, SignatureError
from credentials.jwk import b64url_decode, b64url_encode, load_jwk, public_jwk, thumbprint
from credentials.signing import SIGNATURE_SIZE, Signer, verify_es256

TYP_DEVICE = "ikd-statement+jwt"
TYP_PIN = "ikd-pin+jwt"
TYP_KIOSK = "ikd-kiosk+jwt"
TYPES = (TYP_DEVICE, TYP_PIN, TYP_KIOSK)
PURPOSE_START = "start"
SUBJECT_NEW = "new"
MAX_TEXT = 4096

_PARTS = 3
_HASH_SIZE = 32
_MAX_NAME = 128
_MAX_NONCE = 512
_REQUIRED = frozenset({"purpose", "sub", "bsh", "nonce", "iat", "jkt"})
_THUMBPRINT = re.compile(r"[A-Za-z0-9_-]{43}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Statement:
    """What is said. `body_hash` is SHA-256 of the body as sent, `issued_at` unix seconds.

    `subject` is an enrolment, wallet or kiosk id, or "new"; `device_thumbprint` is that of the
    signing device (or kiosk) key, `pin_thumbprint` that of the PIN key where a PIN is needed.
    """

    purpose: str
    subject: str
    body_hash: bytes
    nonce: str
    issued_at: int
    device_thumbprint: str
    pin_thumbprint: str | None = None


@dataclass(frozen=True, slots=True)
class UnverifiedStatement:
    """A statement as read. `jwk` is there only when the key is new (purpose "start")."""

    typ: str
    jwk: dict[str, object] | None
    statement: Statement
    signing_input: bytes
    signature: bytes


def hash_body(body: bytes) -> bytes:
    """Return SHA-256 of the HTTP body exactly as sent, 32 bytes."""
    return hashlib.sha256(body).digest()


def sign_statement(statement: Statement, signer: Signer, *, typ: str = TYP_DEVICE) -> str:
    """Return the compact JWS; for purpose "start" the device key's JWK goes into the header."""
    header: dict[str, object] = {"alg": "ES256", "typ": typ}
    if typ == TYP_DEVICE and statement.purpose == PURPOSE_START:
        header["jwk"] = public_jwk(signer.public_key)
    payload: dict[str, object] = {
        "purpose": statement.purpose,
        "sub": statement.subject,
        "bsh": b64url_encode(statement.body_hash),
        "nonce": statement.nonce,
        "iat": statement.issued_at,
        "jkt": statement.device_thumbprint,
    }
    if statement.pin_thumbprint is not None:
        payload["pkt"] = statement.pin_thumbprint
    signed = f"{_encode_json(header)}.{_encode_json(payload)}"
    return f"{signed}.{b64url_encode(signer.sign(signed.encode()))}"


def parse_statement(text: str, *, typ: str) -> UnverifiedStatement:
    """Read a compact JWS of exactly this `typ`; FormatError for anything else.

    Header members other than alg, typ and (purpose "start") jwk are refused, so `crit`, `jku`,
    `x5u` and `kid` have nothing to work with.
    """
    parts = text.split(".") if len(text) <= MAX_TEXT else []
    if len(parts) != _PARTS:
        raise FormatError("STATEMENT_FORMAT")
    header, payload = _decode_json(parts[0]), _decode_json(parts[1])
    signature = b64url_decode(parts[2])
    if len(signature) != SIGNATURE_SIZE:
        raise FormatError("STATEMENT_SIGNATURE_SIZE")
    jwk = _read_header(header, typ)
    statement = _read_payload(payload)
    starts = typ == TYP_DEVICE and statement.purpose == PURPOSE_START
    if starts != (jwk is not None):
        raise FormatError("STATEMENT_JWK")
    signed = f"{parts[0]}.{parts[1]}".encode("ascii")
    return UnverifiedStatement(typ, jwk, statement, signed, signature)


def verify_statement(
    unverified: UnverifiedStatement, public_key: ec.EllipticCurvePublicKey
) -> Statement:
    """Return the statement when `public_key` signed it, else raise SignatureError.

    For a device or kiosk statement the key must also be the one `jkt` names, for a PIN proof the
    one `pkt` names. The caller still checks nonce, time, purpose, subject and the body's hash.
    """
    statement = unverified.statement
    named = statement.device_thumbprint
    if unverified.typ == TYP_PIN:
        named = statement.pin_thumbprint or ""
    own = thumbprint(public_key)
    if not hmac.compare_digest(named, own):
        raise SignatureError("KEY_MISMATCH")
    if unverified.jwk is not None and thumbprint(unverified.jwk) != own:
        raise SignatureError("KEY_MISMATCH")
    verify_es256(public_key, unverified.signing_input, unverified.signature)
    return statement


def check_body(statement: Statement, body: bytes) -> None:
    """Raise SignatureError("BODY_MISMATCH") unless the statement was made over this body."""
    if not hmac.compare_digest(statement.body_hash, hash_body(body)):
        raise SignatureError("BODY_MISMATCH")


def _read_header(header: dict[str, object], typ: str) -> dict[str, object] | None:
    if not set(header) <= {"alg", "typ", "jwk"}:
        raise FormatError("STATEMENT_HEADER")
    if header.get("alg") != "ES256" or header.get("typ") != typ:
        raise FormatError("STATEMENT_HEADER")
    jwk = header.get("jwk")
    if jwk is None and "jwk" not in header:
        return None
    if not isinstance(jwk, dict):
        raise FormatError("STATEMENT_JWK")
    load_jwk(jwk)
    return jwk


def _read_payload(payload: dict[str, object]) -> Statement:
    if not _REQUIRED <= set(payload) <= _REQUIRED | {"pkt"}:
        raise FormatError("STATEMENT_MEMBERS")
    issued_at = payload["iat"]
    if type(issued_at) is not int or not 0 <= issued_at < 1 << 40:
        raise FormatError("STATEMENT_MEMBERS", "iat")
    body_hash = b64url_decode(_text(payload, "bsh", 43))
    if len(body_hash) != _HASH_SIZE:
        raise FormatError("STATEMENT_MEMBERS", "bsh")
    return Statement(
        purpose=_text(payload, "purpose", _MAX_NAME),
        subject=_text(payload, "sub", _MAX_NAME),
        body_hash=body_hash,
        nonce=_text(payload, "nonce", _MAX_NONCE),
        issued_at=issued_at,
        device_thumbprint=_thumbprint(payload, "jkt"),
        pin_thumbprint=_thumbprint(payload, "pkt") if "pkt" in payload else None,
    )


def _text(payload: Mapping[str, object], name: str, limit: int) -> str:
    value = payload[name]
    if not isinstance(value, str) or not 0 < len(value) <= limit or not value.isprintable():
        raise FormatError("STATEMENT_MEMBERS", name)
    return value


def _thumbprint(payload: Mapping[str, object], name: str) -> str:
    value = payload[name]
    if not isinstance(value, str) or not _THUMBPRINT.fullmatch(value):
        raise FormatError("STATEMENT_MEMBERS", name)
    return value


def _encode_json(value: dict[str, object]) -> str:
    return b64url_encode(json.dumps(value, separators=(",", ":")).encode())


def _decode_json(part: str) -> dict[str, object]:
    try:
        value = json.loads(b64url_decode(part).decode(), object_pairs_hook=_unique)
    except (ValueError, RecursionError):
        raise FormatError("STATEMENT_JSON") from None
    if not isinstance(value, dict):
        raise FormatError("STATEMENT_JSON")
    return value


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """Refuse duplicate members: two readers could see two statements (RFC 7515 section 4)."""
    value = dict(pairs)
    if len(value) != len(pairs):
        raise FormatError("STATEMENT_DUPLICATE")
    return value
