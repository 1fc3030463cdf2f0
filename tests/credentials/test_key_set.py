"""Key sets: the root says which keys count; rotation, emergency removal, a new root."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from credentials import bundle, cbor, cose
from credentials.errors import CredentialError, FormatError, LintError, SignatureError
from credentials.key_set import (
    CONTEXT,
    PUBLISHER,
    ROOT,
    KeySet,
    RoleKey,
    sign_key_set,
    verify_key_sets,
)
from credentials.signing import PemSigner, generate_pem
from tests.credentials import made
from tests.credentials.made import DAY, ISSUER, NOW, STRANGER

PINNED = PemSigner(generate_pem())
SECOND, THIRD = PemSigner(generate_pem()), PemSigner(generate_pem())
OLD_PUBLISHER, NEW_PUBLISHER = PemSigner(generate_pem()), PemSigner(generate_pem())


def _role(role: str, signer: PemSigner, start: int = NOW - DAY, end: int = NOW + DAY) -> RoleKey:
    return RoleKey(role, signer.kid, signer.public_key, start, end)


def _set(version: int, *roles: RoleKey, end: int = NOW + 90 * DAY) -> KeySet:
    return KeySet(version, NOW - 30 * DAY, end, made.trust(), roles)


FIRST = _set(1, _role(PUBLISHER, OLD_PUBLISHER))
SIGNED = sign_key_set(FIRST, PINNED)


def _bundle(signer: PemSigner, *sets: bytes, **changes: object) -> bytes:
    return bundle.sign_bundle(made.bundle(**changes), signer, key_sets=sets)


def _verified(data: bytes) -> bundle.Bundle:
    return bundle.verify_bundle(bundle.parse_bundle(data), PINNED.public_key)


def test_a_set_comes_back() -> None:
    chain = verify_key_sets([SIGNED], PINNED.public_key)
    assert (chain.keys.version, chain.keys.expires_at) == (1, NOW + 90 * DAY)
    assert chain.keys.trust.find(ISSUER.kid)
    assert [key.role for key in chain.keys.roles] == [PUBLISHER]
    assert chain.root == PINNED.public_key


def test_a_publisher_of_the_set_signs_bundles_and_the_set_says_who_issues() -> None:
    stranger = made.trust().keys[0]
    own = made.trust().__class__((replace(stranger, kid=STRANGER.kid),))
    found = _verified(_bundle(OLD_PUBLISHER, SIGNED, trust=own))
    assert found.trust.find(ISSUER.kid)
    assert not found.trust.find(STRANGER.kid)  # a publisher cannot make an issuer
    assert found.chain is not None
    assert found.chain.keys.version == 1


def test_a_publisher_cannot_sign_key_sets() -> None:
    forged = sign_key_set(_set(2, _role(PUBLISHER, STRANGER)), OLD_PUBLISHER)
    with pytest.raises(SignatureError):
        _verified(_bundle(STRANGER, forged))


def test_rotation_both_keys_are_good_while_the_set_names_both() -> None:
    both = sign_key_set(
        _set(2, _role(PUBLISHER, OLD_PUBLISHER), _role(PUBLISHER, NEW_PUBLISHER)), PINNED
    )
    for signer in (OLD_PUBLISHER, NEW_PUBLISHER):
        assert _verified(_bundle(signer, both)).version == 7


def test_emergency_removal_the_next_set_ends_a_stolen_key() -> None:
    removed = sign_key_set(_set(3, _role(PUBLISHER, NEW_PUBLISHER)), PINNED)
    with pytest.raises(SignatureError):
        _verified(_bundle(OLD_PUBLISHER, removed))
    assert _verified(_bundle(NEW_PUBLISHER, removed)).version == 7


@pytest.mark.parametrize(("start", "end"), [(NOW + 1, NOW + DAY), (NOW - DAY, NOW - 1)])
def test_a_publisher_signs_only_within_its_time(start: int, end: int) -> None:
    signed = sign_key_set(_set(1, _role(PUBLISHER, OLD_PUBLISHER, start, end)), PINNED)
    with pytest.raises(SignatureError):
        _verified(_bundle(OLD_PUBLISHER, signed))


def test_after_the_end_of_a_set_nothing_signed_counts() -> None:
    ended = sign_key_set(_set(1, _role(PUBLISHER, OLD_PUBLISHER), end=NOW - 1), PINNED)
    with pytest.raises(SignatureError, match="KEYS_EXPIRED"):
        _verified(_bundle(OLD_PUBLISHER, ended))


def test_a_key_with_another_role_signs_no_bundle() -> None:
    signed = sign_key_set(_set(1, _role(ROOT, SECOND)), PINNED)
    with pytest.raises(SignatureError):
        _verified(_bundle(SECOND, signed))


def test_a_new_root_is_introduced_by_the_one_before() -> None:
    chain = [
        sign_key_set(_set(1, _role(ROOT, SECOND)), PINNED),
        sign_key_set(_set(2, _role(ROOT, THIRD)), SECOND),
        sign_key_set(_set(3, _role(PUBLISHER, NEW_PUBLISHER)), THIRD),
    ]
    found = verify_key_sets(chain, PINNED.public_key)
    assert found.root == THIRD.public_key
    assert found.roots == (PINNED.public_key, SECOND.public_key, THIRD.public_key)
    assert _verified(_bundle(NEW_PUBLISHER, *chain)).version == 7
    for broken in (chain[1:], [chain[0], chain[2]], []):
        with pytest.raises(CredentialError):
            verify_key_sets(broken, PINNED.public_key)


def test_who_pinned_a_later_root_passes_over_what_came_before() -> None:
    chain = [
        sign_key_set(_set(1, _role(ROOT, SECOND)), PINNED),
        sign_key_set(_set(2, _role(PUBLISHER, NEW_PUBLISHER)), SECOND),
    ]
    found = verify_key_sets(chain, SECOND.public_key)
    assert (found.keys.version, found.roots) == (2, (SECOND.public_key,))
    with pytest.raises(SignatureError):
        verify_key_sets(chain, THIRD.public_key)


def test_the_old_root_cannot_go_on_beside_the_new_one() -> None:
    chain = [
        sign_key_set(_set(1, _role(ROOT, SECOND)), PINNED),
        sign_key_set(_set(2, _role(PUBLISHER, NEW_PUBLISHER)), PINNED),
    ]
    with pytest.raises(SignatureError):
        verify_key_sets(chain, PINNED.public_key)


@pytest.mark.parametrize(
    ("first", "second"),
    [(_set(2, _role(ROOT, SECOND)), _set(2)), (_set(2), _set(3)),
     (_set(1, _role(ROOT, SECOND), _role(ROOT, THIRD)), _set(2))],
)  # fmt: skip
def test_a_chain_rises_and_names_one_root_at_a_time(first: KeySet, second: KeySet) -> None:
    with pytest.raises(FormatError, match="KEYS_CHAIN"):
        verify_key_sets(
            [sign_key_set(first, PINNED), sign_key_set(second, SECOND)], PINNED.public_key
        )


def _forged(**changes: object) -> bytes:
    payload = cbor.decode(cose.parse_sign1(SIGNED).payload)
    assert isinstance(payload, dict)
    payload |= {int(name[1:]): value for name, value in changes.items()}
    return cose.sign1(cbor.encode(payload), PINNED, external_aad=CONTEXT)


@pytest.mark.parametrize(
    "changes",
    [{"_1": 2}, {"_2": "1"}, {"_2": -1}, {"_3": NOW * 2}, {"_5": 1}, {"_5": [[1]]}, {"_6": 1},
     {"_6": [1]}, {"_6": [["king", b"1", b"", 0, 1]]}, {"_6": [[PUBLISHER, b"", b"", 0, 1]]},
     {"_6": [[PUBLISHER, b"1", b"x", 0, 1]]}, {"_6": [[PUBLISHER, b"1", b"x", 2, 1]]},
     {"_6": [[PUBLISHER, b"1", "x", 0, 1]]}, {"_6": [[PUBLISHER, b"1", b"x", 0, "1"]]}, {"_7": 1}],
    ids=str,
)  # fmt: skip
def test_a_signed_set_of_another_shape_is_refused(changes: dict[str, object]) -> None:
    with pytest.raises(FormatError):
        verify_key_sets([_forged(**changes)], PINNED.public_key)


def test_a_set_we_could_not_read_is_not_signed() -> None:
    with pytest.raises(LintError):
        sign_key_set(_set(1, end=0), PINNED)
    with pytest.raises(LintError):
        sign_key_set(_set(1, _role("king", SECOND)), PINNED)


@given(st.integers(0, len(SIGNED) - 1), st.integers(1, 255))
def test_any_changed_byte_of_a_set_is_noticed(position: int, change: int) -> None:
    bent = bytearray(SIGNED)
    bent[position] ^= change
    with pytest.raises(CredentialError):
        verify_key_sets([bytes(bent)], PINNED.public_key)


@given(st.binary(max_size=100))
def test_any_bytes_are_no_set(data: bytes) -> None:
    with pytest.raises(FormatError):
        verify_key_sets([data], PINNED.public_key)
