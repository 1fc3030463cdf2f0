"""The declarative root, its naming convention and the ids of rows."""

from __future__ import annotations

import secrets
from datetime import datetime
from typing import ClassVar, cast

from sqlalchemy import LargeBinary, MetaData, String, Table
from sqlalchemy.orm import DeclarativeBase

from wallet_api.db import UtcDateTime

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    """Root of the tables; names every constraint, so that migrations can."""

    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map: ClassVar = {
        datetime: UtcDateTime(),
        str: String(),
        bytes: LargeBinary(),
    }


def table_of(model: type[Base]) -> Table:
    """Return the table behind a class, for rows that are only written and never looked at."""
    return cast("Table", model.__table__)


def new_id() -> str:
    """Make an opaque id: 128 random bits, base64url; never like an option of a command."""
    made = secrets.token_urlsafe(16)
    return new_id() if made.startswith("-") else made
