"""Presenting: the credential with a proof signed this moment, as text, as QR, every 15 s anew.

Works with no network at all. A verifier accepts a proof from -45 s to +30 s, so the phone signs
with the server's time as it knows it (see clock). For an `IDC:` challenge the proof carries the
verifier's nonce and audience, and the credential is the one of the profile that the challenge
asks for; `requesters` tells who asks.
"""

from __future__ import annotations

import time
from collections.abc import Iterator

from credentials.jwk import b64url_decode
from credentials.presentation import (
    Challenge,
    presentation_text,
    sign_presentation,
)
from samples.phone.clock import PhoneClock
from samples.phone.errors import PhoneError
from samples.phone.store import Home, StoredCredential

RENEW_SECONDS = 15


def find_credential(
    home: Home, *, type_name: str = "", profile: str = "", profile_number: int = -1, part: int = 0
) -> StoredCredential:
    """Return the newest credential of a type and profile (or profile number), and part."""
    fitting = [
        held
        for held in home.credentials()
        if (held.type, held.profile) == (type_name, profile)
        or held.profile_number == profile_number
    ]
    if part:
        fitting = [held for held in fitting if (held.part or {}).get("number") == part]
    if not fitting:
        what = f"{type_name}/{profile}" if type_name else f"#{profile_number}"
        raise PhoneError("NO_CREDENTIAL", what=what)
    newest = max(held.issued_at for held in fitting)
    return next(held for held in fitting if held.issued_at == newest)


def sign_now(
    home: Home, clock: PhoneClock, held: StoredCredential, challenge: Challenge | None = None
) -> str:
    """Return the `ID1:` text to show now."""
    presentation = sign_presentation(
        b64url_decode(held.credential),
        home.holder_key(held.holder_jkt),
        issued_at=clock.unix(),
        challenge=challenge,
    )
    return presentation_text(presentation)


def watch(home: Home, clock: PhoneClock, held: StoredCredential) -> Iterator[str]:
    """Yield a fresh text every 15 s, for as long as the code is on the screen."""
    while True:
        yield sign_now(home, clock, held)
        time.sleep(RENEW_SECONDS)
