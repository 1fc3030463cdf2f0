"""The databases that tests are given: empty, their own, and gone with their process."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from sqlalchemy import create_engine, func, inspect, select, text
from sqlalchemy.orm import Session

from tests.house.tree import ROOT
from tests.postgres import running_postgres
from tests.spare_databases import SpareDatabases
from tests.wallet_api.simulators import NOON
from wallet_api.models import Office

ABANDON = """
import os, sys, time
from tests.postgres import running_postgres
with running_postgres() as server:
    print(server.folder, flush=True)
    time.sleep(60)
"""


@pytest.mark.parametrize("turn", [1, 2])
def test_each_test_has_an_empty_database(database_url: str, database_kind: str, turn: int) -> None:
    engine = create_engine(database_url)
    assert engine.dialect.name == database_kind
    assert inspect(engine).get_table_names() == []
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE left_behind (turn INTEGER)"))
        connection.execute(text("INSERT INTO left_behind VALUES (:turn)"), {"turn": turn})
        assert connection.scalar(text("SELECT turn FROM left_behind")) == turn
    engine.dispose()


def test_a_database_is_lent_again_under_another_name_and_without_rows(
    spare_databases: SpareDatabases,
) -> None:
    names = set()
    for _ in range(2):
        name = spare_databases.lend()
        names.add(name)
        engine = create_engine(spare_databases.server.url(name))
        with Session(engine) as session:
            assert session.scalar(select(func.count()).select_from(Office)) == 0
            session.add(Office(code="3171", name="Kantor", created_at=NOON))
            session.commit()
        spare_databases.take_back(name)  # the pool's connection is still open
        engine.dispose()
    assert len(names) == 2


def test_a_database_whose_schema_was_changed_is_not_lent_again(
    spare_databases: SpareDatabases,
) -> None:
    for statement in (
        "ALTER TABLE office ADD COLUMN more INTEGER",
        "ALTER TABLE office ALTER COLUMN name DROP NOT NULL",
        "CREATE INDEX one_more ON office (name)",
        "CREATE TABLE another (id INTEGER)",
    ):
        name = spare_databases.lend()
        engine = create_engine(spare_databases.server.url(name))
        with engine.begin() as connection:
            connection.execute(text(statement))
        engine.dispose()
        spare_databases.take_back(name)
        assert not spare_databases._resting


@pytest.mark.parametrize("database_kind", ["postgresql"], indirect=True)
def test_a_test_may_ask_for_one_kind_only(database_url: str) -> None:
    assert database_url.startswith("postgresql+psycopg://")


def test_a_durable_server_writes_through() -> None:
    with running_postgres(durable=True) as server:
        engine = create_engine(server.url())
        with engine.connect() as connection:
            assert connection.scalar(text("SHOW fsync")) == "on"
            assert connection.scalar(text("SHOW synchronous_commit")) == "on"
        engine.dispose()


def test_a_server_does_not_outlive_the_process_that_started_it() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", ABANDON], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout
        folder = Path(process.stdout.readline().strip())
        server = int((folder / "data" / "postmaster.pid").read_text().splitlines()[0])
        process.send_signal(signal.SIGKILL)
        process.wait()
    deadline = time.monotonic() + 20
    while Path(f"/proc/{server}/cmdline").exists() and _runs(server):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    subprocess.run(["rm", "-r", "--", folder], check=True)


def _runs(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return b"postgres" in Path(f"/proc/{process}/cmdline").read_bytes()
