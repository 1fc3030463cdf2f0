"""The frame of the policies in a bundle: names, sizes, and the same bytes for the same files."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from credentials.bundle_policies import MAX_POLICY_BYTES, pack_policies, read_policies
from credentials.errors import FormatError, LintError


def policy(name: str = "bank", **more: object) -> bytes:
    return json.dumps({"title": {"id": "B", "en": "B"}, "name": name, **more}, indent=2).encode()


def test_what_is_packed_is_read_again_by_name() -> None:
    packed = pack_policies([policy("b", shown=["nik"]), b"\xef\xbb\xbf" + policy("a")])
    found = read_policies(packed)
    assert list(found) == ["a", "b"]
    assert json.loads(found["b"])["shown"] == ["nik"]
    assert read_policies(b"[]") == {}


def test_the_same_policies_give_the_same_bytes() -> None:
    compact = json.dumps(json.loads(policy("a"))).encode()
    assert pack_policies([policy("b"), policy("a")]) == pack_policies([compact, policy("b")])


@pytest.mark.parametrize(
    ("files", "code"),
    [
        ([b"{"], "JSON_INVALID"),
        ([b'{"name": "a", "name": "b"}'], "JSON_INVALID"),
        ([b"[]"], "POLICY_NOT_OBJECT"),
        ([policy("Bank")], "POLICY_NAME"),
        ([b'{"name": "a", "title": {"id": "A"}}'], "POLICY_TITLE"),
        ([policy("a"), policy("a")], "POLICY_TWICE"),
        ([policy("a") + b" " * MAX_POLICY_BYTES], "POLICIES_TOO_LARGE"),
        ([policy(f"a{n}") for n in range(65)], "POLICIES_TOO_LARGE"),
        ([policy(f"a{n}", x="y" * 60_000) for n in range(5)], "POLICIES_TOO_LARGE"),
    ],
)
def test_what_no_terminal_could_use_is_not_packed(files: list[bytes], code: str) -> None:
    with pytest.raises(LintError) as caught:
        pack_policies(files)
    assert caught.value.code == code


@settings(max_examples=50)
@given(st.binary(max_size=60) | st.just(b"[]" * 200_000))
def test_any_bytes_are_policies_or_the_one_error(data: bytes) -> None:
    try:
        found = read_policies(data)
    except FormatError:
        return
    assert found == {}
