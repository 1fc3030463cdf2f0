"""Measured speed and size: `python -m benchmarks [SUBJECT…]`, or `make bench`."""

from __future__ import annotations
