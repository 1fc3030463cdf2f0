"""What an issued mdoc must be (ISO 18013-5), read by hand: none of our own readers takes part."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import cbor2
from cryptography import x509

from tests.conformance.trust import unpad, verify_cose

if TYPE_CHECKING:
    from credentials.signing import PemSigner
    from tests.conformance.conftest import Place

DOCUMENT_SIGNER = x509.ObjectIdentifier("1.0.18013.5.1.2")


@dataclass(frozen=True)
class Mdoc:
    """An mdoc taken apart: its security object, and its elements by namespace."""

    mso: dict[str, Any]
    elements: dict[str, dict[str, Any]]
    salts: list[bytes]

    @property
    def times(self) -> tuple[datetime, ...]:
        return tuple(self.mso["validityInfo"].values())

    @property
    def status(self) -> dict[str, Any]:
        found: dict[str, Any] = self.mso["status"]["status_list"]
        return found


def check_mdoc(place: Place, text: str, key: PemSigner, supported: dict[str, Any]) -> Mdoc:
    """Check one credential against its configuration and the key that the wallet proved."""
    issued = cbor2.loads(unpad(text))
    protected, unprotected, *_ = issued["issuerAuth"]
    assert set(cbor2.loads(protected)) == {1}  # isomdoc refuses more
    assert set(unprotected) == {33}
    leaf, payload = verify_cose(place, issued["issuerAuth"])
    usage = leaf.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert DOCUMENT_SIGNER in usage
    outer = cbor2.loads(payload)
    assert outer.tag == 24
    mso = cbor2.loads(outer.value)
    assert (mso["version"], mso["digestAlgorithm"]) == ("1.0", "SHA-256")
    assert mso["docType"] == supported["doctype"]
    _check_device_key(mso, key)
    _check_times(place, mso, leaf)
    found = Mdoc(mso, *_check_digests(issued["nameSpaces"], mso["valueDigests"]))
    (country,) = leaf.subject.get_attributes_for_oid(x509.NameOID.COUNTRY_NAME)
    stated = [
        held["issuing_country"] for held in found.elements.values() if "issuing_country" in held
    ]
    assert stated == [country.value]
    known = {tuple(claim["path"]) for claim in supported["credential_metadata"]["claims"]}
    assert {(space, name) for space, held in found.elements.items() for name in held} <= known
    return found


def _check_device_key(mso: dict[str, Any], key: PemSigner) -> None:
    numbers = key.public_key.public_numbers()
    x, y = (number.to_bytes(32, "big") for number in (numbers.x, numbers.y))
    assert mso["deviceKeyInfo"]["deviceKey"] == {1: 2, -1: 1, -2: x, -3: y}


def _check_times(place: Place, mso: dict[str, Any], leaf: x509.Certificate) -> None:
    signed, first, last = (
        mso["validityInfo"][name] for name in ("signed", "validFrom", "validUntil")
    )
    assert signed <= first <= place.world.clock.now() < last
    assert leaf.not_valid_before_utc <= signed <= leaf.not_valid_after_utc
    assert not any(one.microsecond for one in (signed, first, last))


def _check_digests(
    spaces: dict[str, list[Any]], digests: dict[str, dict[int, bytes]]
) -> tuple[dict[str, dict[str, Any]], list[bytes]]:
    """Return the elements, every one with its digest, and the random of each."""
    elements: dict[str, dict[str, Any]] = {}
    salts = []
    for space, items in spaces.items():
        for item in items:
            assert item.tag == 24
            held = cbor2.loads(item.value)
            assert hashlib.sha256(cbor2.dumps(item)).digest() == digests[space][held["digestID"]]
            elements.setdefault(space, {})[held["elementIdentifier"]] = held["elementValue"]
            salts.append(held["random"])
    assert all(len(salt) >= 16 for salt in salts)
    assert len(set(salts)) == len(salts)
    return elements, salts
