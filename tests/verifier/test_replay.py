"""The memory of accepted proofs: seen twice is refused, full is refused."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from verifier.errors import StateError
from verifier.replay import REMEMBER_SECONDS, MemoryReplay, ReplayMemory
from verifier.state import FolderReplay

AT = 1_795_000_000
KEY, OTHER = b"\x01" * 32, b"\x02" * 32


@pytest.fixture(params=["memory", "folder"])
def memory(request: pytest.FixtureRequest, tmp_path: Path) -> ReplayMemory:
    if request.param == "memory":
        return MemoryReplay(capacity=2)
    return FolderReplay(tmp_path / "replay", capacity=2)


def test_a_proof_is_remembered_for_two_minutes_and_no_longer(memory: ReplayMemory) -> None:
    assert not memory.has_seen(KEY, AT)
    assert memory.remember(KEY, AT)
    assert memory.has_seen(KEY, AT + REMEMBER_SECONDS - 1)
    assert not memory.has_seen(KEY, AT + REMEMBER_SECONDS)


def test_the_second_to_remember_the_same_proof_is_told_so(memory: ReplayMemory) -> None:
    assert memory.remember(KEY, AT)
    assert not memory.remember(KEY, AT + 1)


def test_a_full_memory_says_so_instead_of_forgetting(memory: ReplayMemory) -> None:
    for key in (KEY, OTHER):
        assert not memory.is_full(AT)
        assert memory.remember(key, AT)
    assert memory.is_full(AT + 1)
    assert memory.has_seen(KEY, AT + 1)


def test_what_is_over_two_minutes_old_makes_room(memory: ReplayMemory) -> None:
    for key in (KEY, OTHER):
        memory.remember(key, AT)
    assert not memory.is_full(AT + REMEMBER_SECONDS)
    assert memory.remember(KEY, AT + REMEMBER_SECONDS)


def test_a_clock_set_back_forgets_nothing(memory: ReplayMemory) -> None:
    memory.remember(KEY, AT)
    assert memory.has_seen(KEY, AT - 3600)


def test_of_forty_rivals_with_one_proof_exactly_one_wins(memory: ReplayMemory) -> None:
    with ThreadPoolExecutor(40) as pool:
        won = list(pool.map(lambda _: memory.remember(KEY, AT), range(40)))
    assert won.count(True) == 1


def test_an_entry_cut_short_by_a_power_cut_counts_as_seen(tmp_path: Path) -> None:
    memory = FolderReplay(tmp_path)
    (tmp_path / KEY.hex()).write_text("", encoding="ascii")
    made_at = int((tmp_path / KEY.hex()).stat().st_mtime)
    assert memory.has_seen(KEY, made_at + 1)


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="ascii")
    with pytest.raises(StateError) as caught:
        FolderReplay(tmp_path / "file").remember(KEY, AT)
    assert caught.value.code == "STATE_NOT_WRITABLE"
