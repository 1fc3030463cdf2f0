"""Keys, people and signed things that the tests of this package share."""

from __future__ import annotations

import json
import struct
from pathlib import Path

from credentials.bundle import Bundle, sign_bundle
from credentials.catalogue import Catalogue
from credentials.jwk import thumbprint
from credentials.kiosk_frame import frame_at, sign_frame
from credentials.presentation import presentation_text, print_text, sign_presentation
from credentials.qr_credential import build_claims, sign_credential
from credentials.regions import pack_regions
from credentials.revocation import RevocationSet
from credentials.signing import PemSigner, generate_pem
from credentials.statement import Statement, hash_body, sign_statement
from credentials.trust import TrustedKey, TrustList

ROOT = Path(__file__).parents[2]
VECTORS = ROOT / "tests" / "vectors"
NOW = 1_800_000_000
DAY = 86_400

ISSUER = PemSigner(generate_pem())
HOLDER = PemSigner(generate_pem())
STRANGER = PemSigner(generate_pem())

PERSON: dict[str, object] = {
    "nik": "3173021001989574",
    "name": "ZAINAL ROHIM",
    "birth_place": "JAKARTA BARAT",
    "birth_date": "1998-01-10",
    "sex": "M",
    "blood_type": "UNKNOWN",
    "religion": "ISLAM",
    "marital_status": "MARRIED",
    "occupation": "PETANI/PEKEBUN",
    "street": "JL. DAHLIA NO. 40",
    "rt": "004",
    "rw": "001",
    "village_code": "3173021001",
}


def load_catalogue() -> Catalogue:
    """Read the issuer's own catalogue files."""
    files = sorted((ROOT / "wallet_api" / "catalogue").glob("*.json"))
    return Catalogue.parse([json.loads(path.read_text(encoding="utf-8")) for path in files])


CATALOGUE = load_catalogue()


def webp(size: int = 600, *, width: int = 64, height: int = 80) -> bytes:
    """Make bytes with the header of a lossy WebP picture; the picture itself is noise."""
    body = b"\0\0\0\x9d\x01\x2a" + struct.pack("<HH", width, height)
    body += bytes(index * 73 % 251 for index in range(size - 20 - len(body)))
    chunk = b"VP8 " + struct.pack("<I", len(body)) + body
    return b"RIFF" + struct.pack("<I", len(chunk) + 4) + b"WEBP" + chunk


def identity(
    type_name: str = "id_card", profile: str = "full", **changes: object
) -> dict[int, object]:
    """Encode PERSON (with a portrait) in a profile."""
    document_type = CATALOGUE.document_type(type_name)
    values = {**PERSON, "portrait": webp(), **changes}
    return document_type.encode(document_type.profile(profile), values)


def credential(*, bound: bool = True, **changes: object) -> bytes:
    """Issue a full id_card."""
    claims = build_claims(
        identity(**changes),
        issued_at=NOW,
        expires_at=NOW + 14 * DAY,
        holder_key=HOLDER.public_key if bound else None,
        status=(123, 1_000_000),
    )
    return sign_credential(claims, ISSUER)


def presentation() -> str:
    """Present a full id_card."""
    return presentation_text(sign_presentation(credential(), HOLDER, issued_at=NOW + 60))


def printed() -> str:
    """Issue a full id_card in print form."""
    return print_text(credential(bound=False))


def frame() -> str:
    """Draw a kiosk frame."""
    return sign_frame(frame_at("K-3173-01", "UPT-GROGOL", b"s" * 32, NOW), ISSUER)


def statement(**changes: object) -> Statement:
    """Say "contact" for an enrolment."""
    members: dict[str, object] = {
        "purpose": "contact",
        "subject": "enr_1",
        "body_hash": hash_body(b"{}"),
        "nonce": "n-1",
        "issued_at": NOW,
        "device_thumbprint": thumbprint(HOLDER.public_key),
        **changes,
    }
    return Statement(**members)  # type: ignore[arg-type]


def signed_statement() -> str:
    """Sign it with the device key."""
    return sign_statement(statement(), HOLDER)


def trust() -> TrustList:
    """Trust ISSUER for everything."""
    names = frozenset(entry.name for entry in CATALOGUE.types)
    key = TrustedKey(
        ISSUER.kid, ISSUER.public_key, -7, NOW - DAY, NOW + 900 * DAY, "Dukcapil", names
    )
    return TrustList((key,))


def bundle(**changes: object) -> Bundle:
    """Make a small bundle."""
    members: dict[str, object] = {
        "version": 7,
        "issued_at": NOW,
        "expires_at": NOW + 7 * DAY,
        "status_as_of": NOW - 30,
        "trust": trust(),
        "revocation": RevocationSet({123: [5, 77]}, {123: [9]}),
        "catalogue": CATALOGUE,
        "regions": pack_regions([("31.73.02.1001", "Grogol", "11450"), ("31", "DKI Jakarta", "")]),
        **changes,
    }
    return Bundle(**members)  # type: ignore[arg-type]


def signed_bundle() -> bytes:
    """Sign it with ISSUER as the root."""
    return sign_bundle(bundle(), ISSUER)
