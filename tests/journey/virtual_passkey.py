"""Chromium's own virtual authenticator: a passkey behind a fingerprint, without hands."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Page

INSIDE_THE_PC = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


class VirtualPasskey:
    """An authenticator inside the PC on which this page is open (CDP, domain WebAuthn)."""

    def __init__(self, page: Page) -> None:
        """Plug it in."""
        self._session = page.context.new_cdp_session(page)
        self._session.send("WebAuthn.enable")
        added = self._session.send("WebAuthn.addVirtualAuthenticator", {"options": INSIDE_THE_PC})
        self._which = {"authenticatorId": added["authenticatorId"]}

    def recognise(self, *, owner: bool) -> None:
        """Decide whether whoever touches it next is its owner."""
        self._session.send("WebAuthn.setUserVerified", {**self._which, "isUserVerified": owner})

    def kept(self) -> list[dict[str, object]]:
        """Return what it keeps: `rpId`, `signCount`, `isResidentCredential` and more."""
        held = self._session.send("WebAuthn.getCredentials", self._which)
        found: list[dict[str, object]] = held["credentials"]
        return found
