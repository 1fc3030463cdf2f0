"""Messages as JSON files in a folder: the demo's post office. Production refuses it."""

from __future__ import annotations

import json
import secrets
from datetime import UTC, datetime
from pathlib import Path

from wallet_api.ports.delivery import DeliveryError, Message


class FileMessenger:
    """``Messenger`` that writes ``TIME-RANDOM.json`` with to, channel, subject, text, kind, at."""

    def __init__(self, folder: Path, channel: str) -> None:
        """``channel``: email or sms, written into each file."""
        self._folder = folder
        self._channel = channel

    def send(self, message: Message) -> None:
        """Write the message; a reader never sees half a file."""
        now = datetime.now(UTC)
        text = {
            "to": message.to,
            "channel": self._channel,
            "subject": message.subject,
            "text": message.text,
            "kind": message.kind,
            "at": now.isoformat(),
        }
        name = f"{now:%Y%m%dT%H%M%S%f}-{secrets.token_hex(4)}.json"
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            half = self._folder / f".{name}.half"  # no *.json: readers take those
            half.write_text(json.dumps(text, ensure_ascii=False, indent=1))
            half.replace(self._folder / name)
        except OSError as error:
            raise DeliveryError(type(error).__name__) from None
