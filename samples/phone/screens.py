"""What the phone shows: a few lines for every answer, in the resident's language."""

from __future__ import annotations

import getpass
import sys
from datetime import UTC, datetime
from typing import Any

from credentials.relying_party_list import RelyingPartyList
from samples.phone.errors import PhoneError
from samples.phone.requesters import OLD, Question
from samples.phone.store import StoredCredential

STEPS: dict[str, tuple[str, str]] = {
    "wait": ("tunggu sebentar, lalu: status", "wait a moment, then: status"),
    "contact": ("masukkan kode dari surel dan SMS: contact", "type the codes sent: contact"),
    "face": ("ambil foto wajah: face", "take the pictures of your face: face"),
    "pin": ("buat PIN: pin", "choose a PIN: pin"),
    "scan": (
        "datang ke kantor Dukcapil dan pindai layar loket: scan",
        "come to a civil registry office and scan the counter's display: scan",
    ),
    "confirm": ("periksa nama kantor, masukkan PIN", "check the office's name, enter the PIN"),
    "show_number": ("tunjukkan angka kepada petugas", "show the number to the officer"),
    "open_session": ("dompet aktif; ambil kartu: receive", "wallet active; fetch cards: receive"),
    "none": ("tidak ada langkah lagi", "nothing more to do"),
}
TURNS: dict[str, tuple[str, str]] = {
    "front": ("lurus", "straight"),
    "left": ("kiri", "left"),
    "right": ("kanan", "right"),
}
WORDS: dict[str, tuple[str, str]] = {
    "state": ("Keadaan", "State"),
    "next": ("Berikutnya", "Next"),
    "until": ("sampai", "until"),
    "sent": ("Kode dikirim ke {email} dan {phone}", "Codes were sent to {email} and {phone}"),
    "tries": ("Sisa percobaan wajah: {left}", "Face tries left: {left}"),
    "frame": ("  gambar {number} ({turn}): {text}", "  picture {number} ({turn}): {text}"),
    "office": ("Loket: {office}", "Counter: {office}"),
    "number": (
        "Tunjukkan angka ini kepada petugas:  {number}",
        "Show this number to the officer:  {number}",
    ),
    "asker": ("Yang meminta: {client}{attested}", "Who asks: {client}{attested}"),
    "attested": (" (dompet terverifikasi)", " (a verified wallet)"),
    "asked": ("  {label} ({format})", "  {label} ({format})"),
    "compare": (
        "Angka di halaman peramban harus sama:  {number}",
        "The page in the browser must show the same number:  {number}",
    ),
    "sure_asked": (
        "Saya sendiri yang memulai dan angkanya sama. Setujui? [y/T] ",
        "I started this and the number is the same. Approve? [y/N] ",
    ),
    "approved": ("Disetujui. Kembali ke peramban.", "Approved. Go back to the browser."),
    "refused": ("Ditolak. Tidak ada yang dibagikan.", "Refused. Nothing was shared."),
    "question_by": (
        "Yang bertanya: {party} - terdaftar di registri",
        "Who asks: {party} - registered with the registry",
    ),
    "question_as_of": (
        "  menurut daftar per {moment} (umur {days} hari)",
        "  by the list as of {moment} (age in days: {days})",
    ),
    "question_list_old": (
        "  DAFTAR LAMA: pencabutan setelah itu belum diketahui. Sambungkan ke internet: requesters",
        "  OLD LIST: what was revoked since then is not known. Go online: requesters",
    ),
    "question_why": ("Keperluan: {purpose}", "What for: {purpose}"),
    "question_unsigned": (
        "PERINGATAN: penanya TIDAK DIKENAL; kode ini tanpa tanda tangan, siapa pun bisa membuatnya",
        "WARNING: who asks is NOT KNOWN; this code is not signed, anybody can make one",
    ),
    "question_unsigned_more": (
        "Jawab hanya bila Anda sendiri yang meminta dilayani di sini.",
        "Answer only if you yourself asked to be served here.",
    ),
    "question_told": ("Akan diberitahukan ({card}): {fields}", "Will be told ({card}): {fields}"),
    "sure_answer": ("Jawab? [y/T] ", "Answer? [y/N] "),
    "requesters": (
        "Daftar penanya versi {version}, per {moment}; sertifikat dicabut: {revoked}",
        "List of who may ask: version {version}, as of {moment}; revoked certificates: {revoked}",
    ),
    "sure": ("Saya berdiri di loket ini. Lanjutkan? [y/T] ", "I stand here. Go on? [y/N] "),
    "pin": ("PIN: ", "PIN: "),
    "pin_again": ("Ulangi PIN: ", "PIN again: "),
    "received": ("Kartu diterima:", "Received:"),
    "nothing_to_renew": ("Semua kartu masih baru.", "Every card is still fresh."),
    "no_cards": ("Belum ada kartu.", "No cards yet."),
    "blocked": ("Dompet diblokir.", "The wallet is blocked."),
    "drawn": ("Gambar: {file}", "Picture: {file}"),
    "valid_for": (
        "Berlaku 45 detik sejak sekarang.",
        "Accepted for 45 seconds from now.",
    ),
}


