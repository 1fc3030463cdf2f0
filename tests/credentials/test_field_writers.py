"""Prepared writers of fields say what the general function says, for anything at all."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import given, settings
from hypothesis import strategies as st

from credentials.errors import FormatError
from credentials.field_writers import make_writer
from credentials.fields import Field, encode_field
from wallet_api.bootstrap import load_catalogue

if TYPE_CHECKING:
    from collections.abc import Callable

FIELDS = tuple(field for held in load_catalogue().types for field in held.fields)
NEAR_MISSES = (
    "",
    "1998-01-10",
    "1998-02-30",
    "1998-W01-1",
    "19980110",
    "3173021001989574",
    "３１７３０２１００１９８９５７４",
    "001",
    "ID",
    "M",
    "LAKI-LAKI",
    "O",
    "tab\tinside",
    7,
    True,
    b"RIFF",
)
scalars = st.one_of(st.none(), st.sampled_from(NEAR_MISSES), st.text(max_size=30), st.integers())


def outcome(write: Callable[[], object]) -> object:
    try:
        return write()
    except FormatError as error:
        return error.code, error.detail


def values_of(field: Field) -> st.SearchStrategy[dict[str, object]]:
    """Values under the field's own names: scalars, or records of them."""
    members = [name for member in field.fields for name in member.value_names]
    records = st.lists(st.fixed_dictionaries({}, optional=dict.fromkeys(members, scalars)))
    value = st.one_of(scalars, records, st.lists(scalars)) if members else scalars
    return st.fixed_dictionaries({}, optional=dict.fromkeys(field.value_names, value))


@settings(max_examples=500)
@given(field=st.sampled_from(FIELDS), data=st.data())
def test_a_writer_says_what_the_general_function_says(field: Field, data: st.DataObject) -> None:
    values = data.draw(values_of(field))
    omit = frozenset(data.draw(st.sets(st.sampled_from([f"{field.name}.mother_name", "x"]))))
    writer = make_writer(field, omit)
    assert outcome(lambda: writer(values)) == outcome(lambda: encode_field(field, values, omit))
