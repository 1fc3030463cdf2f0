"""The words of the “this was not me” page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

TEXTS: Final[Mapping[str, Mapping[str, str]]] = {
    "id": {
        "service": "Identitas Kependudukan Digital",
        "ask_title": "Bukan Anda yang mengaktifkan?",
        "ask_text": (
            "Sebuah Identitas Kependudukan Digital atas nama Anda diaktifkan di kantor Dukcapil "
            "pada {opened}. Jika itu Anda, tutup halaman ini: tidak ada yang berubah."
        ),
        "ask_effect": (
            "Jika bukan Anda, blokir sekarang. Identitas di ponsel itu langsung tidak dapat "
            "dipakai. Untuk mengaktifkannya lagi, datanglah sendiri ke kantor Dukcapil mana pun."
        ),
        "ask_button": "Bukan saya, blokir sekarang",
        "blocked_title": "Sudah diblokir",
        "blocked_text": (
            "Identitas di ponsel itu tidak dapat dipakai lagi. Datanglah ke kantor Dukcapil mana "
            "pun dengan KTP-el Anda, dan ceritakan apa yang terjadi."
        ),
        "closed_title": "Sudah ditutup",
        "closed_text": (
            "Identitas yang disebut dalam pesan ini sudah ditutup dan tidak dapat dipakai lagi. "
            "Tidak ada yang perlu Anda lakukan."
        ),
        "invalid_title": "Tautan tidak berlaku",
        "invalid_text": (
            "Tautan ini tidak dikenal atau sudah lewat 30 hari. Jika Anda khawatir, datanglah ke "
            "kantor Dukcapil mana pun: petugas dapat memblokir identitas digital Anda."
        ),
        "never": "Petugas tidak pernah meminta PIN, kode, atau tautan ini.",
        "switch": "English",
    },
    "en": {
        "service": "Digital identity (IKD)",
        "ask_title": "Was it not you?",
        "ask_text": (
            "A digital identity in your name was activated at a Dukcapil office on {opened}. If "
            "that was you, close this page: nothing changes."
        ),
        "ask_effect": (
            "If it was not you, block it now. The identity on that phone stops working at once. "
            "To activate it again, come in person to any Dukcapil office."
        ),
        "ask_button": "It was not me, block it now",
        "blocked_title": "It is blocked",
        "blocked_text": (
            "The identity on that phone no longer works. Come to any Dukcapil office with your "
            "KTP-el and tell them what happened."
        ),
        "closed_title": "It is closed",
        "closed_text": (
            "The identity this message was about is closed and no longer works. There is nothing "
            "you need to do."
        ),
        "invalid_title": "This link does not work",
        "invalid_text": (
            "This link is unknown or older than 30 days. If you are worried, come to any Dukcapil "
            "office: an officer can block your digital identity."
        ),
        "never": "Officers never ask for your PIN, a code or this link.",
        "switch": "Bahasa Indonesia",
    },
}