class Screen:
    """Prints in one language."""

    def __init__(self, language: str) -> None:
        """Take "id" or "en"."""
        self.language = language

    def word(self, name: str, **values: object) -> str:
        """Return a text of WORDS."""
        return WORDS[name][self.language == "en"].format(**values)

    def say(self, name: str, **values: object) -> None:
        """Print a text of WORDS."""
        print(self.word(name, **values))

    def show_status(self, status: dict[str, Any]) -> None:
        """Print where the enrolment stands and what to do."""
        step, deadline = status["next"]["step"], status["next"]["deadline_at"]
        until = f" ({self.word('until')} {_local(deadline)})" if deadline else ""
        print(f"{self.word('state')}: {status['state']}")
        if step == "contact":
            contact = status["contact"]
            self.say("sent", email=contact["email_masked"], phone=contact["phone_masked"])
        for notice in [status["notice"], *status["warnings"], *status["face"]["reasons"]]:
            if notice:
                print(f"  {notice['message']}")
        self._show_frames(status["face"].get("notes", ()))
        if step == "face":
            self.say("tries", left=status["face"]["attempts_left"])
        if status["activation"] and status["activation"]["number"]:
            self.say("number", number=status["activation"]["number"])
        print(f"{self.word('next')}: {STEPS[step][self.language == 'en']}{until}")

    def _show_frames(self, notes: list[dict[str, Any]]) -> None:
        """Print what to mend, frame by frame."""
        for note in notes:
            for reason in note["reasons"]:
                turn = TURNS[note["turn"]][self.language == "en"]
                self.say("frame", number=note["position"] + 1, turn=turn, text=reason["message"])

    def tell(self, text: str) -> None:
        """Print what the person shall do now."""
        print(f"> {text}", flush=True)

    def show_counter(self, status: dict[str, Any]) -> None:
        """Print which office is asking, and the warning, before the PIN."""
        activation = status["activation"]
        self.say("office", office=f"{activation['office']['name']} - {activation['kiosk']}")
        print(f"  {activation['warning']}")

    def show_cards(self, held: list[StoredCredential]) -> None:
        """Print one line for each credential."""
        for card in held:
            part = f" {card.part['number']}/{card.part['total']}" if card.part else ""
            name = f"{card.type}/{card.profile}{part}"
            print(f"  {name:<32} {self.word('until')} {_local(card.expires_at)}")
        if not held:
            self.say("no_cards")

    def ask_pin(self, given: str | None, *, twice: bool = False) -> str:
        """Return the PIN given as an option, or ask for it without echo."""
        if given is not None:
            return given
        if not sys.stdin.isatty():
            raise PhoneError("NO_TERMINAL", option="--pin")
        pin = getpass.getpass(self.word("pin"))
        if twice and getpass.getpass(self.word("pin_again")) != pin:
            raise PhoneError("PIN_MISMATCH")
        return pin

    def show_request(self, asked: dict[str, Any]) -> None:
        """Print who asks for what, and the number to compare."""
        attested = self.word("attested") if asked["attested"] else ""
        self.say("asker", client=asked["client"], attested=attested)
        for held in asked["documents"]:
            self.say("asked", label=held["label"][self.language], format=held["format"])
        self.say("compare", number=asked["number"])

    def show_question(
        self, question: Question, card: str, fields: list[str], now: datetime
    ) -> None:
        """Print who asks, why and what would be told, before anything is: on standard error.

        Standard output stays the answer's own.
        """
        if question.signed is None or question.as_of is None:
            lines = [self.word("question_unsigned"), self.word("question_unsigned_more")]
        else:
            signed, age = question.signed, now - question.as_of
            moment = _local(question.as_of.isoformat())
            days = max(0, age.days)
            lines = [
                self.word("question_by", party=signed.certificate.name),
                self.word("question_as_of", moment=moment, days=days),
                *([self.word("question_list_old")] if age > OLD else []),
                self.word("question_why", purpose=signed.purpose),
            ]
        lines.append(self.word("question_told", card=card, fields=", ".join(fields)))
        print("\n".join(lines), file=sys.stderr, flush=True)

    def show_requesters(self, known: RelyingPartyList) -> None:
        """Print what is known of who may ask."""
        moment = _local(datetime.fromtimestamp(known.issued_at, UTC).isoformat())
        revoked = len(known.revoked)
        self.say("requesters", version=known.version, moment=moment, revoked=revoked)

    def ask_sure(self, *, given: bool, question: str = "sure", declined: str = "DECLINED") -> None:
        """Ask whether the person stands at this counter, or another `question`; no by default."""
        if given:
            return
        if not sys.stdin.isatty():
            raise PhoneError("NO_TERMINAL", option="--yes")
        print(self.word(question), end="", file=sys.stderr, flush=True)
        if input().strip().lower() not in {"y", "ya", "yes"}:
            raise PhoneError(declined)


def _local(moment: str) -> str:
    return datetime.fromisoformat(moment).astimezone().strftime("%Y-%m-%d %H:%M:%S")
