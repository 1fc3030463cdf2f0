"""Credentials for wallets of others: OpenID4VCI 1.0, the authorization server and the issuer."""

from __future__ import annotations
