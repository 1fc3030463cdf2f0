"""Passkey ceremonies on their way: the browser's page here, the wallet API there (WebAuthn).

The API asks the questions and keeps the passkeys; this program passes both on, signed by its own
key, and says which page asked.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import uuid4

from credentials.jwk import public_jwk
from credentials.signing import PemSigner
from enrolment_kiosk.client import ApiClient, Call
from enrolment_kiosk.counter import OpenedShift, read_opened

PROOF = ("id", "client_data", "authenticator_data", "signature", "user_handle")
MADE = ("id", "client_data", "attestation")


@dataclass(frozen=True, slots=True)
class Who:
    """The operator's shift token and the language to answer in; no token before the sign-in."""

    operator: str | None
    language: str


class PasskeyCalls:
    """The passkey calls of one enrolled kiosk. Each raises ApiProblem or ApiUnreachable."""

    def __init__(self, client: ApiClient, kiosk: str) -> None:
        """Take the client and this kiosk's id."""
        self._client = client
        self._kiosk = kiosk

    def ask_to_sign_in(self, origin: str, *, language: str) -> dict[str, object]:
        """Return what the page at `origin` asks the browser for."""
        who = Who(None, language)
        return self._post("/passkey-challenges", "passkey_challenge", {"origin": origin}, who)

    def open_shift(
        self, proof: Mapping[str, str], *, frame_key: PemSigner, language: str
    ) -> OpenedShift:
        """Sign in whoever's passkey answered; the answer certifies the shift's frame key."""
        body = {"passkey": dict(proof), "frame_key": public_jwk(frame_key.public_key)}
        who = Who(None, language)
        return read_opened(self._post("/passkey-shifts", "passkey_shift_open", body, who))

    def ask_to_add(self, origin: str, password: str, who: Who) -> dict[str, object]:
        """Return what the page asks the browser to make, if the password is the operator's."""
        body = {"origin": origin, "password": password}
        return self._post("/passkeys/challenges", "passkey_add_challenge", body, who)

    def add(self, made: Mapping[str, str], name: str, who: Who) -> dict[str, object]:
        """Let the API keep what the browser made."""
        body = {"name": name, "passkey": dict(made)}
        return self._post("/passkeys", "passkey_add", body, who)

    def list_own(self, who: Who) -> dict[str, object]:
        """Return the operator's passkeys, and whether the office demands them."""
        call = Call(
            "GET",
            f"/v1/kiosks/{self._kiosk}/passkeys",
            "passkeys",
            self._kiosk,
            operator=who.operator,
            language=who.language,
        )
        return self._client.call(call).document()

    def _post(
        self, path: str, purpose: str, body: Mapping[str, object], who: Who
    ) -> dict[str, object]:
        call = Call(
            "POST",
            f"/v1/kiosks/{self._kiosk}{path}",
            purpose,
            self._kiosk,
            body,
            operator=who.operator,
            language=who.language,
            key=str(uuid4()),
        )
        return self._client.call(call).document()
