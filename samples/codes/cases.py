"""The codes one by one, each with what it is and what a desk must say, written down by hand.

Ten that a counter meets, and some more. `Show` makes a code's text at a moment; a code without
text is a picture that no decoder can read.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from credentials.signed_challenge import UnverifiedSignedChallenge, read_challenge
from samples.codes.stick import REVOKED_TODAY
from samples.vectors_world import DAY, LIST, Credential, catalogue, claim169

Text = Mapping[str, str]
Show = Callable[[int, int], str | None]  # (prepared at, shown at), unix s
OLD_SCREENSHOT = 600  # seconds
_SIGNERS = {
    "tax_number": "issuer-tax",
    "vaccination_card": "issuer-health",
    "vehicle_ownership": "issuer-vehicles",
}


@dataclass(frozen=True, slots=True)
class Case:
    """One code. `word` is the desk's headline, `code` its verdict, both after the sync.

    `live` codes need a phone: they are signed when they are shown. `before` is the headline
    under yesterday's bundle, where it is another one.
    """

    key: str
    name: Text
    code: str
    word: Text
    show: Show
    live: bool = False
    asks: bool = False
    before: Text | None = None
    extra: bool = False


VALID: Text = {"id": "SAH", "en": "VALID"}
UNKNOWN_ISSUER: Text = {"id": "PENERBIT TIDAK DIKENAL", "en": "UNKNOWN ISSUER"}
NOT_OURS: Text = {"id": "BUKAN KREDENSIAL KAMI", "en": "NOT OURS"}
UNREADABLE: Text = {"id": "TIDAK TERBACA", "en": "UNREADABLE"}


def _card(prepared: int, index: int = 3001) -> Credential:
    return Credential(
        profile="kyc", issued_at=prepared - 3 * DAY, expires_at=prepared + 11 * DAY,
        status=(LIST, index),
    )  # fmt: skip


def answer(text: str, prepared: int, at: int) -> str:
    """Return a phone's answer to a desk's challenge; FormatError for anything else.

    Signed or not: a real phone looks who asks before it answers (`samples.phone.requesters`).
    """
    asked = read_challenge(text)
    challenge = asked.challenge if isinstance(asked, UnverifiedSignedChallenge) else asked
    kind, profile = catalogue().profile(challenge.profile)
    signer = _SIGNERS.get(kind.name, "issuer-population")
    card = _card(prepared, 3008).but(document_type=kind.name, profile=profile.name, signer=signer)
    return card.shown(at=at, challenge=challenge)


def _good(prepared: int, at: int) -> str:
    return _card(prepared).shown(at=at)


def _revoked(prepared: int, at: int) -> str:
    return _card(prepared, REVOKED_TODAY).shown(at=at)


def _expired(prepared: int, at: int) -> str:
    card = _card(prepared, 3003)
    return card.but(issued_at=prepared - 20 * DAY, expires_at=prepared - 6 * DAY).shown(at=at)


def _screenshot(prepared: int, at: int) -> str:
    del at
    return _card(prepared, 3004).shown(at=prepared - OLD_SCREENSHOT)


def _forged(prepared: int, at: int) -> str:
    return _card(prepared, 3005).but(signer="stranger").with_header({}, at=at)


def _unknown(prepared: int, at: int) -> str:
    return _card(prepared, 3006).but(signer="stranger").shown(at=at)


def _print(prepared: int, at: int) -> str:
    del at
    return _card(prepared, 3007).but(holder=None, profile="boarding").printed()


def _foreign(prepared: int, at: int) -> str:
    del prepared, at
    return claim169(signer="another country")


def _damaged(prepared: int, at: int) -> str | None:
    del prepared, at
    return None


def _cut(prepared: int, at: int) -> str:
    return _card(prepared, 3011).shown(at=at)[:904]


def _health(prepared: int, at: int) -> str:
    del prepared, at
    return "HC1:" + claim169(signer="another country")


def _web(prepared: int, at: int) -> str:
    del prepared, at
    return "https://bank.example/menu?table=4"


def _passport(prepared: int, at: int) -> str:
    del prepared, at
    return (
        "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<L898902C36UTO7408122F1204159ZE184226B<<<<<10"
    )


CASES: tuple[Case, ...] = (
    Case("good", {"id": "Kartu yang baik", "en": "A good card"}, "VALID", VALID, _good, live=True),
    Case(
        "revoked", {"id": "Dicabut sejak kemarin", "en": "Revoked since yesterday"}, "REVOKED",
        {"id": "DICABUT", "en": "REVOKED"}, _revoked, live=True, before=VALID,
    ),
    Case(
        "expired", {"id": "Kedaluwarsa enam hari lalu", "en": "Expired six days ago"}, "EXPIRED",
        {"id": "KEDALUWARSA", "en": "EXPIRED"}, _expired, live=True,
    ),
    Case(
        "screenshot", {"id": "Tangkapan layar", "en": "A screenshot"}, "NOT_FRESH",
        {"id": "TIDAK SEGAR (tangkapan layar?)", "en": "NOT FRESH (screenshot?)"}, _screenshot,
    ),
    Case(
        "forged", {"id": "Palsu", "en": "Forged"}, "SIGNATURE_INVALID",
        {"id": "PALSU", "en": "FORGED"}, _forged, live=True,
    ),
    Case(
        "unknown", {"id": "Penerbit yang tidak dikenal", "en": "An issuer nobody knows"},
        "ISSUER_UNKNOWN", UNKNOWN_ISSUER, _unknown, live=True,
    ),
    Case(
        "print", {"id": "Cetakan di kertas", "en": "A print on paper"}, "HOLDER_NOT_PROVEN",
        {"id": "CETAKAN, PEMEGANG TIDAK TERBUKTI", "en": "PRINT, HOLDER NOT PROVEN"}, _print,
    ),
    Case(
        "challenge", {"id": "Jawaban tantangan", "en": "The answer to a challenge"}, "VALID",
        VALID, _good, live=True, asks=True,
    ),
    Case(
        "foreign", {"id": "Kartu negara lain", "en": "Another country's card"}, "ISSUER_UNKNOWN",
        UNKNOWN_ISSUER, _foreign,
    ),
    Case("damaged", {"id": "Kode rusak", "en": "A damaged code"}, "NOTHING_READ", UNREADABLE,
         _damaged),
    Case(
        "cut", {"id": "Isi kode terpotong", "en": "A code whose content was cut"}, "CBOR_INVALID",
        UNREADABLE, _cut, extra=True,
    ),
    Case(
        "health", {"id": "Sertifikat kesehatan Eropa", "en": "A European health certificate"},
        "PREFIX_UNKNOWN", NOT_OURS, _health, extra=True,
    ),
    Case(
        "passport", {"id": "Baris paspor", "en": "The lines of a passport"}, "PREFIX_UNKNOWN",
        NOT_OURS, _passport, extra=True,
    ),
    Case(
        "web", {"id": "Alamat web", "en": "A web address"}, "PREFIX_UNKNOWN", NOT_OURS, _web,
        extra=True,
    ),
)  # fmt: skip
TEN = tuple(case for case in CASES if not case.extra)


def find_case(key: str) -> Case | None:
    """Return the case of that key."""
    return next((case for case in CASES if case.key == key), None)
