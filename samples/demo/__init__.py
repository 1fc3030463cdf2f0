"""`make demo`: one synthetic resident from nothing to a QR that a bank trusts with no network."""

from __future__ import annotations
