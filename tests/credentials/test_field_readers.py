"""The readers made with the catalogue agree with the field decoder they replace."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from credentials.catalogue import Catalogue
from credentials.errors import FormatError
from credentials.field_readers import make_reader
from credentials.fields import Field, decode_field

FILES = sorted((Path(__file__).parents[2] / "wallet_api" / "catalogue").glob("*.json"))
CATALOGUE = Catalogue.parse([json.loads(file.read_bytes()) for file in FILES])
FIELDS = [field for kind in CATALOGUE.types for field in kind.fields]
WIRE = (
    st.none() | st.booleans() | st.integers(-2, 10**20) | st.integers(0, 30)
    | st.integers(19000101, 20301231) | st.text(max_size=130) | st.binary(max_size=60)
    | st.lists(st.dictionaries(st.integers(0, 30), st.text(max_size=3), max_size=3), max_size=2)
)  # fmt: skip


def by_the_rule(field: Field, wire: object) -> object:
    try:
        return decode_field(field, wire)
    except FormatError as error:
        return error.code, error.detail


def by_the_reader(field: Field, wire: object) -> object:
    values: dict[str, object] = {}
    try:
        make_reader(field)(wire, values)
    except FormatError as error:
        return error.code, error.detail
    return values


@pytest.mark.parametrize("field", FIELDS, ids=lambda field: field.name)
@settings(max_examples=25)
@given(wire=WIRE)
def test_a_reader_says_what_the_rule_says(field: Field, wire: object) -> None:
    assert by_the_reader(field, wire) == by_the_rule(field, wire)
