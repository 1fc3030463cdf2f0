"""Sentences that stand in an enrolment's status, by code, in both languages."""

from __future__ import annotations

from typing import Final

from wallet_api.rules import face_reasons

SENTENCES: Final[dict[str, dict[str, str]]] = {
    "CANNOT_CONTINUE": {
        "id": "Pendaftaran tidak dapat dilanjutkan di sini. Silakan datang ke kantor Dukcapil.",
        "en": "You cannot continue here. Please come to a civil registry office.",
    },
    "STAND_AT_THIS_COUNTER": {
        "id": "Anda harus sedang berdiri di loket ini. Petugas tidak pernah mengirim QR ini lewat "
        "obrolan atau panggilan video. Jika tidak, batalkan.",
        "en": "You must be standing at this counter. Officers never send this QR by chat or video "
        "call. If you are not, decline.",
    },
    "ATTEMPTS_TODAY": {
        "id": "Batas percobaan hari ini tercapai. Lanjutkan; petugas akan mencocokkan wajah Anda.",
        "en": "Today's attempts are used up. Go on; an officer will compare your face.",
    },
    "ATTEMPTS_SPENT": {
        "id": "Semua percobaan sudah terpakai. Lanjutkan; petugas akan mencocokkan wajah Anda di "
        "kantor.",
        "en": "All attempts are used up. Go on; an officer will compare your face at the office.",
    },
    "CANNOT_TURN_HEAD": {
        "id": "Anda memilih tidak menoleh di depan kamera. Petugas akan mencocokkan wajah Anda di "
        "kantor.",
        "en": "You chose not to turn your head. An officer will compare your face at the office.",
    },
    "NO_CAMERA": {
        "id": "Kamera tidak dapat dipakai. Petugas akan mencocokkan wajah Anda di kantor.",
        "en": "The camera cannot be used. An officer will compare your face at the office.",
    },
    "PREFER_OFFICE": {
        "id": "Anda memilih pencocokan di kantor. Petugas akan mencocokkan wajah Anda di sana.",
        "en": "You chose the office. An officer will compare your face there.",
    },
    "RETIRED_REGION": {
        "id": "Kode wilayah pada NIK ini sudah tidak dipakai; NIK Anda tetap berlaku.",
        "en": "The region code in this NIK is retired; your NIK stays valid.",
    },
    "UNKNOWN_REGENCY_WARN": {
        "id": "Kode kabupaten/kota pada NIK tidak dikenal. Periksa sekali lagi.",
        "en": "The regency code in the NIK is not known. Check it once more.",
    },
    "UNKNOWN_DISTRICT": {
        "id": "Kode kecamatan pada NIK tidak dikenal. Periksa sekali lagi.",
        "en": "The district code in the NIK is not known. Check it once more.",
    },
    "CENTURY_AMBIGUOUS": {
        "id": "Tahun lahir pada NIK dapat berarti dua abad; kami memakai data kependudukan.",
        "en": "The birth year in the NIK fits two centuries; the civil record decides.",
    },
}


def is_known(code: str) -> bool:
    """Say whether there is a sentence for ``code``."""
    return code in SENTENCES or code in face_reasons.REASONS


def coded(code: str, language: str) -> dict[str, str]:
    """Return ``{code, message}``; raises ``KeyError`` for a code without a sentence."""
    if code in SENTENCES:
        return {"code": code, "message": SENTENCES[code]["en" if language == "en" else "id"]}
    return {"code": code, "message": face_reasons.sentence(code, language)}
