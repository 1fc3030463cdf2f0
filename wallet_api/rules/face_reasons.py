"""What to tell a resident for each reason a face step could not say yes.

A closed catalogue: every code the face step gives, and every prompt of a capture, has a sentence
the resident can act on, in Indonesian and English. Nothing here names a score, and nothing says
which registry photo failed or how, so that a stranger learns nothing about the owner of a NIK.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

_OFFICE_ID = "Lanjutkan pendaftaran; petugas akan mencocokkan wajah Anda di kantor."
_OFFICE_EN = "Continue your enrolment; an officer will compare your face at the office."

_FILE: dict[str, tuple[str, str]] = {
    "FILE_EMPTY": (
        "Foto yang diterima kosong. Ambil foto sekali lagi.",
        "The photo we received is empty. Take it again.",
    ),
    "FILE_TOO_LARGE": (
        "Ukuran berkas foto lebih dari 1,5 MB. Pakai kamera di dalam aplikasi, atau kecilkan foto.",
        "The photo file is larger than 1.5 MB. Use the camera in the app, or make it smaller.",
    ),
    "FORMAT_NOT_ACCEPTED": (
        "Berkas ini bukan foto yang dapat kami baca. Kirim foto JPEG, PNG, atau WebP.",
        "This file is not a photo we can read. Send a JPEG, PNG or WebP photo.",
    ),
    "HEIC_NOT_ACCEPTED": (
        "Format HEIC belum didukung. Pilih “Paling Kompatibel” di setelan kamera, lalu ulangi.",
        "HEIC is not supported. Choose “Most Compatible” in the camera settings, then retake.",
    ),
    "AVIF_NOT_ACCEPTED": (
        "Format AVIF belum didukung. Simpan sebagai JPEG, atau pakai kamera di dalam aplikasi.",
        "AVIF is not supported. Save it as JPEG, or use the camera in the app.",
    ),
    "GIF_NOT_ACCEPTED": (
        "Berkas GIF tidak dapat dipakai. Ambil foto dengan kamera, atau kirim JPEG.",
        "A GIF cannot be used. Take a photo with the camera, or send a JPEG.",
    ),
    "TIFF_NOT_ACCEPTED": (
        "Berkas TIFF atau RAW tidak dapat dipakai. Simpan foto sebagai JPEG.",
        "A TIFF or raw file cannot be used. Save the photo as JPEG.",
    ),
    "BMP_NOT_ACCEPTED": (
        "Berkas BMP tidak dapat dipakai. Simpan gambar sebagai JPEG atau PNG.",
        "A BMP file cannot be used. Save the picture as JPEG or PNG.",
    ),
    "DOCUMENT_NOT_ACCEPTED": (
        "Berkas ini dokumen, bukan foto. Ambil foto wajah dengan kamera.",
        "This file is a document, not a photo. Take a photo of your face with the camera.",
    ),
    "ANIMATED": (
        "Gambar bergerak tidak dapat dipakai. Kirim satu foto biasa.",
        "A moving picture cannot be used. Send an ordinary photo.",
    ),
    "PICTURE_TOO_LARGE": (
        "Resolusi foto terlalu besar. Pilih resolusi paling tinggi 16 megapiksel (PNG: 12).",
        "The photo has too many pixels. Choose at most 16 megapixels (PNG: 12).",
    ),
    "PICTURE_TOO_SMALL": (
        "Resolusi foto terlalu kecil. Ambil foto langsung dengan kamera ponsel.",
        "The photo has too few pixels. Take it directly with the phone's camera.",
    ),
    "PICTURE_STRETCHED": (
        "Foto terlalu panjang atau terlalu lebar. Kirim foto utuh tanpa dipotong memanjang.",
        "The photo is too long or too wide. Send the whole photo, not a strip of it.",
    ),
    "TRUNCATED": (
        "Foto terpotong saat dikirim. Periksa sambungan internet, lalu kirim lagi.",
        "The photo was cut off on its way. Check your connection and send it again.",
    ),
    "BROKEN": (
        "Berkas foto rusak. Ambil foto sekali lagi.",
        "The photo file is damaged. Take the photo again.",
    ),
    "COLOURS_NOT_ACCEPTED": (
        "Warna foto ini untuk percetakan (CMYK). Simpan sebagai RGB, atau pakai kamera ponsel.",
        "The photo uses printing colours (CMYK). Save it as RGB, or use the phone's camera.",
    ),
    "DEPTH_NOT_ACCEPTED": (
        "Foto memakai 16 bit per warna. Simpan sebagai 8 bit, atau pakai kamera ponsel.",
        "The photo has 16 bits a colour. Save it with 8 bits, or use the phone's camera.",
    ),
}

_GUIDANCE: dict[str, tuple[str, str]] = {
    "NO_FACE": (
        "Wajah tidak terlihat. Hadapkan wajah ke kamera, tanpa masker.",
        "We cannot see a face. Look at the camera, without a mask.",
    ),
    "SECOND_FACE": (
        "Ada orang lain di dalam gambar. Pastikan hanya Anda yang terlihat.",
        "Somebody else is in the picture. Make sure that only you can be seen.",
    ),
    "FACE_TOO_SMALL": (
        "Wajah terlalu jauh. Dekatkan ponsel ke wajah.",
        "Your face is too far away. Hold the phone closer.",
    ),
    "FACE_TURNED": (
        "Wajah menoleh. Lihat lurus ke kamera.",
        "Your face is turned. Look straight at the camera.",
    ),
    "FACE_TILTED": (
        "Kepala miring. Tegakkan kepala dan ponsel.",
        "Your head is tilted. Hold your head and the phone upright.",
    ),
    "TOO_DARK": (
        "Terlalu gelap. Cari tempat yang lebih terang, dengan cahaya dari depan.",
        "It is too dark. Find more light, in front of you.",
    ),
    "TOO_BRIGHT": (
        "Terlalu terang. Hindari sinar langsung ke wajah.",
        "It is too bright. Avoid direct light on your face.",
    ),
    "NEAR_EDGE": (
        "Wajah terpotong di tepi gambar. Letakkan seluruh wajah di tengah.",
        "Your face is cut off at the edge. Bring all of it to the middle.",
    ),
    "DARK_GLASSES": (
        "Mata tidak terlihat. Lepaskan kacamata hitam.",
        "We cannot see your eyes. Take off dark glasses.",
    ),
    "FACE_UNCLEAR": (
        "Wajah kurang jelas. Bersihkan lensa dan tahan ponsel agar tidak goyang.",
        "Your face is not clear. Clean the lens and hold the phone still.",
    ),
    "FRAME_REPEATED": (
        "Beberapa gambar sama persis. Ambil ulang langsung dengan kamera.",
        "Some pictures are exactly the same. Take them again with the camera.",
    ),
    "FRAMES_DIFFER": (
        "Gambar-gambar ini tampak bukan dari satu orang. Ulangi, hanya Anda sendiri.",
        "These pictures do not look like one person. Try again, with only you in view.",
    ),
    "TOO_FEW_FRAMES": (
        "Belum cukup gambar yang jelas menghadap ke depan. Ulangi pengambilan wajah.",
        "There are not enough clear pictures from the front. Take your face again.",
    ),
    "TOO_MANY_FRAMES": (
        "Terlalu banyak gambar dikirim sekaligus. Kirim paling banyak sepuluh.",
        "Too many pictures were sent at once. Send ten at most.",
    ),
}

_CHALLENGE: dict[str, tuple[str, str]] = {
    "LOOK_STRAIGHT": (
        "Lihat lurus ke kamera.",
        "Look straight at the camera.",
    ),
    "TURN_LEFT": (
        "Tolehkan kepala perlahan ke kiri Anda, lalu kembali lurus ke kamera.",
        "Turn your head slowly to your left, then look straight at the camera again.",
    ),
    "TURN_RIGHT": (
        "Tolehkan kepala perlahan ke kanan Anda, lalu kembali lurus ke kamera.",
        "Turn your head slowly to your right, then look straight at the camera again.",
    ),
    "TURN_WRONG": (
        "Kepala menoleh ke arah sebaliknya. Ikuti arah yang diminta, dilihat dari diri Anda.",
        "Your head turned the other way. Follow the side asked for, as seen from yourself.",
    ),
    "TURN_MORE": (
        "Kepala kurang menoleh. Tolehkan sedikit lagi, kira-kira seperti melihat ke bahu.",
        "Turn your head a little more, about as if looking at your shoulder.",
    ),
    "TURN_NOT_SEEN": (
        "Kepala tidak terlihat menoleh. Gerakkan kepala Anda, bukan ponselnya.",
        "We did not see your head turn. Move your head, not the phone.",
    ),
    "PROMPT_LATE": (
        "Waktunya habis. Mulai lagi, dan ikuti setiap petunjuk begitu muncul.",
        "Time ran out. Start again, and follow each prompt as soon as it appears.",
    ),
    "PROMPT_EARLY": (
        "Gambar diambil terlalu cepat. Mulai lagi, dan tunggu setiap petunjuk.",
        "The picture was taken too soon. Start again, and wait for each prompt.",
    ),
    "PROMPT_INVALID": (
        "Petunjuk ini bukan dari pengambilan wajah yang sedang berjalan. Mulai lagi dari awal.",
        "This prompt is not from the capture under way. Start again from the beginning.",
    ),
    "FRAMES_LATE": (
        "Gambar tidak sampai tepat waktu. Cari sambungan yang lebih baik, lalu ulangi.",
        "The pictures did not arrive in time. Find a better connection and try again.",
    ),
    "FRAME_SEEN": (
        "Gambar ini sudah pernah dikirim. Mulai lagi, dan ambil gambar baru dengan kamera.",
        "This picture was sent before. Start again, and take new ones with the camera.",
    ),
}
"""What a capture asks for, and what may go wrong while it is asked."""

_OFFICE: dict[str, tuple[str, str]] = {
    "REFERENCE_MISSING": (_OFFICE_ID, _OFFICE_EN),
    "REFERENCE_UNUSABLE": (_OFFICE_ID, _OFFICE_EN),
    "DOUBTFUL": (_OFFICE_ID, _OFFICE_EN),
    "NOT_SAME_FACE": (
        "Wajah belum dapat dicocokkan. Coba lagi di tempat terang, atau lanjutkan ke kantor.",
        "We could not match your face. Try again in good light, or go on to the office.",
    ),
}


_EVERYTHING: Final = {**_FILE, **_GUIDANCE, **_CHALLENGE, **_OFFICE}


def _catalogue() -> dict[str, Mapping[str, str]]:
    return {
        code: MappingProxyType({"id": indonesian, "en": english})
        for code, (indonesian, english) in _EVERYTHING.items()
    }


REASONS: Final[Mapping[str, Mapping[str, str]]] = MappingProxyType(_catalogue())
"""code -> {"id": sentence, "en": sentence}. Codes are stable; sentences may be improved."""


def sentence(code: str, language: str) -> str:
    """Return the sentence for ``code`` in ``language`` ("en", anything else is Indonesian).

    Raises KeyError for a code that is not in the catalogue.
    """
    return REASONS[code]["en" if language == "en" else "id"]
