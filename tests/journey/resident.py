"""A resident with a phone: the reference phone's steps, each taken by a phone switched on anew."""

from __future__ import annotations

import itertools
import time
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from samples import card
from samples.faces.captures import take_pictures
from samples.phone import capture, counter, enrolment, present, wallet
from samples.phone.camera import FolderCamera
from samples.phone.errors import PhoneError
from samples.phone.handset import Phone
from samples.phone.outbox import codes_from_outbox
from samples.phone.store import Home, StoredCredential
from samples.site import resident

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.journey.office import Office

PIN = "270391"
WAIT_SECONDS = 20.0
_NUMBERS = itertools.count(1)


@dataclass(slots=True)
class Resident:
    """One person of the samples with one new phone, and contacts nobody else uses."""

    office: Office
    name: str
    language: str = "id"
    email: str = field(init=False)
    number: str = field(init=False)
    home: Home = field(init=False)
    person: dict[str, Any] = field(init=False)
    prompts: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Buy the phone."""
        serial = next(_NUMBERS)
        self.email = f"{self.name}.{serial}@example.net"
        self.number = f"+62869999{serial:05d}"
        self.home = Home(self.office.site.folder / "phones" / f"{self.name}-{serial}")
        self.person = resident(self.name)
        self.office.visitors.append(self)

    @property
    def shown_name(self) -> str:
        """The name as the officer's screen shows it."""
        return " ".join(f"{word[0]}***" for word in self.person["name"].split())

    @property
    def shown_nik(self) -> str:
        """The NIK as the officer's screen shows it."""
        nik = str(self.person["nik"])
        return f"{nik[:4]}********{nik[-4:]}"

    @property
    def phone(self) -> Phone:
        """The phone, as it wakes up: it knows what it has written down."""
        return Phone.open(self.home, language=self.language)

    def start(self) -> dict[str, Any]:
        """Begin the enrolment."""
        _, status = enrolment.enrol(
            self.home,
            api_url=self.office.site.api,
            nik=self.person["nik"],
            email=self.email,
            phone=self.number,
            language=self.language,
        )
        return status

    def type_codes(self) -> dict[str, Any]:
        """Type the codes of e-mail and SMS as soon as both are there; wait for the registry."""
        wait_until(lambda: len(self.office.messages(to=self.email)) > 0)
        wait_until(lambda: len(self.office.messages(to=self.number)) > 0)
        phone = self.phone
        codes = codes_from_outbox(self.office.site.outbox, email=self.email, number=self.number)
        enrolment.verify_contact(phone, **codes)
        return self.wait_for_registry()

    def wait_for_registry(self) -> dict[str, Any]:
        """Wait until the registry was asked; TimeoutError when it was not."""
        status = enrolment.wait_while(self.phone, "wait", seconds=WAIT_SECONDS)
        if status["next"]["step"] == "wait":
            raise TimeoutError("the registry was not asked in time")
        return status

    def give_up(self) -> None:
        """End the enrolment if it goes on, so that nobody waits at the counter for nothing."""
        if self.home.exists():
            with suppress(PhoneError):
                enrolment.cancel(self.phone)

    def show_face(self, of: str = "") -> dict[str, Any]:
        """Follow the prompts with the face of this person, or of another sample resident."""
        person = resident(of) if of else self.person
        take = f"{self.home.folder.name} {next(_NUMBERS)}"
        folder = self.home.folder / f"camera-{person['id']}"
        take_pictures(person, take=take).write(folder)
        return self.look_into(folder)

    def look_into(
        self, folder: Path, *, tell: Callable[[str], None] | None = None
    ) -> dict[str, Any]:
        """Follow the prompts with the pictures of a folder, or finish what was begun."""
        phone = self.phone
        limit = phone.home.policy()["face"]["frame_max_bytes"]
        camera = FolderCamera(folder, limit=limit, used=capture.promised(phone))
        return capture.verify_face(phone, camera, tell=tell or self.prompts.append)

    def let_officer_look(self) -> dict[str, Any]:
        """Leave the face to the counter."""
        return enrolment.choose_office_for_face(self.phone, "prefer_office")

    def set_pin(self) -> dict[str, Any]:
        """Choose the PIN."""
        return enrolment.set_pin(self.phone, PIN)

    def enrol_at_home(self) -> None:
        """Do everything until the counter, with a face that the machine accepts."""
        self.start()
        self.type_codes()
        assert self.show_face()["state"] == "FACE_VERIFIED"
        assert self.set_pin()["next"]["step"] == "scan"

    def scan(self, frame: str) -> dict[str, Any]:
        """Check the kiosk and claim."""
        phone = self.phone
        counter.check_kiosk(phone, frame)
        return counter.claim(phone, frame)

    def confirm(self) -> str:
        """Confirm with the PIN; return the three digits that the phone shows."""
        status = counter.confirm(self.phone, PIN)
        assert status["state"] == "AT_COUNTER"
        return str(status["activation"]["number"])

    def status(self) -> dict[str, Any]:
        """Ask what comes next; learns the wallet when there is one."""
        return enrolment.get_status(self.phone)

    def receive(self) -> list[StoredCredential]:
        """Fetch all documents."""
        self.status()
        phone = self.phone
        return wallet.receive(phone, wallet.open_session(phone, PIN))

    def show_card(self, file: Path | None = None) -> str:
        """Show the identity card with all fields: its text, and its picture in `file`."""
        phone = self.phone
        held = present.find_credential(phone.home, type_name="id_card", profile="full")
        text = present.sign_now(phone.home, phone.clock, held)
        if file:
            card.draw_presentation(text, file)
        return text


def wait_until(is_so: Callable[[], bool], *, seconds: float = WAIT_SECONDS) -> None:
    """Ask again and again; TimeoutError when it stays false."""
    until = time.monotonic() + seconds
    while not is_so():
        if time.monotonic() > until:
            raise TimeoutError("it did not happen in time")
        time.sleep(0.05)
