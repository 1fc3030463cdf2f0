"""`admin migrate`."""

from __future__ import annotations

from argparse import Namespace

from wallet_api import config, db


def migrate(_: Namespace) -> str:
    """Bring the database to the newest schema."""
    db.migrate(config.load_settings().database_url)
    return "the schema is up to date"
