"""What a terminal keeps between checks: version, floor, memory, bundle."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from samples.vectors_world import DAY, NOW
from tests.verifier.conftest import AT, bundle_bytes
from verifier.bundle import Accepted, TrustedBundle, trust_bundle
from verifier.errors import StateError
from verifier.roots import load_root
from verifier.state import Memory, StateFolder

OLD = bundle_bytes(version=11, issued_at=NOW - DAY, status_as_of=NOW - DAY)
NEW = bundle_bytes(version=12)


def trusted(data: bytes) -> TrustedBundle:
    return trust_bundle(data, root=load_root())


def test_a_new_folder_remembers_nothing(tmp_path: Path) -> None:
    assert StateFolder(tmp_path / "state").load() == Memory()
    assert not (tmp_path / "state").exists()


def test_version_and_floor_rise_and_never_fall(tmp_path: Path) -> None:
    state = StateFolder(tmp_path)
    state.note(trusted(NEW))
    state.note(trusted(OLD))
    assert state.load() == Memory(12, AT - timedelta(hours=1), 12, load_root().fingerprint)


def test_a_memory_from_before_there_were_key_sets_is_read(tmp_path: Path) -> None:
    (tmp_path / "state.json").write_text('{"bundle_version": 3, "clock_floor": 60}', "utf-8")
    assert StateFolder(tmp_path).load().accepted == Accepted(3)


def test_installing_keeps_the_bundle_before(tmp_path: Path) -> None:
    state = StateFolder(tmp_path)
    state.install(OLD, trusted(OLD))
    state.install(NEW, trusted(NEW))
    assert state.bundle_path.read_bytes() == NEW
    assert (tmp_path / "bundle.previous.cose").read_bytes() == OLD
    assert state.load().bundle_version == 12


def test_installing_the_same_bundle_again_keeps_the_one_before(tmp_path: Path) -> None:
    state = StateFolder(tmp_path)
    for data in (OLD, NEW, NEW):
        state.install(data, trusted(data))
    assert (tmp_path / "bundle.previous.cose").read_bytes() == OLD


def test_no_temporary_file_is_left(tmp_path: Path) -> None:
    StateFolder(tmp_path).install(NEW, trusted(NEW))
    assert sorted(file.name for file in tmp_path.iterdir()) == ["bundle.cose", "state.json"]


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "{}", '{"bundle_version": "12", "clock_floor": 1}',
     '{"bundle_version": 12, "clock_floor": true}',
     '{"bundle_version": 1, "clock_floor": 1, "key_set_version": "1"}',
     '{"bundle_version": 1, "clock_floor": 1, "root_in_force": 1}',
     '{"bundle_version": 1, "clock_floor": 1e99}'],
)  # fmt: skip
def test_a_damaged_state_is_refused_rather_than_forgotten(text: str, tmp_path: Path) -> None:
    (tmp_path / "state.json").write_text(text, encoding="utf-8")
    with pytest.raises(StateError) as caught:
        StateFolder(tmp_path).load()
    assert caught.value.code == "STATE_DAMAGED"


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(StateError) as caught:
        StateFolder(tmp_path / "file" / "state").note(trusted(NEW))
    assert caught.value.code in {"STATE_NOT_WRITABLE", "STATE_NOT_READABLE"}
