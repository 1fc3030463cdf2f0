"""Status lists and gap-coded revocation, and that both say the same."""

from __future__ import annotations

import json
import zlib

import cbor2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from credentials import revocation
from credentials.errors import FormatError, LintError
from credentials.jwk import b64url_decode
from credentials.revocation import RevocationSet, decode_gaps, encode_gaps
from credentials.status_list import LIST_SIZE, StatusList
from tests.credentials.made import VECTORS

FOLDER = VECTORS / "token-status-list"
SMALL = json.loads((FOLDER / "small_vectors.json").read_text(encoding="utf-8"))
LONG = json.loads((FOLDER / "long_vectors.json").read_text(encoding="utf-8"))
INDICES = st.sets(st.integers(0, LIST_SIZE - 1), max_size=200).map(sorted)


@pytest.mark.parametrize("vector", SMALL, ids=lambda vector: str(vector["name"]))
def test_the_drafts_small_lists(vector: dict[str, object]) -> None:
    encoded = str(vector["encoded"])
    if str(vector["name"]).endswith("json"):
        document = json.loads(encoded)
        data = b64url_decode(document["lst"])
    else:
        document = cbor2.loads(bytes.fromhex(encoded))
        data = document["lst"]
    found = StatusList.decompress(data, document["bits"])
    expected = bytes.fromhex("".join(vector["byte_array"]))  # type: ignore[arg-type]
    assert found.to_bytes() == expected
    assert StatusList.decompress(found.compress(), document["bits"]).to_bytes() == expected


@pytest.mark.parametrize("vector", LONG, ids=lambda vector: f"{vector['bits']} bits")
def test_the_drafts_long_lists(vector: dict[str, object]) -> None:
    bits, expected = int(str(vector["bits"])), vector["set"]
    assert isinstance(expected, dict)
    json_list = b64url_decode(vector["json"]["lst"])  # type: ignore[index]
    cbor_list = cbor2.loads(bytes.fromhex(str(vector["cbor_hex"])))["lst"]
    made = StatusList(bits)
    for index, value in expected.items():
        made.set(int(index), value)
    for data in (json_list, cbor_list):
        found = StatusList.decompress(data, bits)
        assert found.size == vector["size"]
        assert all(found.get(int(index)) == value for index, value in expected.items())
        assert found.to_bytes() == made.to_bytes()


def test_statuses_of_two_bits_are_found_again() -> None:
    found = StatusList(2, 1024)
    for index, value in ((0, 1), (3, 2), (1023, 1), (3, 2), (5, 3), (5, 0)):
        found.set(index, value)
    assert found.indices(1).tolist() == [0, 1023]
    assert found.indices(2).tolist() == [3]
    for index in (-1, 1024):
        with pytest.raises(IndexError):
            found.get(index)
    with pytest.raises(ValueError, match="4"):
        found.set(0, 4)


@given(st.binary(max_size=60), st.sampled_from([1, 2, 3, 4, 8]))
def test_any_bytes_are_a_status_list_or_our_error(data: bytes, bits: int) -> None:
    try:
        found = StatusList.decompress(data, bits)
    except FormatError:
        return
    assert found.size % 2 == 0


def test_a_list_that_inflates_too_far_is_refused() -> None:
    bomb = zlib.compress(bytes(50_000_000), 9)
    with pytest.raises(FormatError, match="ZLIB_TOO_LARGE"):
        StatusList.decompress(bomb)
    for data in (zlib.compress(bytes(100))[:-1], zlib.compress(bytes(100)) + b"x", b""):
        with pytest.raises(FormatError, match="ZLIB_INVALID"):
            StatusList.decompress(data)


@given(INDICES)
def test_gaps_come_back(indices: list[int]) -> None:
    data = encode_gaps(indices)
    assert decode_gaps(data).tolist() == indices
    assert encode_gaps(decode_gaps(data)) == data


@pytest.mark.parametrize("share", [0.0001, 0.001, 0.01, 0.02, 0.3, 0.99])
def test_gaps_of_a_whole_list_are_close_to_the_entropy(share: float) -> None:
    entries = np.random.default_rng(7).random(LIST_SIZE) < share
    indices = np.flatnonzero(entries).astype(np.uint32)
    data = encode_gaps(indices)
    assert np.array_equal(decode_gaps(data), indices)
    entropy = -(share * np.log2(share) + (1 - share) * np.log2(1 - share)) * LIST_SIZE / 8
    if share <= 0.02:
        assert len(data) < entropy * 1.04 + 8


