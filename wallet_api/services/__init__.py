"""The work itself: plain functions, ``Deps`` first; they own their transactions."""

from __future__ import annotations
