"""Vectors of the presentation: what the holder key signs, and the text in the QR."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any

from credentials import cbor, cose
from credentials.jwk import b64url_encode
from credentials.presentation import (
    Challenge,
    challenge_text,
    parse_presentation,
    presentation_text,
    sign_presentation,
)
from credentials.qr_credential import build_claims, sign_credential
from samples.client_vectors.made_keys import named
from samples.client_vectors.statements import HOLDER, NOW
from samples.keys import SampleSigner

AGE_ONLY = {90: 18}  # "over 18", nothing else
DAY = 86400


def credential(profile: int) -> bytes:
    """Return a small credential bound to the holder key of the vectors."""
    claims = build_claims(
        {**AGE_ONLY, 91: profile},
        issued_at=NOW - DAY,
        expires_at=NOW + 13 * DAY,
        holder_key=named(HOLDER).public_key,
        status=(1, 4711),
    )
    return sign_credential(claims, SampleSigner("issuer-population"))


def cases() -> Iterator[dict[str, Any]]:
    """Yield a fresh presentation, the same 15 s later, and the answer to a challenge."""
    profile = 5
    challenge = Challenge(bytes(range(16)), b"verifier", profile, NOW - 3)
    for name, why, at, asked in (
        ("fresh", "proof of one element: the time", NOW, None),
        ("15-seconds-later", "signed anew while it is on the screen", NOW + 15, None),
        ("challenge", "proof of three elements: time, nonce, audience", NOW, challenge),
    ):
        yield _case(name, why, credential(profile), at, asked)


def _case(
    name: str, why: str, raw: bytes, issued_at: int, challenge: Challenge | None
) -> dict[str, Any]:
    holder = named(HOLDER)
    made = sign_presentation(raw, holder, issued_at=issued_at, challenge=challenge)
    parsed = parse_presentation(made)
    external_aad = hashlib.sha256(b"IKD-ID1-POP" + raw).digest()
    signed = cose.sig_structure(cbor.encode({1: -7}), external_aad, parsed.proof_payload)
    given = {
        "credential": b64url_encode(raw),
        "holder_key": holder.shown(),
        "iat": issued_at,
        "challenge": challenge_text(challenge) if challenge else None,
    }
    expected = {
        "proof_payload_hex": parsed.proof_payload.hex(),
        "external_aad_hex": external_aad.hex(),
        "sig_structure_hex": signed.hex(),
        "signature_hex": parsed.signature.hex(),
        "text": presentation_text(made),
    }
    return {"name": name, "why": why, "input": given, "expected": expected}
