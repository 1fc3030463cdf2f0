"""The embedded registry's file missing, foreign or broken; and the guard around both."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from samples.people import build_registry
from samples.people.registry import fill_registry, load_records
from wallet_api.adapters.registry.guard import GuardedRegistry, People
from wallet_api.adapters.registry.opening import open_registry
from wallet_api.adapters.registry.sql import SqlRegistry
from wallet_api.errors import ConfigurationError
from wallet_api.ports.registry import (
    RegistryRefused,
    RegistryStatus,
    RegistryUnavailable,
    Unavailable,
)

REAL = "3171011708459005"  # no check digit: might be somebody, and is nobody
SAMPLE = load_records()[0]["nik"]


def test_a_missing_file_is_down_and_stays_missing(tmp_path: Path) -> None:
    missing = SqlRegistry(f"sqlite:///{tmp_path / 'none.db'}")
    for ask in (lambda: missing.look_up(SAMPLE), lambda: missing.changes_since("")):
        with pytest.raises(RegistryUnavailable) as failure:
            ask()
        assert failure.value.reason is Unavailable.DOWN
    assert not (tmp_path / "none.db").exists()
    missing.close()


@pytest.mark.parametrize(
    "damage",
    ["UPDATE persons SET person = '{'", "UPDATE persons SET status = 'UNHEARD OF'",
     "UPDATE persons SET contacts = '{}'"],
)  # fmt: skip
def test_a_damaged_record_is_no_answer(tmp_path: Path, damage: str) -> None:
    path = tmp_path / "registry.db"
    build_registry(path)
    db = sqlite3.connect(path)
    db.execute(damage)
    db.commit()
    db.close()
    registry = SqlRegistry(f"sqlite:///{path}")
    with pytest.raises(RegistryUnavailable) as failure:
        registry.look_up(SAMPLE)
    assert failure.value.reason is Unavailable.MALFORMED
    registry.close()


def test_a_registry_cannot_be_written_through_the_adapter(embedded: SqlRegistry) -> None:
    with embedded._engine.connect() as db, pytest.raises(Exception, match="readonly"):
        db.exec_driver_sql("DELETE FROM persons")


def test_neither_an_answer_nor_an_error_prints_personal_data(
    embedded: SqlRegistry, tmp_path: Path
) -> None:
    answer = embedded.look_up(SAMPLE)
    assert SAMPLE not in repr(answer)
    assert SAMPLE not in repr(answer.documents)
    (tmp_path / "empty.db").touch()
    empty = SqlRegistry(f"sqlite:///{tmp_path / 'empty.db'}")
    with pytest.raises(RegistryUnavailable) as failure:
        empty.look_up(SAMPLE)
    assert SAMPLE not in f"{failure.value} {failure.value.__cause__}"
    empty.close()


@pytest.mark.parametrize("database_kind", ["postgresql"], indirect=True)
def test_postgresql_gives_the_same_answers(database_url: str, embedded: SqlRegistry) -> None:
    fill_registry(database_url)
    registry = SqlRegistry(database_url)
    for record in load_records()[:47]:
        assert registry.look_up(record["nik"]) == embedded.look_up(record["nik"])
    assert registry.changes_since("") == ([], "0")
    registry.close()


def test_production_refuses_samples_before_anything_is_asked(tmp_path: Path) -> None:
    nothing_there = SqlRegistry(f"sqlite:///{tmp_path / 'none.db'}")
    guarded = GuardedRegistry(nothing_there, people=People.REAL)
    with pytest.raises(RegistryRefused) as refusal:
        guarded.look_up(SAMPLE)
    assert refusal.value.reason == "SYNTHETIC_IN_PRODUCTION"
    assert refusal.value.code == "PERSON_NOT_ELIGIBLE"
    with pytest.raises(RegistryUnavailable):
        guarded.look_up(REAL)


def test_a_demo_refuses_everybody_who_might_exist(embedded: SqlRegistry) -> None:
    guarded = GuardedRegistry(embedded, people=People.SYNTHETIC)
    assert guarded.look_up(SAMPLE).status is RegistryStatus.FOUND
    with pytest.raises(RegistryRefused) as refusal:
        guarded.look_up(REAL)
    assert refusal.value.reason == "REAL_IN_DEMO"


def test_the_guard_hides_changes_of_people_it_refuses(tmp_path: Path) -> None:
    path = tmp_path / "registry.db"
    build_registry(path)
    db = sqlite3.connect(path)
    db.executemany("INSERT INTO changes (nik) VALUES (?)", [(SAMPLE,), (REAL,)])
    db.commit()
    db.close()
    for people, expected in [(People.SYNTHETIC, [SAMPLE]), (People.REAL, [REAL])]:
        guarded = open_registry(f"sqlite:///{path}", people=people)
        changed, cursor = guarded.changes_since("")
        assert (changed, cursor) == (expected, "2")
        assert guarded.changes_since(cursor) == ([], "2")


def test_an_address_opens_the_right_registry(simulator_url: str, registry_file: Path) -> None:
    host = simulator_url.removeprefix("http://")
    addresses = [
        f"http://wallet:sample-registry-password@{host}",
        f"sqlite:///{registry_file}",
    ]
    for address in addresses:
        registry = open_registry(address, people=People.SYNTHETIC)
        assert registry.look_up(SAMPLE).status is RegistryStatus.FOUND
    with pytest.raises(ConfigurationError):
        open_registry(simulator_url, people=People.REAL)
