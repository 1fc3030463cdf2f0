"""Tables of the embedded registry: its own database, never the wallet's.

Why JSON columns: the registry's records are documents that we pass on. Only the NIK is looked
up, and only the order of changes matters, so only these are columns.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import (
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
)

METADATA: Final = MetaData()

PERSONS: Final = Table(
    "persons",
    METADATA,
    Column("nik", String(16), primary_key=True),
    Column("status", String(16), nullable=False),
    Column("person", Text, nullable=False),  # JSON, the identity card's values
    Column("contacts", Text, nullable=False),  # JSON {"emails": […], "phones": […]}
)

DOCUMENTS: Final = Table(
    "documents",
    METADATA,
    Column("nik", ForeignKey("persons.nik"), primary_key=True),
    Column("type", String(40), primary_key=True),
    Column("key", String(80), primary_key=True),
    Column("body", Text, nullable=False),  # JSON, values as in the catalogue
)

PHOTOS: Final = Table(
    "photos",
    METADATA,
    Column("nik", ForeignKey("persons.nik"), primary_key=True),
    Column("image", LargeBinary, nullable=False),  # JPEG
)

CHANGES: Final = Table(
    "changes",
    METADATA,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("nik", String(16), nullable=False),
    sqlite_autoincrement=True,  # a number is never given twice, or a cursor would skip a change
)

Index("changes_by_nik", CHANGES.c.nik)
