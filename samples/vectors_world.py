"""The small world of the verifier vectors: one resident, a few issuers, four bundles, one moment.

Every key and signature is derived from fixed texts (`samples.keys`), so the vectors come out the
same byte for byte wherever they are made. The resident is synthetic and belongs to nobody.
"""

from __future__ import annotations

import hashlib
import json
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from credentials import cbor, cose
from credentials.bundle import Bundle
from credentials.catalogue import Catalogue
from credentials.presentation import (
    Challenge,
    presentation_text,
    print_text,
    sign_presentation,
)
from credentials.qr_credential import CONTEXT, build_claims, sign_credential
from credentials.qr_text import base45_encode, from_text, to_text
from credentials.regions import Regions, pack_regions
from credentials.revocation import RevocationSet
from credentials.signing import ES256
from credentials.trust import TrustedKey, TrustList
from samples.keys import ORDER, SampleSigner

NOW = int(datetime(2026, 11, 23, 5, 0, tzinfo=UTC).timestamp())
HOUR, DAY = 3600, 86400
ISSUED, EXPIRES = NOW - 3 * DAY, NOW + 11 * DAY
LIST, GOOD, REVOKED, SUSPENDED = 7, 1000, 1001, 1002
UNCOVERED_LIST = 9  # in no bundle here
FOLDER = Path(__file__).parent

CHALLENGE = Challenge(
    nonce=hashlib.sha256(b"vector nonce").digest()[:16],
    aud=hashlib.sha256(b"vector desk").digest()[:8],
    profile=2,
    issued_at=NOW - 20,
)

PERSON: dict[str, object] = {
    "nik": "3173021001989574",
    "name": "ZAINAL ROHIM",
    "birth_place": "JAKARTA BARAT",
    "birth_date": "1998-01-10",
    "sex": "M",
    "religion": "ISLAM",
    "marital_status": "MARRIED",
    "occupation": "KARYAWAN SWASTA",
    "street": "JL. DAHLIA NO. 40",
    "rt": "004",
    "rw": "001",
    "village_code": "3173021001",
    "age_over": 21,
}
DOCUMENTS: dict[str, dict[str, object]] = {
    "tax_number": {"npwp16": "3173021001989574", "name": "ZAINAL ROHIM", "status": "ACTIVE"},
    "vaccination_card": {
        "nik": "3173021001989574",
        "name": "ZAINAL ROHIM",
        "birth_date": "1998-01-10",
        "doses": [{"disease": "COVID-19", "dose": 1, "product": "CORONAVAC", "date": "2021-08-17"}],
    },
    "vehicle_ownership": {
        "plate": "B 9123 QQQ",
        "owner_name": "ZAINAL ROHIM",
        "brand": "HONDA",
        "type": "SEPEDA MOTOR",
        "year": 2020,
        "frame_number": "MHXTEST0000000001",
        "engine_number": "TESTE0000001",
    },
}


@cache
def catalogue() -> Catalogue:
    """Return the product's catalogue."""
    files = sorted((FOLDER.parent / "wallet_api" / "catalogue").glob("*.json"))
    return Catalogue.parse([json.loads(file.read_bytes()) for file in files])


@cache
def portrait() -> bytes:
    """Return the drawn portrait, an input of the vectors."""
    return (FOLDER / "vectors" / "portrait.webp").read_bytes()


@dataclass(frozen=True, slots=True)
class Credential:
    """How one credential is made; `replace` bends it."""

    document_type: str = "id_card"
    profile: str = "full"
    values: Mapping[str, object] | None = None
    issued_at: int = ISSUED
    expires_at: int = EXPIRES
    status: tuple[int, int] = (LIST, GOOD)
    signer: str = "issuer-population"
    holder: str | None = "holder"
    bend: Callable[[dict[Any, Any]], None] | None = None

    def but(self, **changes: Any) -> Credential:
        """Return the same with changes."""
        return replace(self, **changes)

    def claims(self) -> bytes:
        """Return the signed part, bent at the end where asked."""
        kind = catalogue().document_type(self.document_type)
        values = self.values
        if values is None:
            own = DOCUMENTS.get(self.document_type)
            values = {**PERSON, "portrait": portrait()} if own is None else own
        claims = build_claims(
            kind.encode(kind.profile(self.profile), values),
            issued_at=self.issued_at,
            expires_at=self.expires_at,
            holder_key=None if self.holder is None else SampleSigner(self.holder).public_key,
            status=self.status,
        )
        if self.bend is None:
            return claims
        members = cbor.decode(claims)
        assert isinstance(members, dict)  # noqa: S101  it was one a line ago
        self.bend(members)
        return cbor.encode(members)

    def signed(self) -> bytes:
        """Return the COSE_Sign1."""
        return sign_credential(self.claims(), SampleSigner(self.signer))

    def shown(
        self, *, at: int = NOW - 5, challenge: Challenge | None = None, by: str | None = None
    ) -> str:
        """Return the ID1: text as a phone shows it; `by` names another signer of the proof."""
        holder = SampleSigner(by or self.holder or "holder")
        proof = sign_presentation(self.signed(), holder, issued_at=at, challenge=challenge)
        return presentation_text(proof)

    def shown_unchecked(self, *, at: int = NOW - 5) -> str:
        """As `shown`, for a credential that our own parser would not let through."""
        return self._packed(self._sign1({}, self.claims()), at)

    def with_header(self, changes: dict[int, object], *, at: int = NOW - 5) -> str:
        """Show it under the population issuer's key id, with header members changed."""
        return self._packed(self._sign1(changes, self.claims()), at)

    def with_payload(self, change: Callable[[bytes], bytes], *, at: int = NOW - 5) -> str:
        """Show it with its payload changed after it was signed."""
        parts: Any = cbor.decode(self.signed())
        parts[2] = change(parts[2])
        return self._packed(cbor.encode(parts), at)

    def malleated(self, *, at: int = NOW - 5) -> str:
        """Show it with the proof's other valid signature, (r, n - s)."""
        parts: Any = cbor.decode(from_text(self.shown(at=at), prefixes=("ID1:",))[1])
        r, s = parts[2][:32], int.from_bytes(parts[2][32:], "big")
        return to_text(
            "ID1:", cbor.encode([parts[0], parts[1], r + (ORDER - s).to_bytes(32, "big")])
        )

    def _sign1(self, changes: dict[int, object], claims: bytes) -> bytes:
        kid = SampleSigner("issuer-population").kid
        protected = cbor.encode({1: ES256, 4: kid, **changes})
        signed = cose.sig_structure(protected, CONTEXT, claims)
        return cbor.encode([protected, {}, claims, SampleSigner(self.signer).sign(signed)])

    def _packed(self, credential: bytes, at: int) -> str:
        holder = SampleSigner(self.holder or "holder")
        return presentation_text(sign_presentation(credential, holder, issued_at=at))

    def printed(self) -> str:
        """Return the IDS: text."""
        return print_text(self.signed())


