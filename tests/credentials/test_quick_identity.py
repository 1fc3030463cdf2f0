"""The quick reading of identities: it gives what the general way gives, or leaves it to that."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from credentials import cbor
from credentials.catalogue import Catalogue, DocumentType, Profile
from credentials.fields import Field, decode_field
from credentials.quick_identity import KEY_PROFILE, KEY_STATUS, PORTRAIT, read_identity
from tests.credentials import made

FILES = sorted((Path(__file__).parents[2] / "wallet_api" / "catalogue").glob("*.json"))
CATALOGUE = Catalogue.parse([json.loads(file.read_bytes()) for file in FILES])
PROFILES = [(kind, profile) for kind in CATALOGUE.types for profile in kind.profiles]
FIELDS = {
    f"{kind.name} {name}": (profile, kind.field(name))
    for kind, profile in PROFILES
    for name in profile.names
}
WIRE = (
    st.none() | st.booleans() | st.integers(-2, 10**19) | st.integers(0, 30)
    | st.integers(19000101, 20301231) | st.text(max_size=130) | st.binary(max_size=400)
    | st.lists(st.dictionaries(st.integers(0, 30), st.text(max_size=3), max_size=3), max_size=2)
)  # fmt: skip
FULL = made.identity()
IDENTITY = cbor.encode({**FULL, KEY_STATUS: [3, 70000]})


def the_general_way(data: bytes) -> tuple[dict[str, object], int, object]:
    """Read an identity as whoever has no catalogue at hand, and decode it."""
    wire: Any = cbor.decode(data)
    status = wire.pop(KEY_STATUS)
    return CATALOGUE.decode(wire, portrait_later=True), wire[KEY_PROFILE], status


def test_a_whole_card_is_read_as_by_the_general_way() -> None:
    quick = read_identity(IDENTITY, CATALOGUE.quick)
    assert quick is not None
    values, profile, status_list, status_index = quick
    assert (values, profile, [status_list, status_index]) == the_general_way(IDENTITY)
    assert values == CATALOGUE.decode(FULL)


@settings(max_examples=400)
@given(st.data())
def test_what_is_accepted_means_the_same_to_the_general_way(data: st.DataObject) -> None:
    bent = bytearray(IDENTITY)
    for _ in range(data.draw(st.integers(0, 2))):
        bent[data.draw(st.integers(0, len(bent) - 1))] = data.draw(st.integers(0, 255))
    where = data.draw(st.integers(0, len(bent)))
    what = data.draw(st.sampled_from([b"", b"\x18", b"\x00", b"\x18\x5b", b"\x18\x5f\x82"]))
    bent[where : where + data.draw(st.integers(0, 2))] = what
    quick = read_identity(bytes(bent), CATALOGUE.quick)
    if quick is not None:
        values, profile, status_list, status_index = quick
        assert (values, profile, [status_list, status_index]) == the_general_way(bytes(bent))


@pytest.mark.parametrize("named", FIELDS.values(), ids=FIELDS)
@settings(max_examples=25)
@given(wire=WIRE)
def test_a_field_is_read_by_its_rule_or_not_at_all(
    named: tuple[Profile, Field], wire: object
) -> None:
    profile, field = named
    step = CATALOGUE.quick[cbor.encode(profile.number)].steps.get(field.key)
    data, values = cbor.encode(wire), {}
    try:
        assert step is not None
        end = step(data, 0, values)
    except (AssertionError, LookupError, ValueError):
        return
    assert end == len(data)
    if field.name == PORTRAIT:
        assert values == {PORTRAIT: wire}
    else:
        assert values == decode_field(field, wire)


@pytest.mark.parametrize(("kind", "profile"), PROFILES, ids=lambda one: one.name)
def test_fields_that_are_no_records_have_a_quick_step(kind: DocumentType, profile: Profile) -> None:
    fields = [kind.field(name) for name in profile.names]
    steps = CATALOGUE.quick[cbor.encode(profile.number)].steps
    assert {field.key for field in fields if field.kind != "records"} == steps.keys()


REFUSED = {
    "nothing": b"",
    "no map": b"\x80",
    "an empty map": b"\xa0",
    "only its end, counted as one": b"\xa1" + cbor.encode({91: 1, 95: [0, 0]})[1:],
    "a missing field": cbor.encode({91: FULL[91], 95: [0, 0]}),
    "an unknown profile": cbor.encode({**FULL, 91: 2000, 95: [0, 0]}),
    "a key after the status": cbor.encode({**FULL, 95: [0, 0], 96: 1}),
    "a trailing byte": IDENTITY + b"\x00",
    "a status index that is not in its shortest form": IDENTITY.replace(
        b"\x82\x03\x1a\x00\x01\x11\x70", b"\x82\x03\x1b\x00\x00\x00\x00\x00\x01\x11\x70"
    ),
    "an identity that was cut off": IDENTITY[:-1],
    "a field twice": bytes((IDENTITY[0] + 1,)) + IDENTITY[1:11] + IDENTITY[1:],
}


@pytest.mark.parametrize("case", REFUSED)
def test_anything_else_is_left_to_the_general_way(case: str) -> None:
    assert REFUSED[case] != IDENTITY
    assert read_identity(REFUSED[case], CATALOGUE.quick) is None