def test_empty_full_and_edge_lists() -> None:
    for indices in ([], [0], [LIST_SIZE - 1], [0, LIST_SIZE - 1], list(range(LIST_SIZE))):
        assert decode_gaps(encode_gaps(indices)).tolist() == indices


@pytest.mark.parametrize("indices", [[1, 1], [2, 1], [-1], [LIST_SIZE]], ids=str)
def test_indices_out_of_order_or_range_are_not_encoded(indices: list[int]) -> None:
    with pytest.raises(LintError):
        encode_gaps(indices)
    if indices != [-1]:
        with pytest.raises(LintError):
            RevocationSet({1: indices})


@given(st.binary(max_size=60))
def test_any_bytes_are_gaps_or_our_error(data: bytes) -> None:
    try:
        indices = decode_gaps(data)
    except FormatError:
        return
    assert (np.diff(indices.astype(np.int64)) > 0).all()
    assert not len(indices) or indices[-1] < LIST_SIZE


@given(INDICES, st.data())
def test_any_changed_byte_gives_other_gaps_or_our_error(
    indices: list[int], data: st.DataObject
) -> None:
    encoded = bytearray(encode_gaps(indices))
    encoded[data.draw(st.integers(0, len(encoded) - 1))] ^= data.draw(st.integers(1, 255))
    try:
        found = decode_gaps(bytes(encoded))
    except FormatError:
        return
    assert found.tolist() != indices or encoded[0] != encode_gaps(indices)[0]


def test_the_status_of_a_list_we_do_not_have_is_never_good() -> None:
    found = RevocationSet({3: [1, 5], 4: []}, {3: [2, 5]})
    assert [found.status(3, index) for index in (0, 1, 2, 5)] == [
        "good",
        "revoked",
        "suspended",
        "revoked",
    ]
    assert found.status(4, 1) == "good"
    assert found.lists == (3, 4)
    assert found.counts() == (2, 2)
    with pytest.raises(KeyError):
        found.status(5, 1)
    for index in (-1, LIST_SIZE):
        with pytest.raises(IndexError):
            found.status(3, index)


def test_a_caller_cannot_change_a_set_afterwards() -> None:
    mine = np.array([1, 2, 3], dtype=np.uint32)
    found = RevocationSet({1: mine})
    mine[0] = 0
    assert found.status(1, 1) == "revoked"
    with pytest.raises(ValueError, match="read-only"):
        found.revoked(1)[0] = 7


@given(
    st.dictionaries(st.integers(0, 300), INDICES, max_size=3),
    st.dictionaries(st.integers(0, 300), INDICES, max_size=3),
)
def test_both_published_forms_say_the_same(
    revoked: dict[int, list[int]], suspended: dict[int, list[int]]
) -> None:
    found = revocation.parse_revocation(
        revocation.encode_revocation(RevocationSet(revoked, suspended))
    )
    for number in {*revoked, *suspended}:
        bitmap = StatusList(2)
        for index in suspended.get(number, []):
            bitmap.set(index, 2)
        for index in revoked.get(number, []):
            bitmap.set(index, 1)
        names = {0: "good", 1: "revoked", 2: "suspended"}
        for index in [0, 77, *revoked.get(number, []), *suspended.get(number, [])]:
            assert found.status(number, index) == names[bitmap.get(index)]


@pytest.mark.parametrize(
    "value",
    [None, {}, [1], [[1, b""]], [[1, encode_gaps([]), "x"]], [["1", b"", b""]],
     [[2, encode_gaps([]), encode_gaps([])], [1, encode_gaps([]), encode_gaps([])]],
     [[-1, encode_gaps([]), encode_gaps([])]], [[1, b"", b""]], [[1] * 3] * 70_000],
    ids=lambda value: str(value)[:30],
)  # fmt: skip
def test_other_shapes_are_refused(value: object) -> None:
    with pytest.raises(FormatError):
        revocation.parse_revocation(value)


def test_parts_are_merged_in_order() -> None:
    assert revocation.merge_indices([[5, 9], [1, 5]]).tolist() == [1, 5, 9]
    assert revocation.merge_indices([]).tolist() == []
