"""The index as anybody could write it, and the cheapest way through it."""

from __future__ import annotations

import json
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from verifier.errors import SyncError
from verifier.sync.index import Index, RemoteFile, parse_index
from verifier.sync.plan import plan, size

SHA = "0" * 64
WHOLE = {"version": 2, "file": "2.cose", "size": 10, "sha256": SHA}
DELTA = {"base": 1, "version": 2, "file": "1-2.delta", "size": 10, "sha256": SHA}


def whole(version: int, cost: int = 1_000_000) -> RemoteFile:
    return RemoteFile(version, f"{version}.cose", cost, SHA)


def delta(base: int, version: int, cost: int = 1000) -> RemoteFile:
    return RemoteFile(version, f"{base}-{version}.delta", cost, SHA, base)


def names(index: Index, *held: int) -> list[str] | None:
    way = plan(index, held)
    return None if way is None else [step.name for step in way]


def test_an_index_is_read() -> None:
    value = {"format": 1, "version": 2, "bundles": [WHOLE], "deltas": [DELTA], "anchors": [1]}
    found = parse_index(json.dumps(value | {"later": "member"}).encode())
    assert found == Index(2, (whole(2, 10), delta(1, 2, 10)), frozenset({1}))
    assert parse_index(b'{"format": 1, "version": 2}') == Index(2, ())


@pytest.mark.parametrize(
    "change",
    [{"format": 2}, {"version": "2"}, {"version": True}, {"version": -1}, {"bundles": {}},
     {"bundles": [1]}, {"anchors": ["1"]}, {"bundles": [WHOLE] * 1001},
     {"bundles": [WHOLE | {"file": "../x"}]}, {"bundles": [WHOLE | {"file": "/etc/passwd"}]},
     {"bundles": [WHOLE | {"file": "http://x/y"}]}, {"bundles": [WHOLE | {"file": ".."}]},
     {"bundles": [WHOLE | {"file": "a\\b"}]}, {"bundles": [WHOLE | {"file": 1}]},
     {"bundles": [WHOLE | {"sha256": "0"}]}, {"bundles": [WHOLE | {"size": 0}]},
     {"bundles": [WHOLE | {"size": 1 << 40}]}, {"deltas": [DELTA | {"base": 2}]},
     {"deltas": [WHOLE]}],
    ids=str,
)  # fmt: skip
def test_an_index_of_another_shape_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(SyncError, match="SYNC_NOT_AN_INDEX"):
        parse_index(json.dumps({"format": 1, "version": 2} | change).encode())


@given(st.binary(max_size=60) | st.text(max_size=60).map(str.encode))
def test_any_bytes_are_an_index_or_our_error(data: bytes) -> None:
    with pytest.raises(SyncError):
        parse_index(data)


def test_an_index_too_large_or_too_deep_is_refused() -> None:
    for data in (b'{"format": 1, "version": 2}' + b" " * (1 << 20), b"[" * 900_000):
        with pytest.raises(SyncError):
            parse_index(data)


def test_the_cheapest_way_wins() -> None:
    index = Index(4, (whole(4), delta(1, 2), delta(2, 3), delta(3, 4), delta(1, 4, 5000)))
    assert names(index, 1) == ["1-2.delta", "2-3.delta", "3-4.delta"]
    assert names(index, 1, 3) == ["3-4.delta"]
    assert names(index) == ["4.cose"]
    assert names(index, 9) == ["4.cose"]
    assert names(index, 4) == []
    assert names(Index(4, (delta(1, 2),)), 1) is None
    assert names(Index(2, (whole(2, 500), delta(1, 2, 600))), 1) == ["2.cose"]


def test_a_way_past_the_newest_anchor_may_cost_a_little_more() -> None:
    files = (whole(10), whole(8), delta(8, 10), delta(7, 10, 500), delta(7, 8, 900))
    index = Index(10, files, frozenset({5, 8}))
    assert names(index) == ["8.cose", "8-10.delta"]
    assert names(index, 7) == ["7-8.delta", "8-10.delta"]
    assert names(index, 7, 8) == ["7-10.delta"]
    dear = Index(10, (*files[:2], delta(8, 10, 300_000), *files[3:]), frozenset({8}))
    assert names(dear) == ["10.cose"]


@given(
    st.lists(
        st.builds(delta, st.integers(0, 5), st.integers(0, 8), st.integers(1, 99))
        | st.builds(whole, st.integers(0, 8), st.integers(1, 999)),
        max_size=14,
    ),
    st.sets(st.integers(0, 8), max_size=3),
    st.integers(0, 8),
)
def test_every_way_leads_from_what_is_held_to_the_newest(
    files: list[RemoteFile], held: set[int], version: int
) -> None:
    way = plan(Index(version, tuple(files)), held)
    if way:
        assert way[0].base is None or way[0].base in held
        for before, after in pairwise(way):
            assert after.base == before.version
        assert way[-1].version == version
        direct = [one.size for one in files if one.version == version and one.base is None]
        assert all(size(way) <= one for one in direct)
    elif way is None:
        assert not any(one.version == version and one.base is None for one in files)
