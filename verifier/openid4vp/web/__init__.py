"""The addresses: for wallets, for a bank's page, for its back end. Only this part knows Flask."""

from __future__ import annotations
