"""What people read in mails and short messages, in Indonesian and English.

Every message says what to do when the reader did not ask for it. Short
messages stay within one SMS part where they can (160 characters of GSM-7).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from wallet_api.ports.delivery import DeliveryError, Message
from wallet_api.services.deps import Deps
from wallet_api.services.outbox import TryAgain

Texts = Mapping[str, tuple[str, str]]  # language -> subject, text

TEMPLATES: Final[dict[str, Texts]] = {
    "email_code": {
        "id": (
            "Kode verifikasi IKD",
            (
                "Kode verifikasi e-mail Anda: {code}\n\nBerlaku {minutes} menit. Jangan berikan "
                "kode ini kepada siapa pun; petugas tidak pernah memintanya.\n\nJika Anda tidak "
                "sedang "
                "mendaftar Identitas Kependudukan Digital, abaikan pesan ini.\n"
            ),
        ),
        "en": (
            "IKD verification code",
            (
                "Your e-mail verification code: {code}\n\nValid for {minutes} minutes. Give it to "
                "nobody; officers never ask for it.\n\nIf you are not enrolling for the digital "
                "identity, ignore this message.\n"
            ),
        ),
    },
    "sms_code": {
        "id": (
            "",
            "IKD: kode Anda {code}, berlaku {minutes} menit. Jangan berikan kepada siapa pun.",
        ),
        "en": ("", "IKD: your code is {code}, valid {minutes} minutes. Give it to nobody."),
    },
    "openid_offer_sms": {
        "id": (
            "",
            (
                "IKD: kode {code} untuk menambahkan dokumen ke dompet lain, berlaku {minutes}"
                " menit. Jangan berikan kepada siapa pun."
            ),
        ),
        "en": (
            "",
            (
                "IKD: code {code} to add documents to another wallet, valid {minutes} minutes."
                " Give it to nobody."
            ),
        ),
    },
    "wallet_activated": {
        "id": (
            "Identitas Kependudukan Digital Anda telah aktif",
            (
                "Identitas Kependudukan Digital (IKD) atas nama Anda diaktifkan di {office} pada "
                "{time}, di ponsel {device}.\n\nJika ini Anda, tidak ada yang perlu dilakukan.\n\n"
                "BUKAN ANDA? Segera blokir lewat tautan ini:\n{link}\nlalu datanglah ke kantor "
                "Dukcapil mana pun.\n"
            ),
        ),
        "en": (
            "Your digital identity is active",
            (
                "A digital identity (IKD) in your name was activated at {office} on {time}, on the "
                "phone {device}.\n\nIf this was you, there is nothing to do.\n\nWAS IT NOT YOU? "
                "Block it now:\n{link}\nthen come to any Dukcapil office.\n"
            ),
        ),
    },
    "wallet_activated_sms": {
        "id": ("", "IKD Anda aktif di {office}, {time}. Bukan Anda? Blokir: {link}"),
        "en": ("", "Your IKD is active: {office}, {time}. Not you? Block: {link}"),
    },
    "wallet_replaced": {
        "id": (
            "Identitas Kependudukan Digital Anda pindah ke ponsel lain",
            (
                "Identitas Kependudukan Digital (IKD) atas nama Anda diaktifkan di ponsel lain "
                "({device}) di {office} pada {time}. IKD di ponsel sebelumnya sudah ditutup.\n\n"
                "Jika ini Anda, tidak ada yang perlu dilakukan.\n\nBUKAN ANDA? Segera blokir lewat "
                "tautan ini:\n{link}\nlalu datanglah ke kantor Dukcapil mana pun.\n"
            ),
        ),
        "en": (
            "Your digital identity moved to another phone",
            (
                "The digital identity (IKD) in your name was activated on another phone ({device}) "
                "at {office} on {time}. The one on the previous phone is closed.\n\nIf this was "
                "you, "
                "there is nothing to do.\n\nWAS IT NOT YOU? Block it now:\n{link}\nthen come to "
                "any Dukcapil office.\n"
            ),
        ),
    },
    "wallet_replaced_sms": {
        "id": ("", "IKD Anda pindah ke HP lain: {office}, {time}. Bukan Anda? Blokir: {link}"),
        "en": ("", "Your IKD moved to another phone: {office}, {time}. Not you? {link}"),
    },
    "wallet_blocked": {
        "id": (
            "Identitas Kependudukan Digital Anda diblokir",
            (
                "Identitas Kependudukan Digital (IKD) Anda diblokir pada {time} dan tidak dapat "
                "dipakai.\n\nUntuk memakainya lagi, daftarkan ulang lewat aplikasi IKD dan "
                "aktifkan "
                "di kantor Dukcapil mana pun. Tidak ada yang dapat membuka blokir lewat telepon "
                "atau "
                "pesan.\n"
            ),
        ),
        "en": (
            "Your digital identity is blocked",
            (
                "Your digital identity (IKD) was blocked on {time} and cannot be used.\n\nTo use "
                "it again, enrol anew in the IKD app and activate at any Dukcapil office. Nobody "
                "can "
                "unblock it by telephone or message.\n"
            ),
        ),
    },
    "wallet_blocked_sms": {
        "id": (
            "",
            "IKD Anda diblokir pada {time}. Untuk memakainya lagi, daftar ulang di aplikasi.",
        ),
        "en": ("", "Your IKD was blocked on {time}. To use it again, enrol anew in the app."),
    },
}


def render(template: str, language: str, facts: Mapping[str, object]) -> tuple[str, str]:
    """Return subject and text; unknown languages get Indonesian."""
    texts = TEMPLATES[template]
    subject, text = texts.get(language, texts["id"])
    return subject.format(**facts), text.format(**facts)


def deliver_email(deps: Deps, payload: dict[str, object]) -> None:
    """Outbox handler: send one mail."""
    _deliver(deps, payload, by_mail=True)


def deliver_sms(deps: Deps, payload: dict[str, object]) -> None:
    """Outbox handler: send one short message."""
    _deliver(deps, payload, by_mail=False)


def _deliver(deps: Deps, payload: dict[str, object], *, by_mail: bool) -> None:
    facts = payload["facts"]
    if not isinstance(facts, dict):
        message = "facts of a message are a map"
        raise TypeError(message)
    template = str(payload["template"])
    subject, text = render(template, str(payload["language"]), facts)
    messenger = deps.mail if by_mail else deps.sms
    try:
        messenger.send(Message(str(payload["to"]), subject, text, template))
    except DeliveryError as error:
        raise TryAgain(str(error)) from None
