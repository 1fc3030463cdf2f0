"""One phone in use: its folder, its facts, its clock and its connection, and how a step is sent."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from credentials.signing import PemSigner
from samples.phone.clock import PhoneClock
from samples.phone.keys import pin_key
from samples.phone.proofs import prove_step
from samples.phone.store import Home, State
from samples.phone.transport import Api


@dataclass(slots=True)
class Phone:
    """One phone: its folder, its facts, its clock and its connection."""

    home: Home
    state: State
    clock: PhoneClock
    api: Api

    @classmethod
    def open(
        cls, home: Home, *, language: str | None = None, clock: PhoneClock | None = None
    ) -> Phone:
        """Open a phone that has enrolled before; PhoneError NOT_ENROLLED otherwise."""
        state = home.load()
        clock = clock or PhoneClock(timedelta(seconds=state.clock_offset))
        api = Api(state.api, language=language or state.language, clock=clock, pending=home)
        return cls(home, state, clock, api)

    @property
    def device(self) -> PemSigner:
        """The device key."""
        return self.home.device_key()

    def save(self) -> None:
        """Keep the facts, with what the clock has learnt."""
        self.state.clock_offset = self.clock.offset.total_seconds()
        self.home.save(self.state)

    def derive_pin_key(self, pin: str) -> PemSigner:
        """Derive the PIN key for one step."""
        return pin_key(pin, self.home.pin_salt())

    def step(
        self, path: str, purpose: str, body: object, pin: PemSigner | None = None
    ) -> dict[str, Any]:
        """Post one step of the enrolment and return the new status."""
        answer = self._post(path, purpose, body, pin, once=purpose)
        self.note(answer)
        return answer

    def post_part(self, path: str, purpose: str, body: object) -> dict[str, Any]:
        """Post a part of a step; after a crash the phone asks how far it came instead."""
        return self._post(path, purpose, body, None, once="")

    def _post(
        self, path: str, purpose: str, body: object, pin: PemSigner | None, *, once: str
    ) -> dict[str, Any]:
        prove = prove_step(
            purpose, self.state.enrolment, clock=self.clock, device=self.device, pin=pin
        )
        path = f"/v1/enrolments/{self.state.enrolment}/{path}"
        return self.api.post(path, body, prove, once=once).json()

    def note(self, status: dict[str, Any]) -> None:
        """Keep what a status tells: the wallet's id, the server's time."""
        self.state.wallet = status.get("wallet") or self.state.wallet
        self.save()
