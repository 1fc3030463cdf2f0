"""The root of the error tree and what every endpoint can meet."""

from __future__ import annotations


class WalletError(Exception):
    """Root of the tree. ``facts`` are public, non-personal members of the answer."""

    code = "INTERNAL"

    def __init__(self, *, retry_after: int | None = None, **facts: object) -> None:
        """``retry_after``: seconds, becomes the Retry-After header; ``facts``: see class."""
        super().__init__(self.code)
        self.retry_after = retry_after
        self.facts = facts


class InputInvalid(WalletError):
    """A field breaks a rule; ``errors`` lists ``{field, code}`` pairs."""

    code = "INPUT_INVALID"


class BodyUnreadable(WalletError):
    """Not JSON, or not the declared content type."""

    code = "BODY_UNREADABLE"


class BodyTooLarge(WalletError):
    """The body is over the stated limit."""

    code = "BODY_TOO_LARGE"


class NotFound(WalletError):
    """No such thing, or not yours: the two are never told apart."""

    code = "NOT_FOUND"


class NotAcceptable(WalletError):
    """None of the media types that the client accepts is offered here."""

    code = "NOT_ACCEPTABLE"


class ServiceBusy(WalletError):
    """A lock, a queue or a database did not answer in time: try again."""

    code = "SERVICE_BUSY"


class TooManyRequests(WalletError):
    """A sending or starting limit is used up."""

    code = "TOO_MANY_REQUESTS"


class ConfigurationError(WalletError):
    """The service cannot start like this; ``errors`` says all that is wrong."""

    code = "CONFIGURATION"

    def __str__(self) -> str:
        """Return all of it: a server that does not start shows this line and nothing else."""
        faults = self.facts.get("errors")
        return "; ".join([self.code, *map(str, faults if isinstance(faults, list) else ())])