CARD = Credential()
KYC = CARD.but(profile="kyc")


def claim169(
    *, signer: str = "issuer-claim169", with_kid: bool = True, tag: bytes = b"\xd2"
) -> str:
    """Return a plain claim 169 text as other issuers print it: no holder, no status."""
    key = SampleSigner(signer)
    identity = {1: "3918592438", 4: "JANARDHAN BS", 8: "19840418", 9: 1, 10: "NEW HOUSE"}
    payload = {1: "www.example.org", 4: EXPIRES, 6: ISSUED, 169: identity}
    header: dict[int, object] = {1: ES256, 4: key.kid} if with_kid else {1: ES256}
    return foreign_text(cbor.encode(payload), cbor.encode(header), key, tag=tag)


def claim169_bomb() -> str:
    """Return a text of 4 KiB at most that would inflate to a megabyte."""
    return base45_encode(zlib.compress(bytes(1 << 20), 9))


def foreign_text(
    payload: bytes, protected: bytes, signer: SampleSigner, *, tag: bytes = b"\xd2"
) -> str:
    """Sign and pack a CWT the way claim 169 does."""
    signature = signer.sign(cose.sig_structure(protected, b"", payload))
    return base45_encode(zlib.compress(tag + cbor.encode([protected, {}, payload, signature]), 9))


def trust_list() -> TrustList:
    """Return the issuers: one a domain, one retired, one with a borrowed key id, one foreign."""
    population = frozenset({"id_card", "family_card"})
    shared_kid = SampleSigner("issuer-population").kid
    return TrustList(
        (
            _trusted(
                "issuer-colliding", "Penerbit lain dengan kid sama", population, kid=shared_kid
            ),
            _trusted("issuer-population", "Ditjen Dukcapil (contoh)", population),
            _trusted(
                "issuer-retired", "Ditjen Dukcapil 2025 (contoh)", population, until=-20 * DAY
            ),
            _trusted("issuer-tax", "Ditjen Pajak (contoh)", frozenset({"tax_number"})),
            _trusted("issuer-health", "Kemenkes (contoh)", frozenset({"vaccination_card"})),
            _trusted("issuer-vehicles", "Korlantas (contoh)", frozenset({"vehicle_ownership"})),
            _trusted("issuer-claim169", "Penerbit klaim 169 (contoh)", frozenset({"claim169"})),
        )
    )


def _trusted(
    name: str,
    title: str,
    types: frozenset[str],
    *,
    until: int = 300 * DAY,
    kid: bytes | None = None,
) -> TrustedKey:
    signer = SampleSigner(name, kid=kid)
    return TrustedKey(
        kid=signer.kid,
        public_key=signer.public_key,
        alg=ES256,
        not_before=NOW - 400 * DAY,
        not_after=NOW + until,
        issuer_name=title,
        document_types=types,
    )


@cache
def regions() -> Regions:
    """Return the names of the resident's own village, district, regency and province."""
    return pack_regions(
        [
            ("31", "DAERAH KHUSUS IBUKOTA JAKARTA", ""),
            ("31.73", "KOTA ADMINISTRASI JAKARTA BARAT", ""),
            ("31.73.02", "GROGOL PETAMBURAN", ""),
            ("31.73.02.1001", "GROGOL", "11450"),
        ]
    )


@cache
def bundles() -> dict[str, Bundle]:
    """Return the bundles by name.

    current; expired; stale, with a status of five days ago; newer, for verifiers of the future.
    """
    current = Bundle(
        version=12,
        issued_at=NOW - HOUR,
        expires_at=NOW + 7 * DAY,
        status_as_of=NOW - HOUR,
        trust=trust_list(),
        revocation=RevocationSet({LIST: [REVOKED, 70_000]}, {LIST: [SUSPENDED]}),
        catalogue=catalogue(),
        regions=regions(),
        minimum_app_version="1.0.0",
    )
    week_old = replace(current, version=11, issued_at=NOW - 9 * DAY, status_as_of=NOW - 9 * DAY)
    return {
        "current": current,
        "expired": replace(week_old, expires_at=NOW - 2 * DAY),
        "newer": replace(current, minimum_app_version="9999.0.0"),
        "stale": replace(current, issued_at=NOW - 5 * DAY, status_as_of=NOW - 5 * DAY),
    }
