"""Modules in which the wallet's attestation is wrong (HAIP), at both endpoints that ask for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.conformance.steps import CODE, SD_JWT, FalseSigner, Variant, fetch, make_wallet
from tests.wallet_api.openid.foreign_wallet import approved, error_of
from tests.wallet_api.openid.issuer.credential_wallet import new_signer

if TYPE_CHECKING:
    from tests.conformance.conftest import Place
    from tests.conformance.steps import ConformanceWallet

module = pytest.mark.module
VARIANT = Variant(SD_JWT, CODE)
REFUSED = (401, "invalid_client")


@pytest.fixture
def wallet(haip: Place) -> ConformanceWallet:
    return make_wallet(haip)


def is_refused(place: Place, wallet: ConformanceWallet, **bent: dict[str, Any]) -> bool:
    """Whether the wallet is refused as bent, pushing and redeeming, and served as it is."""
    code = approved(place.world, place.phone, wallet)
    for name, members in bent.items():
        setattr(wallet, name, members)
    answers = [error_of(wallet.push()), error_of(wallet.redeem(code))]
    for name in bent:
        setattr(wallet, name, {})
    assert wallet.redeem(code).status_code == 200
    fetch(place, wallet, VARIANT)
    return answers == [REFUSED, REFUSED]


@module("oid4vci-1_0-issuer-fail-invalid-client-attestation-signature")
def test_invalid_attestation_signature(haip: Place, wallet: ConformanceWallet) -> None:
    """An attestation whose signature is wrong, or by a key its certificate does not have."""
    assert is_refused(haip, wallet, bent_attestation={"signer": FalseSigner(haip.attester.key)})
    assert is_refused(haip, wallet, bent_attestation={"signer": new_signer()})


@module("oid4vci-1_0-issuer-fail-invalid-client-attestation-pop-signature")
def test_invalid_pop_signature(haip: Place, wallet: ConformanceWallet) -> None:
    """The right key's proof of possession with a wrong signature: invalid_client."""
    assert is_refused(haip, wallet, bent_proof={"signer": FalseSigner(wallet.instance)})


@module("oid4vci-1_0-issuer-fail-mismatched-client-attestation-pop-key")
def test_mismatched_pop_key(haip: Place, wallet: ConformanceWallet) -> None:
    """A good proof of possession by a key that the attestation does not name: invalid_client."""
    assert is_refused(haip, wallet, bent_proof={"signer": new_signer()})


@module("oid4vci-1_0-issuer-fail-client-attestation-exp-in-past")
def test_attestation_exp_in_past(haip: Place, wallet: ConformanceWallet) -> None:
    """An attestation that has expired: invalid_client."""
    assert is_refused(haip, wallet, bent_attestation={"exp": wallet.unix() - 300})


@module("oid4vci-1_0-issuer-fail-client-attestation-no-sub")
def test_attestation_without_sub(haip: Place, wallet: ConformanceWallet) -> None:
    """An attestation that names no client: invalid_client."""
    assert is_refused(haip, wallet, bent_attestation={"sub": None})


@module("oid4vci-1_0-issuer-fail-client-attestation-pop-wrong-aud")
def test_pop_for_somebody_else(haip: Place, wallet: ConformanceWallet) -> None:
    """A proof of possession for another server, or for one of our endpoints: invalid_client."""
    for audience in ("https://other.example", wallet.url("par")):
        assert is_refused(haip, wallet, bent_proof={"aud": audience})
