"""The files around a certificate: a desk's request and the phones' list, read strictly."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from credentials import cbor, cose
from credentials.errors import CredentialError, FormatError, LintError, SignatureError
from credentials.key_set import PUBLISHER, KeySet, RoleKey, sign_key_set
from credentials.relying_party import DAY, MAX_SERIAL, parse_certificate
from credentials.relying_party_list import CONTEXT as LIST_CONTEXT
from credentials.relying_party_list import parse_list, sign_list, verify_list
from credentials.relying_party_request import CONTEXT as REQUEST_CONTEXT
from credentials.relying_party_request import (
    parse_request,
    sign_renewal,
    sign_request,
    verify_renewal,
    verify_request,
)
from credentials.signing import compress
from credentials.trust import TrustList
from samples.keys import SampleSigner
from tests.credentials.made import NOW

ROOT, PUBLISHES, DESK, NEXT, THIEF = (
    SampleSigner(name) for name in ("root", "publisher", "desk", "next desk", "thief")
)
ROLE = RoleKey(PUBLISHER, PUBLISHES.kid, PUBLISHES.public_key, NOW - DAY, NOW + 9 * DAY)
KEYS = sign_key_set(KeySet(3, NOW, NOW + 9 * DAY, TrustList(()), (ROLE,)), ROOT)


def made_list(by: SampleSigner = PUBLISHES, at: int = NOW, revoked: Sequence[int] = ()) -> bytes:
    return sign_list(by, version=5, at=at, key_sets=[KEYS], revoked=revoked)


def test_a_list_is_believed_from_a_publisher_under_the_pinned_root() -> None:
    told = verify_list(parse_list(made_list(revoked=[9, 2, MAX_SERIAL])), ROOT.public_key)
    assert told.revoked == {2, 9, MAX_SERIAL}
    assert (told.version, told.issued_at, told.chain.keys.version) == (5, NOW, 3)
    for data, root in (
        (made_list(THIEF), ROOT),
        (made_list(), THIEF),
        (made_list(at=NOW + 10 * DAY), ROOT),  # after the key set's end
    ):
        with pytest.raises(SignatureError):
            verify_list(parse_list(data), root.public_key)


@pytest.mark.parametrize(
    "change",
    [
        lambda members: members.update({5: [2, 1]}),
        lambda members: members.update({5: [1, 1]}),
        lambda members: members.update({5: [0]}),
        lambda members: members.update({5: [MAX_SERIAL + 1]}),
        lambda members: members.update({5: {}}),
        lambda members: members.update({4: [1]}),
        lambda members: members.update({3: -1}),
        lambda members: members.update({2: "5"}),
        lambda members: members.update({1: 2}),
        lambda members: members.update({6: 0}),
        lambda members: members.pop(5),
    ],
)
def test_another_list_is_refused(change: Callable[[dict[int, object]], object]) -> None:
    members = {1: 1, 2: 5, 3: NOW, 4: [KEYS], 5: [1]}
    change(members)
    signed = cose.sign1(cbor.encode(members), PUBLISHES, external_aad=LIST_CONTEXT)
    with pytest.raises(FormatError, match="LIST_"):
        parse_list(signed)


def test_a_list_out_of_range_is_not_signed() -> None:
    with pytest.raises(LintError):
        made_list(revoked=[0])


def test_a_request_proves_its_key_and_a_renewal_the_one_before() -> None:
    first = verify_request(parse_request(sign_request(DESK, code="code", at=NOW)))
    assert (first.code, first.before, first.made_at) == ("code", None, NOW)
    renewal = sign_renewal(NEXT, before=DESK, serial=7, at=NOW)
    again = verify_request(parse_request(renewal))
    assert compress(again.public_key) == compress(NEXT.public_key)
    assert (again.code, verify_renewal(again, DESK.public_key)) == (None, 7)
    with pytest.raises(SignatureError):
        verify_renewal(again, THIEF.public_key)
    with pytest.raises(FormatError):
        verify_renewal(first, DESK.public_key)


def test_a_request_for_another_key_or_with_two_reasons_or_none_is_refused() -> None:
    key, word = compress(NEXT.public_key), sign_renewal(NEXT, before=DESK, serial=7, at=NOW)
    inner = cbor.decode(cose.parse_sign1(word).payload)
    renewal = inner[4]  # type: ignore[index]
    stolen = cbor.encode([1, compress(THIEF.public_key), NOW, None, renewal])
    for payload, code in (
        (cbor.encode([1, key, NOW, "code", renewal]), "REQUEST_FORMAT"),
        (cbor.encode([1, key, NOW, None, None]), "REQUEST_FORMAT"),
        (cbor.encode([1, key, NOW, "c" * 65, None]), "REQUEST_FORMAT"),
        (cbor.encode([2, key, NOW, "code", None]), "REQUEST_VERSION"),
        (stolen, "REQUEST_FORMAT"),  # the word of the key before is for another key
    ):
        signed = cose.sign1(payload, THIEF, external_aad=REQUEST_CONTEXT)
        with pytest.raises(FormatError, match=code):
            parse_request(signed)
    someone = cbor.encode([1, key, NOW, "code", None])
    with pytest.raises(SignatureError):
        verify_request(parse_request(cose.sign1(someone, THIEF, external_aad=REQUEST_CONTEXT)))
    for code in ("", "c" * 65):
        with pytest.raises(LintError):
            sign_request(DESK, code=code, at=NOW)


GOOD = (sign_request(DESK, code="code", at=NOW), made_list(revoked=[7]))


@given(
    st.binary(max_size=400)
    | st.tuples(st.sampled_from(GOOD), st.integers(0, 300), st.integers(0, 255)).map(
        lambda one: one[0][: one[1]] + bytes([one[2]]) + one[0][one[1] + 1 :]
    )
)
def test_any_bytes_are_a_file_of_ours_or_our_error(data: bytes) -> None:
    for read in (
        parse_certificate,
        lambda data: verify_request(parse_request(data)),
        lambda data: verify_list(parse_list(data), ROOT.public_key),
    ):
        try:
            read(data)
        except CredentialError:
            continue
        assert data in GOOD, "nothing that was changed holds"
