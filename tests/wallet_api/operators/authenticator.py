"""The sample passkey, with answers as the services take them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from samples.passkey import SoftwarePasskey
from wallet_api.rules.passkeys import Assertion, Attestation

if TYPE_CHECKING:
    from collections.abc import Mapping

ORIGIN = "http://localhost:8090"


class Authenticator(SoftwarePasskey):
    """A passkey of the console at ORIGIN, unless told otherwise."""

    def __init__(self, **bent: object) -> None:
        super().__init__(**{"origin": ORIGIN, **bent})  # type: ignore[arg-type]

    def made(self, question: Mapping[str, object]) -> Attestation:
        return Attestation(**self.make(question))

    def proof(self, question: Mapping[str, object]) -> Assertion:
        return Assertion(**self.answer(question))
