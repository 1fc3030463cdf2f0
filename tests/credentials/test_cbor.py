"""Strict CBOR: one encoding for each value, and nothing else gets in."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from credentials import cbor
from credentials.errors import FormatError

KEYS = st.one_of(st.integers(-(2**64), 2**64 - 1), st.text(max_size=30))
VALUES = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(-(2**64), 2**64 - 1),
        st.binary(max_size=300),
        st.text(max_size=30),
    ),
    lambda inner: st.one_of(st.lists(inner, max_size=5), st.dictionaries(KEYS, inner, max_size=5)),
    max_leaves=12,
)

REFUSED = {
    "empty input": "",
    "trailing byte": "0000",
    "truncated string": "43aabb",
    "duplicate key": "a201010102",
    "duplicate key in another width": "a2010118010 2".replace(" ", ""),
    "keys out of order": "a202010101",
    "negative before positive key": "a220010101",
    "text before integer key": "a2616101 0101".replace(" ", ""),
    "integer not shortest, 1 byte": "1801",
    "integer not shortest, 2 bytes": "1900ff",
    "integer not shortest, 4 bytes": "1a0000ffff",
    "integer not shortest, 8 bytes": "1b00000000ffffffff",
    "length not shortest": "5801aa",
    "array length not shortest": "980100",
    "map length not shortest": "b8010101",
    "indefinite bytes": "5f41aaff",
    "indefinite text": "7f6161ff",
    "indefinite array": "9f01ff",
    "indefinite map": "bf0101ff",
    "half float": "f93c00",
    "double float": "fb3ff199999999999a",
    "not a number": "f97e00",
    "float inside": "8201f93c00",
    "float as key": "a1f93c0001",
    "undefined": "f7",
    "simple value": "f0",
    "two-byte simple value": "f820",
    "date tag": "c11a00000000",
    "bignum tag of a small number": "c24102",
    "bignum tag of a large number": "c249010000000000000000",
    "bignum inside": "81c249010000000000000000",
    "embedded CBOR tag": "d8184101",
    "self-described tag": "d9d9f701",
    "shareable tag": "81d81c01",
    "reference tag": "82d81c80d81d00",
    "set tag": "d9010281 01".replace(" ", ""),
    "string reference tag": "d9010081 6161".replace(" ", ""),
    "unknown tag": "d9fff001",
    "bytes as key": "a1410101",
    "boolean as key": "a1f501",
    "null as key": "a1f601",
    "array as key": "a1810101",
    "map as key": "a1a0 01".replace(" ", ""),
    "invalid UTF-8": "61ff",
    "surrogate in UTF-8": "63eda080",
    "reserved length": "1c",
    "break alone": "ff",
    "depth 9": "81" * 9 + "00",
    "depth 3000": "81" * 2900 + "00",
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_not_deterministic_is_refused(case: str) -> None:
    with pytest.raises(FormatError):
        cbor.decode(bytes.fromhex(REFUSED[case]))


def test_depth_eight_is_read() -> None:
    assert cbor.encode(cbor.decode(bytes.fromhex("81" * 8 + "00"))).hex() == "81" * 8 + "00"


def test_too_many_bytes_are_refused_before_they_are_read() -> None:
    data = cbor.encode(bytes(2950))
    assert len(data) == cbor.MAX_SIZE
    assert cbor.decode(data) == bytes(2950)
    with pytest.raises(FormatError, match="CBOR_TOO_LARGE"):
        cbor.decode(cbor.encode(bytes(2951)))


def test_keys_are_ordered_by_their_bytes_not_by_length() -> None:
    """RFC 8949 section 4.2.1: 10, 100, -1, "z", "aa"; the older length-first rule differs."""
    data = cbor.encode({"aa": 5, "z": 4, -1: 3, 100: 2, 10: 1})
    assert data.hex() == "a50a011864022003617a046261" + "6105"
    assert list(cbor.decode(data)) == [10, 100, -1, "z", "aa"]  # type: ignore[call-overload]
    with pytest.raises(FormatError):
        cbor.decode(bytes.fromhex("a2200118640 2".replace(" ", "")))


@given(VALUES)
def test_what_is_encoded_decodes_to_the_same(value: object) -> None:
    data = cbor.encode([value])
    decoded = cbor.decode(data, max_size=10**6)
    assert decoded == [value]
    assert cbor.encode(decoded) == data


@given(st.binary(max_size=200))
def test_any_bytes_give_a_value_with_one_encoding_or_our_error(data: bytes) -> None:
    try:
        value = cbor.decode(data)
    except FormatError:
        return
    assert cbor.encode(value) == data


@given(VALUES, st.data())
def test_any_change_of_one_byte_gives_another_value_or_our_error(
    value: object, data: st.DataObject
) -> None:
    encoded = bytearray(cbor.encode([value]))
    position = data.draw(st.integers(0, len(encoded) - 1))
    encoded[position] ^= data.draw(st.integers(1, 255))
    try:
        decoded = cbor.decode(bytes(encoded), max_size=10**6)
    except FormatError:
        return
    assert cbor.encode(decoded) == bytes(encoded)
    assert repr(decoded) != repr([value])


@given(st.binary(max_size=200))
def test_the_lenient_decoder_gives_a_value_or_our_error(data: bytes) -> None:
    try:
        value = cbor.decode_lenient(data)
    except FormatError:
        return
    assert not isinstance(value, tuple | set)


@pytest.mark.parametrize("data", ["bf0101ff", "a202010101", "1801", "f93c00", "5f41aaff"], ids=str)
def test_the_lenient_decoder_reads_what_others_write(data: str) -> None:
    cbor.decode_lenient(bytes.fromhex(data))
    with pytest.raises(FormatError):
        cbor.decode(bytes.fromhex(data))


@pytest.mark.parametrize(
    "data",
    ["a201010102", "0000", "d81c80", "c11a00000000", "d9d9f701", "c24102", "81" * 17 + "00", "f7"],
    ids=str,
)
def test_the_lenient_decoder_still_refuses(data: str) -> None:
    with pytest.raises(FormatError):
        cbor.decode_lenient(bytes.fromhex(data))


@pytest.mark.parametrize(
    "value",
    [1.5, 2**64, {b"x": 1}, {1.0: 2}, object(), {True: 1}, [{1, 2}]],
    ids=["float", "big", "bytes key", "float key", "object", "bool key", "set"],
)
def test_what_we_never_sign_is_not_encoded(value: object) -> None:
    with pytest.raises(FormatError):
        cbor.encode(value)


@given(st.binary(max_size=70_000))
def test_a_byte_string_written_by_hand_is_the_same(data: bytes) -> None:
    assert cbor.encode_bytes(data) == cbor.encode(data)
