"""News for the bank's back end: that a request ended, never what was in it.

POST to the one configured address, signed with the shared secret:

    Verifier-Signature: t=<unix seconds>,v1=<hex HMAC-SHA256 of "<t>.<body>">

Anything but a 2xx is tried again, later and later, for about a day. The back end then asks the API
for the result with its key; the same news may arrive twice.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import logging

import requests

from verifier.openid4vp.exchange import RelyingParty
from verifier.openid4vp.store import Delivery

log = logging.getLogger(__name__)
SIGNATURE = "Verifier-Signature"
FIRST_WAIT, LONGEST_WAIT = 2, 3600  # seconds
MAX_ATTEMPTS = 32
_TIMEOUTS = (3.0, 10.0)
_LEASE = 60


def deliver_one(party: RelyingParty, secret: bytes) -> bool:
    """Take one due delivery and try it; return whether there was one."""
    delivery = party.store.take_delivery(party.clock(), lease=_LEASE)
    if delivery is None:
        return False
    if _post(party, delivery, secret):
        party.store.drop_delivery(delivery.id)
    elif delivery.attempts >= MAX_ATTEMPTS:
        log.error("webhook given up after %d attempts", delivery.attempts)
        party.store.drop_delivery(delivery.id)
    else:
        party.store.postpone_delivery(delivery.id, party.clock() + wait_of(delivery.attempts))
    return True


def wait_of(attempts: int) -> int:
    """Return how many seconds to wait after that many attempts: 2, 4, 8, … at most an hour."""
    return min(FIRST_WAIT << min(attempts - 1, 20), LONGEST_WAIT)


def sign_body(body: bytes, secret: bytes, moment: int) -> str:
    """Return the header's value."""
    digest = hmac.new(secret, b"%d.%b" % (moment, body), hashlib.sha256).hexdigest()
    return f"t={moment},v1={digest}"


def _post(party: RelyingParty, delivery: Delivery, secret: bytes) -> bool:
    """Tell whether the back end took it."""
    news = {"event": "request.ended", "id": delivery.request, "state": delivery.state}
    body = json.dumps({**news, "attempt": delivery.attempts}).encode()
    headers = {
        "Content-Type": "application/json",
        SIGNATURE: sign_body(body, secret, party.clock()),
    }
    try:
        answer = requests.post(
            party.settings.webhook_url,
            data=body,
            headers=headers,
            timeout=_TIMEOUTS,
            allow_redirects=False,
        )
    except requests.RequestException:
        return False
    return 200 <= answer.status_code < 300
