"""The journey as a list of steps, so that a test can do something between them or during them.

Each step can be taken again when nobody knows whether it arrived: a phone and an officer do that.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from samples.counter_operator import ConsoleRefusal, CounterOperator
from samples.phone import counter

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.journey.office import Office
    from tests.journey.resident import Resident

PERSON = "person_id = (SELECT person_id FROM enrolment WHERE id = '{id}')"
# What there has to be once.
ONCE = {
    "open wallet": f"wallet WHERE state != 'CLOSED' AND {PERSON}",
    "active device": f"device WHERE active AND {PERSON}",
    "enrolment of this phone": "enrolment WHERE device_jkt = "
    "(SELECT device_jkt FROM enrolment WHERE id = '{id}')",
    "activation": "audit_event WHERE event = 'enrolment.activated' AND subject = '{id}'",
}
CREDENTIALS = "credential WHERE wallet_id = '{wallet}' AND status = 'good'"


@dataclass(slots=True)
class Journey:
    """One resident, and the officer on shift."""

    office: Office
    resident: Resident
    officer: CounterOperator | None = None
    number: str = ""
    held: int = field(default=0)

    def steps(self) -> list[Callable[[], None]]:
        """Return the steps in their order."""
        return [
            self.start, self.contact, self.face, self.pin, self.scan, self.confirm,
            self.officer_confirms, self.receive,
        ]  # fmt: skip

    def start(self) -> None:
        """Begin, or find that it has begun."""
        if self.resident.home.exists() and self.resident.phone.state.enrolment:
            assert self.resident.status()["state"] == "STARTED"
        else:
            assert self.resident.start()["state"] == "STARTED"

    def contact(self) -> None:
        """Type the codes."""
        if self.resident.status()["state"] == "STARTED":
            self.resident.type_codes()
        assert self.resident.wait_for_registry()["state"] == "CONTACT_VERIFIED"

    def face(self) -> None:
        """Follow the prompts, or finish the capture that was begun."""
        status = self.resident.status()
        if status["state"] == "CONTACT_VERIFIED":
            status = self.resident.show_face()
        assert status["state"] == "FACE_VERIFIED"

    def pin(self) -> None:
        """Choose the PIN."""
        assert self.resident.set_pin()["state"] == "PIN_SET"

    def sign_in(self) -> CounterOperator:
        """Return the officer on shift, who signs in again when the kiosk forgot them."""
        if self.officer is None:
            login = self.office.next_login()
            self.officer = CounterOperator(self.office.site.kiosk).sign_in(
                login["username"], login["password"], login["totp_secret"]
            )
        return self.officer

    def scan(self) -> None:
        """Scan what the display shows now."""
        self.sign_in()
        frame = counter.read_display(self.office.site.kiosk)
        assert self.resident.scan(frame)["state"] == "CLAIMED"

    def confirm(self) -> None:
        """Type the PIN; the phone shows the number."""
        self.number = self.resident.confirm()

    def officer_confirms(self) -> None:
        """Let the officer compare and type the number."""
        try:
            officer = self.sign_in()
            row = officer.wait_for_row()
            assert officer.confirm(row["id"], self.number) == "ACTIVATED"
        except (ConsoleRefusal, TimeoutError, OSError):
            self.officer = None  # after a restart the console asks for a new sign-in
            if self.resident.status()["state"] != "ACTIVATED":
                raise

    def receive(self) -> None:
        """Fetch the documents."""
        self.held = len(self.resident.receive())

    def check_nothing_was_done_twice(self) -> None:
        """Count in the API's database."""
        state = self.resident.phone.state
        ids = {"id": state.enrolment, "wallet": state.wallet}
        counts = {what: self.office.count(query.format(**ids)) for what, query in ONCE.items()}
        assert counts == dict.fromkeys(ONCE, 1), counts
        good = self.office.count(CREDENTIALS.format(**ids))
        assert good == self.held > 0, (good, self.held)
