"""HTTP: parse, call one service, render. The only part that knows Flask."""

from __future__ import annotations
