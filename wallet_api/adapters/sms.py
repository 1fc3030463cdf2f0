"""Short messages by an HTTP gateway.

Contract: ``POST url`` with ``{"to": "+62…", "text": "…", "reference": kind}``;
any 2xx means taken. No redirect is followed.
"""

from __future__ import annotations

from urllib.parse import urlsplit, urlunsplit

import requests

from wallet_api.ports.delivery import DeliveryError, Message

TIMEOUT_SECONDS = 10
TAKEN = range(200, 300)


class HttpSmsMessenger:
    """``Messenger`` over a gateway; ``https://token@host/path`` sends the token as bearer."""

    def __init__(self, url: str, *, timeout: float = TIMEOUT_SECONDS) -> None:
        """Keep the address and the bearer token apart; ``timeout`` in seconds."""
        self._timeout = timeout
        parts = urlsplit(url)
        host = parts.hostname or ""
        place = f"{host}:{parts.port}" if parts.port else host
        self._url = urlunsplit((parts.scheme, place, parts.path, parts.query, ""))
        self._headers = {"Authorization": f"Bearer {parts.username}"} if parts.username else {}

    def send(self, message: Message) -> None:
        """Hand the message to the gateway; raises ``DeliveryError``."""
        body = {"to": message.to, "text": message.text, "reference": message.kind}
        try:
            answer = requests.post(
                self._url,
                json=body,
                headers=self._headers,
                timeout=self._timeout,
                allow_redirects=False,
            )
        except requests.RequestException as error:
            raise DeliveryError(type(error).__name__) from None
        if answer.status_code not in TAKEN:
            message_text = f"gateway answered {answer.status_code}"
            raise DeliveryError(message_text)
