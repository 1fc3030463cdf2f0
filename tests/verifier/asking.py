"""A registry for desks that ask: a bundle that names its key, and certificates under it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from credentials.bundle import sign_bundle
from credentials.key_set import RELYING_PARTIES, KeySet, RoleKey, sign_key_set
from credentials.relying_party import (
    DAY,
    RelyingPartyCertificate,
    certificate_payload,
    sign_certificate,
)
from credentials.relying_party_request import parse_request, verify_request
from samples.keys import SampleSigner
from samples.vectors_world import NOW, bundles
from verifier.requester import Requester, install, make_request

REGISTRY = SampleSigner("relying-parties")
BANK = "Bank Nusantara"
TODAY = NOW // DAY


def asking_bundle() -> bytes:
    """The vectors' current bundle, whose key set names the key that certifies desks."""
    content, root = bundles()["current"], SampleSigner("root")
    role = RoleKey(RELYING_PARTIES, REGISTRY.kid, REGISTRY.public_key, NOW - DAY, NOW + 1600 * DAY)
    keys = KeySet(9, content.issued_at, NOW + 400 * DAY, content.trust, (role,))
    return sign_bundle(replace(content), root, key_sets=[sign_key_set(keys, root)])


def certified(
    request: Path,
    *,
    by: SampleSigner = REGISTRY,
    name: str = BANK,
    days: int = 365,
    profiles: tuple[int, ...] = (1, 2),
    serial: int = 4711,
) -> Path:
    """Issue the certificate a request asks for, beside it."""
    asked = verify_request(parse_request(request.read_bytes()))
    held = RelyingPartyCertificate(
        serial, name, asked.public_key, TODAY - 1, TODAY - 1 + days, profiles
    )
    file = request.with_name("issued.cose")
    file.write_bytes(sign_certificate(certificate_payload(held), by))
    return file


def requester(folder: Path, **terms: object) -> Requester:
    """A desk's folder with key and certificate."""
    request = make_request(folder, code="code", at=NOW)
    return install(folder, certified(request, **terms))  # type: ignore[arg-type]
