"""Deltas: base + delta is the full bundle, byte for byte; anything else is refused."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from credentials import bundle, cbor, cose
from credentials.bundle_delta import CONTEXT, apply_delta, parse_delta, sign_delta
from credentials.errors import CredentialError, FormatError, LintError, SignatureError
from credentials.key_set import PUBLISHER, KeySet, RoleKey, sign_key_set
from credentials.regions import pack_regions
from credentials.revocation import RevocationSet, encode_gaps
from credentials.status_list import LIST_SIZE
from tests.credentials import made
from tests.credentials.made import DAY, ISSUER, NOW, STRANGER

INDEX = st.integers(0, 40) | st.integers(0, LIST_SIZE - 1)
LISTS = st.dictionaries(st.integers(0, 4), st.sets(INDEX, max_size=30).map(sorted), max_size=4)
STATES = st.builds(RevocationSet, LISTS, LISTS)


def _signed(version: int, revocation: RevocationSet, **changes: object) -> bytes:
    return bundle.sign_bundle(
        made.bundle(version=version, revocation=revocation, **changes), ISSUER
    )


BASE = _signed(7, RevocationSet({123: [5, 77]}, {123: [9]}))
NEXT = _signed(8, RevocationSet({123: [5, 9], 124: [1]}, {123: [77]}), issued_at=NOW + DAY)
DELTA = sign_delta(BASE, NEXT, ISSUER)


def _apply(base: bytes, delta: bytes) -> bytes:
    return apply_delta(base, delta, ISSUER.public_key)


def _read(signed: bytes) -> bundle.Bundle:
    return bundle.verify_bundle(bundle.parse_bundle(signed), ISSUER.public_key)


def _forged(**changes: object) -> bytes:
    """Sign a delta with some members changed, by number."""
    payload = cbor.decode(cose.parse_sign1(DELTA, max_size=10**6).payload, max_size=10**6)
    assert isinstance(payload, dict)
    for name, value in changes.items():
        key = int(name[1:])
        payload[key] = value
    return cose.sign1(cbor.encode(payload), ISSUER, external_aad=CONTEXT)


@given(STATES, STATES)
def test_base_and_delta_are_the_full_bundle(old: RevocationSet, new: RevocationSet) -> None:
    base, full = _signed(7, old), _signed(8, new)
    assert _apply(base, sign_delta(base, full, ISSUER)) == full


@settings(max_examples=25)
@given(st.lists(STATES, min_size=3, max_size=5))
def test_a_chain_of_deltas_ends_where_one_delta_ends(states: list[RevocationSet]) -> None:
    fulls = [_signed(7 + step, state) for step, state in enumerate(states)]
    held = fulls[0]
    for before, after in pairwise(fulls):
        held = _apply(held, sign_delta(before, after, ISSUER))
    assert held == fulls[-1] == _apply(fulls[0], sign_delta(fulls[0], fulls[-1], ISSUER))


def test_an_index_moves_between_revoked_and_suspended_in_one_delta() -> None:
    found = _read(_apply(BASE, DELTA)).revocation
    assert [found.status(123, index) for index in (5, 9, 77)] == ["revoked", "revoked", "suspended"]
    assert found.status(124, 1) == "revoked"


def test_a_resumed_credential_is_good_after_the_next_delta() -> None:
    resumed = _signed(8, RevocationSet({123: [5, 77]}, {123: []}))
    assert _read(BASE).revocation.status(123, 9) == "suspended"
    found = _read(_apply(BASE, sign_delta(BASE, resumed, ISSUER))).revocation
    assert found.status(123, 9) == "good"
    assert found.status(123, 5) == "revoked"


def test_every_other_member_is_carried_when_it_changed() -> None:
    changed = _signed(
        8,
        RevocationSet({}),
        regions=pack_regions([("31", "DKI JAKARTA", "")]),
        minimum_app_version="2.0.0",
        policies=b'[{"name":"x"}]',
        status_as_of=NOW,
    )
    delta = sign_delta(BASE, changed, ISSUER)
    found = _read(_apply(BASE, delta))
    assert (found.minimum_app_version, found.policies) == ("2.0.0", b'[{"name":"x"}]')
    assert found.revocation.lists == ()
    assert len(delta) < len(changed)


def test_a_delta_by_another_publisher_key_brings_the_set_that_names_it() -> None:
    """Rotation: the base was signed by the root, the result by a key its new set allows."""
    role = RoleKey(PUBLISHER, STRANGER.kid, STRANGER.public_key, NOW - DAY, NOW + DAY)
    keys = KeySet(9, NOW - DAY, NOW + DAY, made.trust(), (role,))
    content = made.bundle(version=8, revocation=RevocationSet({5: [1]}))
    full = bundle.sign_bundle(content, STRANGER, key_sets=[sign_key_set(keys, ISSUER)])
    assert _apply(BASE, sign_delta(BASE, full, STRANGER)) == full
    with pytest.raises(SignatureError):
        _apply(BASE, sign_delta(BASE, NEXT, STRANGER))


def test_a_delta_for_another_base_is_refused() -> None:
    same_version = _signed(7, RevocationSet({123: [5]}, {123: [9]}))
    for base in (same_version, NEXT, _signed(6, RevocationSet({123: [5, 77]}, {123: [9]}))):
        with pytest.raises(FormatError, match="DELTA_BASE"):
            _apply(base, DELTA)
    with pytest.raises(FormatError, match="DELTA_BASE"):
        _apply(BASE, _forged(_2=6))


def test_a_delta_that_leads_backwards_is_not_made_and_not_read() -> None:
    for result in (BASE, _signed(6, RevocationSet({}))):
        with pytest.raises(LintError, match="DELTA_VERSION"):
            sign_delta(BASE, result, ISSUER)
    for version in (7, 6):
        with pytest.raises(FormatError, match="DELTA_FORMAT"):
            parse_delta(_forged(_4=version))


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"_5": bytes(32)}, "DELTA_RESULT"),
        ({"_6": {2: 8, 3: NOW + DAY, 9: b"other"}}, "DELTA_RESULT"),
        ({"_6": {}}, "DELTA_FORMAT"),
        ({"_7": []}, "DELTA_RESULT"),
        ({"_7": [[123, encode_gaps([5]), b"", b"", b""]]}, "DELTA_CONFLICT"),
        ({"_7": [[123, b"", encode_gaps([6]), b"", b""]]}, "DELTA_CONFLICT"),
        ({"_7": [[123, encode_gaps([6]), encode_gaps([6]), b"", b""]]}, "DELTA_CONFLICT"),
        ({"_8": [7]}, "DELTA_CONFLICT"),
        ({"_8": [123]}, "DELTA_CONFLICT"),
        ({"_10": bytes(64)}, "DELTA_RESULT"),
    ],
    ids=str,
)
def test_a_signed_delta_that_does_not_come_out_is_refused(
    changes: dict[str, object], code: str
) -> None:
    with pytest.raises(FormatError, match=code):
        _apply(BASE, _forged(**changes))


@pytest.mark.parametrize(
    "changes",
    [{"_1": 2}, {"_2": "7"}, {"_2": -1}, {"_3": b"x"}, {"_5": 1}, {"_6": []}, {"_6": {7: []}},
     {"_6": {6: b"x"}}, {"_6": {6: [1]}}, {"_6": {2: "8"}}, {"_7": 1}, {"_7": [1]},
     {"_7": [[1, b"", b"", b""]]}, {"_7": [[1, b"", b"", b"", 1]]},
     {"_7": [["1", b"", b"", b"", b""]]},
     {"_7": [[2, b"", b"", b"", b""], [1, b"", b"", b"", b""]]}, {"_8": 1}, {"_8": ["1"]},
     {"_9": 1}, {"_10": b"x"}, {"_11": 1}],
    ids=str,
)  # fmt: skip
def test_a_signed_delta_of_another_shape_is_refused(changes: dict[str, object]) -> None:
    with pytest.raises(FormatError):
        parse_delta(_forged(**changes))


@given(st.integers(0, len(DELTA) - 1), st.integers(1, 255))
def test_any_changed_byte_of_a_delta_is_noticed(position: int, change: int) -> None:
    bent = bytearray(DELTA)
    bent[position] ^= change
    with pytest.raises(CredentialError):
        _apply(BASE, bytes(bent))


@given(st.integers(0, len(DELTA) - 1))
def test_a_partial_delta_is_refused(size: int) -> None:
    with pytest.raises(FormatError):
        _apply(BASE, DELTA[:size])


@given(st.binary(max_size=100))
def test_any_bytes_are_no_delta(data: bytes) -> None:
    with pytest.raises(FormatError):
        parse_delta(data)


def test_a_delta_is_no_bundle_and_a_bundle_no_delta() -> None:
    with pytest.raises(CredentialError):
        _read(DELTA)
    with pytest.raises(FormatError):
        parse_delta(BASE)


def test_a_days_changes_are_small() -> None:
    old = RevocationSet({n: list(range(0, LIST_SIZE, 97)) for n in range(3)})
    new = RevocationSet(
        {n: sorted({*range(0, LIST_SIZE, 97), *range(1, 10**6, 9973)}) for n in range(3)}
    )
    base = _signed(7, old)
    delta = sign_delta(base, _signed(8, new), ISSUER)
    assert len(delta) < 1200
    assert len(delta) < len(base) / 20


def test_what_is_replaced_in_a_bundle_is_only_what_changed() -> None:
    content = replace(_read(BASE), version=8)
    found = parse_delta(sign_delta(BASE, bundle.sign_bundle(content, ISSUER), ISSUER))
    assert set(found.members) == {2, 6}  # the root's own set repeats the version
    assert (found.lists, found.dropped) == ((), frozenset())
