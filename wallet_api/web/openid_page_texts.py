"""The words of the page that waits for the resident's decision."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

TEXTS: Final[Mapping[str, Mapping[str, str]]] = {
    "id": {
        "service": "Identitas Kependudukan Digital",
        "switch": "English",
        "documents": "Dokumen",
        "ask_title": "Setujui di aplikasi IKD Anda",
        "ask_text": "meminta salinan dokumen Anda:",
        "number_text": "Aplikasi IKD harus menampilkan angka yang sama:",
        "scan_text": "Pindai dengan aplikasi IKD di ponsel Anda",
        "same_device": "Buka aplikasi IKD di perangkat ini",
        "only_you": (
            "Setujui hanya jika Anda sendiri yang memulai permintaan ini, sekarang, dan angkanya "
            "sama. Jika tidak, tolak di aplikasi."
        ),
        "waiting": "Menunggu keputusan Anda di aplikasi…",
        "ready": "Selesai. Kembali ke dompet…",
        "offline": "Sambungan terputus, mencoba lagi…",
        "over": "Waktunya habis.",
        "back": "Kembali ke dompet",
        "continue": "Saya sudah memutuskan, lanjutkan",
        "waiting_title": "Belum ada keputusan",
        "waiting_text": "Putuskan dahulu di aplikasi IKD, lalu muat ulang halaman ini.",
        "invalid_title": "Permintaan tidak berlaku",
        "invalid_text": (
            "Permintaan ini tidak dikenal, sudah lewat, atau dibuka di peramban lain. Mulailah "
            "lagi dari dompet Anda. Tidak ada yang dibagikan."
        ),
        "never": "Halaman ini tidak pernah meminta PIN. Petugas pun tidak.",
    },
    "en": {
        "service": "Digital identity (IKD)",
        "switch": "Bahasa Indonesia",
        "documents": "Documents",
        "ask_title": "Approve in your IKD app",
        "ask_text": "asks for a copy of your documents:",
        "number_text": "The IKD app must show the same number:",
        "scan_text": "Scan with the IKD app on your phone",
        "same_device": "Open the IKD app on this device",
        "only_you": (
            "Approve only if you started this yourself, just now, and the number is the same. "
            "If not, refuse in the app."
        ),
        "waiting": "Waiting for your decision in the app…",
        "ready": "Done. Going back to the wallet…",
        "offline": "Connection lost, trying again…",
        "over": "The time is over.",
        "back": "Back to the wallet",
        "continue": "I have decided, go on",
        "waiting_title": "No decision yet",
        "waiting_text": "Decide in the IKD app first, then reload this page.",
        "invalid_title": "This request does not work",
        "invalid_text": (
            "The request is unknown, over, or was opened in another browser. Start again from "
            "your wallet. Nothing was shared."
        ),
        "never": "This page never asks for your PIN. Neither do officers.",
    },
}
