"""Sending mails and short messages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Message:
    """What a person will read; ``kind`` names the template, for gateways and tests."""

    to: str
    subject: str
    text: str
    kind: str


class DeliveryError(Exception):
    """The gateway did not take the message; the outbox tries again."""


class Messenger(Protocol):
    """One channel: e-mail or SMS."""

    def send(self, message: Message) -> None:
        """Hand the message over; raises ``DeliveryError``."""
        ...
