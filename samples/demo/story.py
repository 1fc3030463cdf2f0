"""The story: Budi enrols, an impostor tries, the counter activates, a bank checks offline."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any

from samples.counter_operator import CounterOperator
from samples.demo import pictures
from samples.demo.bank import Bank
from samples.demo.stage import HERO, OTHER_FACE
from samples.demo.telling import StoryBroken, Telling
from samples.faces.captures import take_pictures
from samples.faces.prepared import write_session
from samples.phone import capture, counter, enrolment, wallet
from samples.phone.camera import FolderCamera
from samples.phone.display import fetch_frame
from samples.phone.errors import PhoneError
from samples.phone.handset import Phone
from samples.phone.outbox import codes_from_outbox
from samples.phone.store import Home
from samples.site import OPERATORS, Site, resident

PIN, IMPOSTOR_PIN, WEAK_PIN = "270391", "804512", "123456"
IMPOSTOR_CONTACT = {"email": "orang.lain@example.net", "phone": "+6286999990001"}
WAIT_SECONDS = 60.0  # on a busy machine the worker takes a second look
PAUSE_SECONDS = 0.35  # this resident reacts fast; under 0.3 s the service refuses


@dataclass(slots=True)
class Story:
    """Who is in it, and what they hold."""

    site: Site
    telling: Telling
    budi: dict[str, Any] = field(default_factory=lambda: resident(HERO))
    frame: str = ""
    operator: CounterOperator | None = None

    def tell(self) -> str:
        """Tell it from beginning to end; return the verdict in one line."""
        self.telling.chapter("At home: Budi's phone")
        phone = self.enrol_budi()
        self.telling.chapter("Somebody else, with Budi's NIK and another face")
        impostor = self.enrol_impostor()
        self.telling.chapter("At the counter")
        self.activate(phone, impostor)
        self.telling.chapter("The wallet")
        self.fill_wallet(phone)
        self.telling.chapter("At the bank: a terminal without network")
        return Bank(self.site, self.telling).check(phone)

    def enrol_budi(self) -> Phone:
        """NIK, codes, face, PIN."""
        budi, tell = self.budi, self.telling
        with tell.step(f"enrolment started for NIK {budi['nik']}") as notes:
            phone, status = self.start("budi", email=budi["email"], number=budi["phone"])
            notes.append(f"state {status['state']}, next: {status['next']['step']}")
        with tell.step("codes from e-mail and SMS typed"):
            status = self.verify_contact(phone)
            self._expect(status, "CONTACT_VERIFIED", "face")
        with tell.step("Budi turns the head as he is asked, one prompt at a time") as notes:
            take_pictures(budi).write(self.site.folder / "faces" / "budi")
            status = self.show_face(phone, "budi", notes)
            self._expect(status, "FACE_VERIFIED", "pin")
            notes.append("the answer is yes, try again or officer; never a score")
        with tell.refused(f"PIN {WEAK_PIN}, by the phone itself", "PIN_SEQUENCE"):
            enrolment.set_pin(phone, WEAK_PIN)
        with tell.step("PIN set: the server gets a public key, never the PIN"):
            self._expect(enrolment.set_pin(phone, PIN), "PIN_SET", "scan")
        return phone

    def enrol_impostor(self) -> Phone:
        """The impostor gets as far as the counter route, and no further."""
        tell = self.telling
        with tell.step("impostor starts an enrolment with Budi's NIK") as notes:
            phone, _ = self.start(
                "impostor", email=IMPOSTOR_CONTACT["email"], number=IMPOSTOR_CONTACT["phone"]
            )
            self.verify_contact(phone)
            notes.append("the answers so far are the same for everybody")
        faces = self.site.folder / "faces"
        write_session("print", faces / "print")
        self.refuse_face(phone, "print", "a print of Budi's portrait, turned", "TURN_NOT_SEEN")
        take_pictures(resident(OTHER_FACE)).write(faces / "impostor")
        status = self.refuse_face(phone, "impostor", "another living face", "NOT_SAME_FACE")
        with tell.step("impostor says: let an officer look; and sets a PIN") as notes:
            if status["state"] != "FACE_AT_COUNTER":
                status = enrolment.choose_office_for_face(phone, "prefer_office")
            self._expect(status, "FACE_AT_COUNTER", "pin")
            self._expect(enrolment.set_pin(phone, IMPOSTOR_PIN), "PIN_SET", "scan")
            notes.append("nobody is locked out by a machine; the officer at the counter decides")
        return phone

    def show_face(self, phone: Phone, folder: str, notes: list[str]) -> dict[str, Any]:
        """Do the face step with the pictures of a folder; the prompts go into the notes."""
        pictures = self.site.folder / "faces" / folder
        camera = FolderCamera(pictures, limit=phone.home.policy()["face"]["frame_max_bytes"])
        return capture.verify_face(phone, camera, pause=PAUSE_SECONDS, tell=notes.append)

    def refuse_face(self, phone: Phone, folder: str, what: str, reason: str) -> dict[str, Any]:
        """Show a face that must not be accepted, for this reason."""
        begin = time.monotonic()
        status = self.show_face(phone, folder, [])
        reasons = [one["code"] for one in status["face"]["reasons"]]
        if status["face"]["outcome"] == "accepted" or reason not in reasons:
            raise StoryBroken(f"{what}: {status['face']['outcome']}, {reasons}")
        self.telling.refusal(what, time.monotonic() - begin, reason)
        return status

    def activate(self, phone: Phone, impostor: Phone) -> None:
        """Scan, PIN, number; a replay and a wrong number on the way."""
        tell = self.telling
        with tell.step("operator signs in at the console (password and TOTP)"):
            name = OPERATORS[0][0]
            login = self.site.operators[name]
            self.operator = CounterOperator(self.site.kiosk).sign_in(
                name, login["password"], login["totp_secret"]
            )
        with tell.step("display drawn, and its QR read by the phone's camera") as notes:
            picture = self.site.folder / "kiosk-display.png"
            pictures.draw_display(fetch_frame(self.site.kiosk), picture)
            self.frame = counter.read_image(picture)
            seen = counter.check_kiosk(phone, self.frame)
            notes.append(f"kiosk certificate under the pinned CA; office {seen.office}")
        with tell.step("frame claimed") as notes:
            status = counter.claim(phone, self.frame)
            self._expect(status, "CLAIMED", "confirm")
            notes.append(f"the phone shows: {status['activation']['office']['name']}")
        with tell.refused("the same frame, replayed by the impostor", "FRAME_USED"):
            counter.claim(impostor, self.frame)
        with tell.refused("a wrong PIN", "PIN_WRONG"):
            counter.confirm(phone, IMPOSTOR_PIN)
        with tell.step("right PIN: the phone shows three digits"):
            status = counter.confirm(phone, PIN)
            self._expect(status, "AT_COUNTER", "show_number")
        self.confirm_at_console(status["activation"]["number"])
        self._look_at_outcome(phone, impostor)

    def confirm_at_console(self, number: str) -> None:
        """The officer sees the row, compares, types."""
        tell, operator = self.telling, self.operator
        if operator is None:
            raise StoryBroken("nobody is on shift")
        with tell.step("Budi appears on the console, with the registry's photo") as notes:
            row = operator.wait_for_row()
            (self.site.folder / "console-photo.jpg").write_bytes(operator.look_at_photo(row["id"]))
            notes.append(f"{row['name']}  {row['nik']}  {row['device']}")
        wrong = f"{(int(number) + 1) % 1000:03d}"
        with tell.refused("a wrong number typed by the operator", "NUMBER_WRONG"):
            operator.confirm(row["id"], wrong)
        with tell.step("right number typed: activated"):
            if operator.confirm(row["id"], number) != "ACTIVATED":
                raise StoryBroken("not activated")

    def _look_at_outcome(self, phone: Phone, impostor: Phone) -> None:
        with self.telling.step("Budi's phone learns it; everyone is told") as notes:
            self._expect(enrolment.get_status(phone), "ACTIVATED", "open_session")
            told = self._wait_for_notices()
            notes.append(f"{told} notices, with a link: this was not me")
        begin = time.monotonic()
        status = enrolment.get_status(impostor)
        if status["state"] != "CANCELLED":
            raise StoryBroken(f"the rival enrolment is {status['state']}")
        seconds = time.monotonic() - begin
        self.telling.refusal("the impostor's enrolment: over", seconds, status["state"])

    def fill_wallet(self, phone: Phone) -> None:
        """Session, documents, unattended renewal."""
        tell = self.telling
        with tell.refused("a session with another PIN", "PIN_WRONG"):
            wallet.open_session(phone, IMPOSTOR_PIN)
        with tell.step("session opened with device key and PIN key (DPoP)"):
            session = wallet.open_session(phone, PIN)
        with tell.step("documents received, bound to a fresh holder key") as notes:
            received = wallet.receive(phone, session)
            names = sorted({f"{item.type}/{item.profile}" for item in received})
            notes.extend(", ".join(names[at : at + 5]) for at in range(0, len(names), 5))
        with tell.step("unattended renewal, without PIN: nothing is due yet"):
            if wallet.renew(phone, wallet.open_session(phone)):
                raise StoryBroken("fresh credentials were renewed")

    def start(
        self, name: str, *, email: str, number: str, nik: str = ""
    ) -> tuple[Phone, dict[str, Any]]:
        """Start an enrolment on a new phone; with Budi's NIK unless another is given."""
        home = Home(self.site.folder / "phones" / name)
        return enrolment.enrol(
            home, api_url=self.site.api, nik=nik or self.budi["nik"], email=email, phone=number
        )

    def verify_contact(self, phone: Phone) -> dict[str, Any]:
        """Type the codes as soon as they have arrived; wait for the registry's answer."""
        until = time.monotonic() + WAIT_SECONDS
        codes: dict[str, str] = {}
        while len(codes) < 2 and time.monotonic() < until:
            time.sleep(0.1)
            try:
                codes = codes_from_outbox(
                    self.site.outbox, email=phone.state.email, number=phone.state.phone
                )
            except PhoneError:
                continue
        enrolment.verify_contact(phone, **codes)
        return enrolment.wait_while(phone, "wait", seconds=WAIT_SECONDS)

    def _wait_for_notices(self) -> int:
        """Return how many messages there are besides the codes, once the first arrived."""
        until = time.monotonic() + WAIT_SECONDS
        while time.monotonic() < until:
            texts = [file.read_text("utf-8") for file in self.site.outbox.glob("*.json")]
            told = sum("/notices/" in text for text in texts)
            if told:
                return told
            time.sleep(0.1)
        raise StoryBroken("nobody was told of the activation")

    def _expect(self, status: dict[str, Any], state: str, step: str) -> None:
        found = (status["state"], status["next"]["step"])
        if found != (state, step):
            raise StoryBroken(f"expected {state}/{step}, found {found[0]}/{found[1]}")
