"""The local pages: the only part that knows Flask."""

from __future__ import annotations
