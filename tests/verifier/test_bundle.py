"""Bundles: pinned root, no rollback, expiry, nothing half read."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from credentials.bundle import sign_bundle
from credentials.jwk import public_jwk
from samples.keys import SampleSigner, public_pem, sample_pem
from samples.vectors_world import NOW, bundles
from tests.verifier.conftest import AT, BUNDLE, bundle_bytes
from verifier.bundle import Accepted, TrustedBundle, read_bundle, require_current, trust_bundle
from verifier.errors import BundleError, RootError
from verifier.roots import load_root, root_of

GOOD = BUNDLE.read_bytes()


def test_a_bundle_of_the_pinned_root_is_trusted(bundle: TrustedBundle) -> None:
    assert bundle.version == 12
    assert bundle.newest_signed_at == AT - timedelta(hours=1)
    assert require_current(bundle, AT) is bundle


def test_the_sample_root_is_marked_as_development_trust(bundle: TrustedBundle) -> None:
    assert bundle.development


def test_another_root_is_not_development_trust_and_does_not_trust_the_samples() -> None:
    other = root_of(SampleSigner("somebody else's root").public_key)
    assert not other.development
    with pytest.raises(BundleError) as caught:
        trust_bundle(GOOD, root=other)
    assert caught.value.code == "BUNDLE_SIGNATURE"


def test_a_bundle_cannot_vouch_for_its_own_signer() -> None:
    """Signed by an issuer key that stands in its own trust list: only the root counts."""
    data = sign_bundle(bundles()["current"], SampleSigner("issuer-population"))
    with pytest.raises(BundleError) as caught:
        trust_bundle(data, root=load_root())
    assert caught.value.code == "BUNDLE_SIGNATURE"


def test_a_lower_version_than_before_is_rolled_back() -> None:
    assert trust_bundle(GOOD, root=load_root(), accepted=Accepted(12)).version == 12
    with pytest.raises(BundleError) as caught:
        trust_bundle(GOOD, root=load_root(), accepted=Accepted(13))
    assert caught.value.code == "BUNDLE_ROLLED_BACK"


def test_an_expired_bundle_can_be_looked_at_but_is_not_current() -> None:
    expired = trust_bundle(bundle_bytes(expires_at=NOW), root=load_root())
    with pytest.raises(BundleError) as caught:
        require_current(expired, AT)
    assert caught.value.code == "BUNDLE_EXPIRED"
    assert require_current(expired, AT - timedelta(seconds=1)).version == 12


@pytest.mark.parametrize("cut", [0, 1, 100, len(GOOD) // 2, len(GOOD) - 1])
def test_a_partial_file_is_never_used(cut: int) -> None:
    with pytest.raises(BundleError) as caught:
        trust_bundle(GOOD[:cut], root=load_root())
    assert caught.value.code == "BUNDLE_FORMAT"


@given(st.integers(0, len(GOOD) - 1), st.integers(1, 255))
def test_one_changed_byte_anywhere_is_noticed(position: int, change: int) -> None:
    bent = bytearray(GOOD)
    bent[position] ^= change
    with pytest.raises(BundleError):
        trust_bundle(bytes(bent), root=load_root())


@given(st.binary(max_size=300))
def test_any_bytes_give_the_one_error(data: bytes) -> None:
    with pytest.raises(BundleError):
        trust_bundle(data, root=load_root())


def test_a_bundle_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(BundleError) as caught:
        read_bundle(tmp_path, root=load_root())
    assert caught.value.code == "BUNDLE_NOT_FOUND"


def test_a_root_key_is_read_from_pem_and_from_jwk(tmp_path: Path) -> None:
    folder = tmp_path
    (folder / "root.pem").write_bytes(public_pem("root"))
    (folder / "root.jwk").write_text(json.dumps(public_jwk(SampleSigner("root").public_key)))
    fingerprints = {load_root(folder / name).fingerprint for name in ("root.pem", "root.jwk")}
    assert fingerprints == {load_root().fingerprint}
    assert load_root(folder / "root.pem").development


@pytest.mark.parametrize(
    "data", [b"", b"{", b"{}", b"[]", b"-----BEGIN PUBLIC KEY-----\n", b"\xff"]
)
def test_what_is_no_root_key_is_refused(data: bytes, tmp_path: Path) -> None:
    path = tmp_path / "root"
    path.write_bytes(data)
    with pytest.raises(RootError) as caught:
        load_root(path)
    assert caught.value.code == "ROOT_INVALID"


def test_a_private_key_as_root_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "root.pem"
    path.write_bytes(sample_pem("root"))
    with pytest.raises(RootError):
        load_root(path)
