"""The real things behind the ports. Only ``bootstrap.py`` names them."""

from __future__ import annotations
