"""The schema's history, by Alembic."""

from __future__ import annotations
