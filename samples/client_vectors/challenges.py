"""Vectors of signed challenges: who asks and why, whom a phone refuses, and the answer's audience.

`list` is what `GET /v1/lists/relying-parties` gave, `root` the key the phone pinned.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from credentials import cbor
from credentials.jwk import b64url_encode, public_jwk
from credentials.key_set import PUBLISHER, RELYING_PARTIES, KeySet, RoleKey, sign_key_set
from credentials.presentation import Challenge, challenge_text
from credentials.qr_text import PREFIX_CHALLENGE, from_text, to_text
from credentials.relying_party import (
    DAY,
    RelyingPartyCertificate,
    certificate_payload,
    parse_certificate,
    sign_certificate,
)
from credentials.relying_party_list import sign_list
from credentials.signed_challenge import parse_signed_challenge, sign_challenge
from credentials.trust import TrustList
from samples.client_vectors.made_keys import named
from samples.client_vectors.statements import NOW
from samples.keys import SampleSigner

ROOT, REGISTRY, PUBLISHES = "root", "relying-parties", "publisher"
DESK, THIEF = "bank desk", "thief"
NONCE = bytes(range(16))
BANK = RelyingPartyCertificate(
    serial=471_100_017,
    name="Bank Nusantara",
    public_key=named(DESK).public_key,
    first_day=NOW // DAY - 30,
    last_day=NOW // DAY + 335,
    profiles=(1, 2),
)
PURPOSE = "Pembukaan rekening"


def issue(certificate: RelyingPartyCertificate = BANK, by: str = REGISTRY, **kid: bytes) -> bytes:
    """Return a certificate's file."""
    return sign_certificate(certificate_payload(certificate), SampleSigner(by, **kid))


def shown(certificate: bytes | None = None, *, by: str = DESK, at: int = NOW - 3) -> str:
    """Return a desk's question."""
    return sign_challenge(
        certificate=certificate or issue(),
        requester=named(by),
        nonce=NONCE,
        profile=2,
        at=at,
        purpose=PURPOSE,
    )


def known(
    *revoked: int,
    version: int = NOW,
    keys_version: int = 7,
    root: str = ROOT,
    publisher: str = PUBLISHES,
) -> bytes:
    """Return the list that a phone holds."""
    roles = tuple(
        RoleKey(role, one.kid, one.public_key, NOW - 90 * DAY, NOW + 1000 * DAY)
        for role, one in ((PUBLISHER, SampleSigner(PUBLISHES)), (RELYING_PARTIES, named(REGISTRY)))
    )
    keys = KeySet(keys_version, NOW - 90 * DAY, NOW + 310 * DAY, TrustList(()), roles)
    return sign_list(
        SampleSigner(publisher),
        version=version,
        at=NOW - DAY,
        key_sets=[sign_key_set(keys, SampleSigner(root))],
        revoked=revoked,
    )


def cases() -> Iterator[dict[str, Any]]:
    """Yield questions with the phone's decision: `reason` is None where the person is asked."""
    yield _case("good", "a registered desk, its certificate in force", shown(), None)
    unsigned = Challenge(NONCE, b"verifier", 2, NOW - 3)
    yield _case("unsigned", "nobody vouches: warn before asking", challenge_text(unsigned), None)
    yield _case("revoked", "its serial is on the list", shown(), "REVOKED", known(BANK.serial))
    over = replace(BANK, last_day=NOW // DAY - 1)
    yield _case("expired", "the last day was yesterday", shown(issue(over)), "CERTIFICATE_EXPIRED")
    coming = replace(BANK, first_day=NOW // DAY + 1)
    yield _case(
        "to-come", "the first day is tomorrow", shown(issue(coming)), "CERTIFICATE_NOT_YET_VALID"
    )
    unknown = shown(issue(by=THIEF))
    yield _case("other-registry", "no key of the set signed it", unknown, "CERTIFICATE_UNKNOWN")
    twin = shown(issue(by=THIEF, kid=named(REGISTRY).kid))
    yield _case("forged-certificate", "the key id is right", twin, "SIGNATURE_INVALID")
    yield _case("forged-question", "not by the certified key", _forged(), "SIGNATURE_INVALID")
    wider = issue(replace(BANK, serial=12, profiles=(1, 2, 3)))
    moved = to_text(PREFIX_CHALLENGE, cbor.encode([cbor.decode(wider), _message(shown())]))
    yield _case("moved", "under another certificate of that key", moved, "SIGNATURE_INVALID")
    yield _case("asks-too-much", "profile 3 is not certified", _asking(3), "CHALLENGE_PROFILE")
    yield _case("old", "shown 601 seconds ago", shown(at=NOW - 601), "CHALLENGE_OLD")
    yield _case("ahead", "121 seconds ahead", shown(at=NOW + 121), "CHALLENGE_FROM_FUTURE")
    yield _case("turned-text", "U+202E in the purpose", _asking(2, "a\u202eb"), "CHALLENGE_PURPOSE")
    yield _case("too-long", "451 characters", shown().ljust(451, "0"), "QR_TOO_LONG")


def _case(
    name: str, why: str, text: str, reason: str | None, phone_list: bytes | None = None
) -> dict[str, Any]:
    given = {
        "text": text,
        "list": b64url_encode(phone_list or known()),
        "root": public_jwk(SampleSigner(ROOT).public_key),
        "now": NOW,
    }
    expected: dict[str, Any] = {"accepted": reason is None, "reason": reason}
    if reason is None:
        expected |= _told(text) if name == "good" else {"signed": False}
    return {"name": name, "why": why, "input": given, "expected": expected}


def _told(text: str) -> dict[str, Any]:
    asked = parse_signed_challenge(text)
    held = asked.certificate.claimed
    return {
        "signed": True,
        "name": held.name,
        "serial": held.serial,
        "purpose": asked.purpose,
        "profile": asked.challenge.profile,
        "iat": asked.challenge.issued_at,
        "nonce_hex": asked.challenge.nonce.hex(),
        "aud_hex": asked.challenge.aud.hex(),
        "certificate_hex": asked.certificate.raw.hex(),
        "certificate_payload_hex": asked.certificate.sign1.payload.hex(),
        "proof_payload_hex": cbor.encode([NOW, asked.challenge.nonce, asked.challenge.aud]).hex(),
    }


def _message(text: str) -> object:
    _, data = from_text(text, prefixes=(PREFIX_CHALLENGE,))
    value: Any = cbor.decode(data)
    return value[1]


def _forged() -> str:
    """Return a thief's question under the bank's certificate: he lacks its key."""
    own = issue(replace(BANK, public_key=named(THIEF).public_key))
    certificate = cbor.decode(issue())
    message: Any = _message(shown(own, by=THIEF))
    return to_text(PREFIX_CHALLENGE, cbor.encode([certificate, message]))


def _asking(profile: int, purpose: str = PURPOSE) -> str:
    """Return what a desk's own program would not sign."""
    from credentials import signed_challenge

    raw = parse_certificate(issue()).raw
    payload = cbor.encode([1, NONCE, profile, NOW - 3, purpose])
    protected = cbor.encode({1: -7})
    signature = named(DESK).sign(signed_challenge.sig_structure(raw, payload))
    message = [protected, {}, payload, signature]
    return to_text(PREFIX_CHALLENGE, cbor.encode([cbor.decode(raw), message]))
