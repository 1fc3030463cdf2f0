"""Bodies of the health endpoints."""

from __future__ import annotations

from wallet_api.web.schemas.parts import Answer


class Alive(Answer):
    """The worker answers."""

    status: str


class Ready(Answer):
    """Whether requests can be answered, check by check."""

    status: str
    checks: dict[str, str]
    lists_age_seconds: float | None
