"""Alembic's entry: run the migrations on the address that ``db.migrate`` gives."""

from __future__ import annotations

from alembic import context

from wallet_api import models
from wallet_api.db import make_engine


def run() -> None:
    """Run online; batch mode because SQLite cannot alter a table."""
    url = context.config.get_main_option("sqlalchemy.url")
    if url is None:
        message = "no database address"
        raise RuntimeError(message)
    engine = make_engine(url)
    with engine.connect() as connection:
        context.configure(
            connection=connection,
            target_metadata=models.Base.metadata,
            render_as_batch=True,
            compare_type=True,
        )
        with context.begin_transaction():
            context.run_migrations()
    engine.dispose()


run()
