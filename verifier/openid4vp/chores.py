"""What has to happen without anybody asking: delete what is over, deliver news.

`serve` does it in a thread of its own; beside gunicorn it is a process of its own (`work`). Several
at once do no harm: deliveries are taken with a lease, and deleting twice deletes once.
"""

from __future__ import annotations

import logging
import sqlite3
import threading
import time

from verifier.openid4vp.exchange import RelyingParty
from verifier.openid4vp.webhooks import deliver_one

log = logging.getLogger(__name__)
PAUSE = 1.0
FORGET_SECONDS = 30.0


def work_until(stop: threading.Event, party: RelyingParty, secret: bytes) -> None:
    """Do what is due until `stop` is set; `secret` signs the webhook."""
    forget_at = 0.0
    while not stop.is_set():
        try:
            if time.monotonic() >= forget_at:
                party.forget()
                forget_at = time.monotonic() + FORGET_SECONDS
            busy = bool(party.settings.webhook_url) and deliver_one(party, secret)
        except sqlite3.OperationalError:  # somebody holds the file for long: later
            log.warning("the database is busy")
            busy = False
        if not busy:
            stop.wait(PAUSE)
