"""Proofs: statements, nonces, idempotency keys, tokens."""

from __future__ import annotations

from wallet_api.errors.root import WalletError


class StatementMissing(WalletError):
    """The header with the signed statement is absent."""

    code = "STATEMENT_MISSING"


class StatementInvalid(WalletError):
    """Signature, purpose, subject, body hash or thumbprint does not fit."""

    code = "STATEMENT_INVALID"


class PinProofMissing(WalletError):
    """This step needs the PIN key's signature as well."""

    code = "PIN_PROOF_MISSING"


class NonceRequired(WalletError):
    """The server nonce is missing, expired or used: repeat with the fresh one."""

    code = "NONCE_REQUIRED"


class ClockSkew(WalletError):
    """The statement's ``iat`` is too far from ``server_time``."""

    code = "CLOCK_SKEW"


class IdempotencyKeyMissing(WalletError):
    """POSTs that create or move something carry an Idempotency-Key."""

    code = "IDEMPOTENCY_KEY_MISSING"


class IdempotencyKeyReused(WalletError):
    """The key was used with another body."""

    code = "IDEMPOTENCY_KEY_REUSED"


class RequestInProgress(WalletError):
    """The first request with this key has not answered yet."""

    code = "REQUEST_IN_PROGRESS"


class TokenInvalid(WalletError):
    """Access token missing, expired, forged or bound to another key."""

    code = "TOKEN_INVALID"


class DpopInvalid(WalletError):
    """The DPoP proof does not fit (RFC 9449)."""

    code = "DPOP_INVALID"


class DpopNonceRequired(WalletError):
    """The DPoP proof needs the server's nonce (RFC 9449 section 8)."""

    code = "USE_DPOP_NONCE"


class ScopeInsufficient(WalletError):
    """The token was opened without the PIN and may only renew."""

    code = "SCOPE_INSUFFICIENT"
