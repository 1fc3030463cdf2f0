"""Keys as a terminal meets them: rotation, emergency removal, a new root (docs/keys.md)."""

from __future__ import annotations

import pytest

from credentials.bundle import sign_bundle
from credentials.key_set import PUBLISHER, ROOT, KeySet, RoleKey, sign_key_set
from credentials.trust import TrustedKey, TrustList
from samples.keys import SampleSigner
from samples.vectors_world import DAY, NOW, bundles, trust_list
from verifier.bundle import Accepted, TrustedBundle, trust_bundle
from verifier.errors import BundleError
from verifier.roots import load_root

PINNED, SUCCESSOR = SampleSigner("root"), SampleSigner("the next root")
STOLEN, FRESH = SampleSigner("publisher"), SampleSigner("the next publisher")


def key_set(
    version: int,
    root: SampleSigner,
    *publishers: SampleSigner,
    successor: SampleSigner | None = None,
) -> bytes:
    roles = [(PUBLISHER, signer) for signer in publishers]
    if successor is not None:
        roles.append((ROOT, successor))
    keys = tuple(
        RoleKey(role, one.kid, one.public_key, NOW - DAY, NOW + 30 * DAY) for role, one in roles
    )
    return sign_key_set(KeySet(version, NOW - DAY, NOW + 90 * DAY, trust_list(), keys), root)


def shown(signer: SampleSigner, *sets: bytes, after: Accepted | None = None) -> TrustedBundle:
    data = sign_bundle(bundles()["current"], signer, key_sets=sets)
    return trust_bundle(data, root=load_root(), accepted=after or Accepted())


def seen(bundle: TrustedBundle) -> Accepted:
    return Accepted(bundle.version, bundle.chain.keys.version, bundle.root_in_force)


def test_rotation_with_overlap_no_bundle_is_refused_in_between() -> None:
    before = shown(STOLEN, key_set(1, PINNED, STOLEN))
    both = key_set(2, PINNED, STOLEN, FRESH)
    for signer in (STOLEN, FRESH):
        assert shown(signer, both, after=seen(before)).version == 12
    after = shown(FRESH, key_set(3, PINNED, FRESH), after=seen(before))
    assert after.chain.keys.version == 3


def test_a_stolen_key_is_useless_where_the_next_set_was_seen() -> None:
    old = key_set(1, PINNED, STOLEN)
    accepted = seen(shown(FRESH, key_set(2, PINNED, FRESH)))
    with pytest.raises(BundleError, match="KEYS_ROLLED_BACK"):
        shown(STOLEN, old, after=accepted)
    with pytest.raises(BundleError, match="BUNDLE_SIGNATURE"):
        shown(STOLEN, key_set(2, PINNED, FRESH), after=accepted)


def test_an_issuer_key_taken_out_in_an_emergency_signs_nothing_more() -> None:
    stolen = SampleSigner("issuer-population").kid
    assert shown(FRESH, key_set(1, PINNED, FRESH)).trust.find(stolen)
    rest: tuple[TrustedKey, ...] = tuple(key for key in trust_list().keys if key.kid != stolen)
    role = RoleKey(PUBLISHER, FRESH.kid, FRESH.public_key, NOW - DAY, NOW + DAY)
    keys = KeySet(2, NOW - DAY, NOW + DAY, TrustList(rest), (role,))
    assert not shown(FRESH, sign_key_set(keys, PINNED)).trust.find(stolen)


def test_a_new_root_is_followed_and_the_old_one_has_no_more_say() -> None:
    introduced = key_set(2, PINNED, FRESH, successor=SUCCESSOR)
    during = shown(FRESH, introduced)
    assert during.root_in_force == load_root().fingerprint
    after = shown(FRESH, introduced, key_set(3, SUCCESSOR, FRESH), after=seen(during))
    assert after.root_in_force != load_root().fingerprint
    with pytest.raises(BundleError, match="KEYS_ROLLED_BACK"):
        shown(FRESH, key_set(4, PINNED, FRESH), after=seen(after))
    thief = SampleSigner("thief")
    other = (key_set(2, PINNED, FRESH, successor=thief), key_set(9, thief, FRESH))
    with pytest.raises(BundleError, match="KEYS_ROLLED_BACK"):
        shown(FRESH, *other, after=seen(after))
