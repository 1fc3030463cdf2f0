"""The database engine, its transactions, its column types and its migrations."""

from __future__ import annotations

import select
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, DateTime, Dialect, Engine, create_engine, event
from sqlalchemy.exc import DBAPIError as DatabaseError
from sqlalchemy.exc import IntegrityError, InvalidatePoolError
from sqlalchemy.orm import Session, sessionmaker
from sqlalchemy.types import TypeDecorator

if TYPE_CHECKING:
    from alembic.config import Config

__all__ = ["DatabaseError", "SessionFactory", "Statements", "UtcDateTime", "make_engine", "migrate"]

SessionFactory = sessionmaker[Session]
Statements = Session | Connection  # whatever executes statements in a transaction


def broken_table(error: IntegrityError) -> str:
    """Return the table whose constraint was broken, however the database puts it."""
    told = getattr(error.orig, "diag", None)
    if told is not None:
        return str(told.table_name)
    return str(error.orig).rpartition(" ")[2].partition(".")[0]  # "… failed: table.column"


class UtcDateTime(TypeDecorator[datetime]):
    """UTC-aware in Python; ``timestamptz`` in PostgreSQL, naive UTC text in SQLite."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse naive times; normalise to UTC."""
        if value is None:
            return None
        if value.tzinfo is None:
            message = "naive datetime"
            raise ValueError(message)
        utc = value.astimezone(UTC)
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """Give back an aware time."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def make_engine(url: str) -> Engine:
    """Open an engine with the house's limits (crash point C28: own deadlines)."""
    if url.startswith("sqlite"):
        engine = create_engine(url, connect_args={"timeout": 10})
        event.listen(engine, "connect", _prepare_sqlite)
        # Not by the event "begin": with a listener, every statement looks for listeners.
        engine.dialect.do_begin = _begin_immediate  # type: ignore[assignment,method-assign]
        return engine
    options = (
        "-c statement_timeout=5000 -c lock_timeout=2000"
        " -c idle_in_transaction_session_timeout=10000"
    )
    engine = create_engine(
        url,
        pool_size=10,
        max_overflow=10,
        connect_args={"options": options, "prepare_threshold": 2},
    )
    event.listen(engine, "connect", _keep_statements)
    event.listen(engine, "checkout", _ask_if_news)
    return engine


def _keep_statements(connection: Any, _record: object) -> None:
    connection.prepared_max = 500  # more than there are: none is prepared twice


def _ask_if_news(connection: Any, _record: object, _proxy: object) -> None:
    """Ask the server only where a resting connection has something to read: it may have hung up.

    SQLAlchemy's own ping would ask before every transaction, a round trip each.
    """
    news = select.poll()
    news.register(connection.fileno(), select.POLLIN)
    if news.poll(0):
        try:
            connection.execute("SELECT 1")
            connection.rollback()
        except connection.OperationalError:
            raise InvalidatePoolError from None


def _prepare_sqlite(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # we send BEGIN ourselves
    for pragma in ("journal_mode=WAL", "foreign_keys=ON", "synchronous=FULL", "busy_timeout=10000"):
        connection.execute(f"PRAGMA {pragma}")


def _begin_immediate(connection: Any) -> None:
    # A deferred transaction that turns into a writer dies with SQLITE_BUSY; take the lock first.
    connection.execute("BEGIN IMMEDIATE")


def make_sessions(engine: Engine) -> SessionFactory:
    """Make the factory behind ``Deps.transaction``."""
    return sessionmaker(engine, expire_on_commit=False)


@contextmanager
def transaction(sessions: SessionFactory) -> Iterator[Session]:
    """Commit when the block ends, roll back when it raises."""
    with sessions.begin() as session:
        yield session


def statements(sessions: SessionFactory) -> AbstractContextManager[Connection]:
    """Open the same without a session, for statements made once: no entities, half the work."""
    engine: Engine = sessions.kw["bind"]
    return engine.begin()


@contextmanager
def one_trip(statements: Statements) -> Iterator[None]:
    """Send the block's statements together (PostgreSQL's pipeline) instead of one by one.

    Only for writes whose result nobody looks at: what goes wrong shows at the end of the block.
    """
    if isinstance(statements, Session):
        statements.flush()  # what is pending wants its results
        statements = statements.connection()
    dialect = statements.dialect
    if dialect.name != "postgresql":
        yield
        return
    driver: Any = statements.connection.driver_connection
    try:
        with driver.pipeline():
            yield
    except driver.Error as error:  # as SQLAlchemy raises what goes wrong in a single statement
        raise DatabaseError.instance(None, None, error, driver.Error, dialect=dialect) from error


@contextmanager
def reading(sessions: SessionFactory) -> Iterator[Session]:
    """Open a session that changes nothing: each statement stands alone, saving BEGIN and COMMIT."""
    with sessions() as session:
        if session.get_bind().dialect.name == "postgresql":
            session.connection(execution_options={"isolation_level": "AUTOCOMMIT"})
        yield session


@contextmanager
def looking(sessions: SessionFactory) -> Iterator[Connection]:
    """Open the same without a session, for one statement made once."""
    engine: Engine = sessions.kw["bind"]
    with engine.connect() as connection:
        if engine.dialect.name == "postgresql":
            connection = connection.execution_options(isolation_level="AUTOCOMMIT")  # noqa: PLW2901
        yield connection


def alembic_config(url: str) -> Config:
    """Make the configuration of the migrations for ``url``."""
    from alembic.config import Config  # noqa: PLC0415 - half a second that no web worker needs

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.set_main_option("sqlalchemy.url", url.replace("%", "%%"))
    return config


def migrate(url: str, revision: str = "head") -> None:
    """Bring the schema at ``url`` to ``revision``."""
    from alembic import command  # noqa: PLC0415 - as above

    command.upgrade(alembic_config(url), revision)
