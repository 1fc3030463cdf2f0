"""PostgreSQL databases that are emptied and lent again.

Copying the migrated template for each test and dropping the copy after it was more than half of
what such a test cost. Emptying is a tenth of that, and as good: nothing but the schema is left.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from uuid import uuid4

import psycopg
from psycopg import sql

if TYPE_CHECKING:
    from tests.postgres import PostgresServer

# What deleted rows leave behind in tables and indexes shall not grow without end.
MOST_LOANS = 50
KEPT = "alembic_version"
_HANG_UP = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s"
_TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> %s"
_RESTART = "SELECT setval(format('%I', sequencename)::regclass, 1, false) FROM pg_sequences"
# A copy has its template's object numbers, and whatever a statement makes or rewrites has others.
_SCHEMA = """
    SELECT count(*), sum(made.oid::bigint), sum(made.more) FROM (
        SELECT oid, relnatts::bigint AS more FROM pg_class WHERE relpersistence <> 't'
        UNION ALL SELECT oid, conindid::bigint FROM pg_constraint
        UNION ALL SELECT oid, tgtype FROM pg_trigger
        UNION ALL SELECT oid, pronargs FROM pg_proc
        UNION ALL SELECT oid, adnum FROM pg_attrdef
        UNION ALL SELECT attrelid, attnum * (atttypid::bigint + attnotnull::integer)
            FROM pg_attribute
    ) AS made WHERE made.oid >= 16384
"""


@dataclass(slots=True)
class SpareDatabases:
    """Databases with the schema of `template`; nobody sees another's rows, or is seen."""

    server: PostgresServer
    template: str
    _resting: list[str] = field(default_factory=list)
    _loans: dict[str, int] = field(default_factory=dict)
    _schema: tuple[object, ...] = ()

    def lend(self) -> str:
        """Return the name of a database without rows."""
        if not self._resting:
            name = _fresh_name()
            self.server.create_database(name, template=self.template)
            self._loans[name] = 0
            with self._connect(name) as connection:
                self._schema = _read_schema(connection)
            return name
        return self._resting.pop()

    def take_back(self, name: str) -> None:
        """Empty `name` under a new name, which who still holds the old one does not know."""
        loans = self._loans.pop(name) + 1
        renamed = _fresh_name()
        if loans == MOST_LOANS or not self._rename(name, renamed):
            self.server.drop_database(name)
        elif self._empty(renamed):
            self._loans[renamed] = loans
            self._resting.append(renamed)
        else:
            self.server.drop_database(renamed)

    def _rename(self, old: str, new: str) -> bool:
        statement = sql.SQL("ALTER DATABASE {} RENAME TO {}")
        with self._connect("postgres") as connection:
            # Renaming waits for whoever is just leaving, but looks only ten times a second.
            while connection.execute(_HANG_UP, (old,)).fetchall():
                time.sleep(0.002)
            try:
                connection.execute(statement.format(sql.Identifier(old), sql.Identifier(new)))
            except (psycopg.errors.ObjectInUse, psycopg.errors.InvalidCatalogName):
                return False
        return True

    def _empty(self, name: str) -> bool:
        """Delete all rows, unless the schema is no longer the template's."""
        with self._connect(name) as connection:
            if _read_schema(connection) != self._schema:
                return False
            tables = [sql.Identifier(row[0]) for row in connection.execute(_TABLES, (KEPT,))]
            with connection.pipeline():
                # Who checks no references need not mind the order of the tables.
                connection.execute("SET session_replication_role = replica")
                for table in tables:
                    connection.execute(sql.SQL("DELETE FROM {}").format(table))
                connection.execute(_RESTART)
        return True

    def _connect(self, name: str) -> psycopg.Connection:
        folder = str(self.server.folder)
        return psycopg.connect(host=folder, user="postgres", dbname=name, autocommit=True)


def _fresh_name() -> str:
    return f"test_{uuid4().hex}"


def _read_schema(connection: psycopg.Connection) -> tuple[object, ...]:
    return connection.execute(_SCHEMA).fetchone() or ()
