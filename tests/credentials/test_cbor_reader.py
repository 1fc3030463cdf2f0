"""Reading CBOR in place takes and refuses exactly what the strict decoder does."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from credentials import cbor
from credentials.cbor_reader import CborReader
from credentials.errors import FormatError

ITEM = st.one_of(st.integers(0, 2**64 - 1), st.binary(max_size=300), st.text(max_size=40))


def _read(data: bytes) -> object:
    """Read one unsigned integer, byte string, text or array of such, whatever is there."""
    reader = CborReader(data)
    if not data:
        return reader.unsigned()
    value: object
    match data[0] >> 5:
        case 2:
            value = bytes(reader.byte_string())
        case 3:
            value = reader.text()
        case _:
            value = reader.unsigned()
    reader.end()
    return value


@given(ITEM)
def test_what_the_encoder_writes_is_read(value: object) -> None:
    assert _read(cbor.encode(value)) == value


@given(
    st.lists(st.integers(0, 70_000), max_size=300), st.dictionaries(st.integers(0, 9), st.none())
)
def test_heads_of_arrays_and_maps_tell_how_many(items: list[int], pairs: dict[int, None]) -> None:
    reader = CborReader(cbor.encode(items))
    assert [reader.unsigned() for _ in range(reader.array())] == items
    reader.end()
    assert CborReader(cbor.encode(pairs)).mapping() == len(pairs)


@given(st.binary(max_size=12))
def test_any_bytes_are_read_as_the_strict_decoder_does_or_refused(data: bytes) -> None:
    try:
        expected = cbor.decode(data)
    except FormatError:
        with pytest.raises(FormatError):
            _read(data)
        return
    if type(expected) in (bytes, str) or (type(expected) is int and expected >= 0):
        assert _read(data) == expected


@pytest.mark.parametrize(
    "data",
    [b"", b"\x18\x17", b"\x19\x00\xff", b"\x1a\x00\x00\xff\xff", b"\x1b" + bytes(4) + b"\xff" * 4,
     b"\x1f", b"\x5f\x41\x00\xff", b"\x42\x00", b"\x61\xff", b"\x00\x00", b"\x1c"],
    ids=bytes.hex,
)  # fmt: skip
def test_long_open_and_cut_heads_are_refused(data: bytes) -> None:
    with pytest.raises(FormatError):
        _read(data)
