"""The phone's own texts, Indonesian and English, by code. Server problems arrive translated."""

from __future__ import annotations

TEXTS: dict[str, tuple[str, str]] = {
    # setting up
    "NOT_ENROLLED": (
        "Belum ada pendaftaran di {home}. Mulailah dengan: enrol --nik … --email … --phone …",
        "No enrolment in {home} yet. Begin with: enrol --nik … --email … --phone …",
    ),
    "ALREADY_ENROLLED": (
        "Folder {home} sudah berisi pendaftaran. Untuk pendaftaran baru pakai --home lain.",
        "{home} already holds an enrolment. For a new enrolment use another --home.",
    ),
    "PLATFORM_UNSUPPORTED": (
        "Sistem {platform} belum didukung.",
        "The platform {platform} is not supported yet.",
    ),
    "HOME_BROKEN": (
        "Isi {home} rusak. Pakai --home lain dan daftar lagi.",
        "What {home} holds is damaged. Use another --home and enrol again.",
    ),
    "FILE_FAILED": ("Berkas {file}: {reason}.", "File {file}: {reason}."),
    "NETWORK": (
        "Tidak dapat menghubungi {url}. Periksa sambungan, lalu ulangi perintah yang sama.",
        "Cannot reach {url}. Check the connection, then repeat the same command.",
    ),
    "SERVER_BUSY": (
        "Layanan sedang sibuk. Ulangi beberapa saat lagi.",
        "The service is busy. Repeat in a moment.",
    ),
    "TRIES_LEFT": ("Sisa percobaan: {left}.", "Tries left: {left}."),
    "WAIT": ("Tunggu {seconds} detik, lalu coba lagi.", "Wait {seconds} s, then try again."),
    # contact
    "NO_CODE_IN_OUTBOX": (
        "Belum ada kode di {folder} untuk nomor dan surel ini.",
        "No code in {folder} for this number and e-mail yet.",
    ),
    "NO_CODE_GIVEN": (
        "Berikan --email-code dan/atau --sms-code.",
        "Give --email-code and/or --sms-code.",
    ),
    # face
    "PICTURES_MISSING": (
        "Perlu paling sedikit {count} gambar baru {turn}-1.jpg, {turn}-2.jpg … di {folder}.",
        "At least {count} new pictures {turn}-1.jpg, {turn}-2.jpg … are needed in {folder}.",
    ),
    "CHALLENGE_UNTRUSTED": (
        "JANGAN LANJUTKAN. Petunjuk ini tidak ditandatangani layanan resmi ({reason}).",
        "DO NOT GO ON. This prompt is not signed by the official service ({reason}).",
    ),
    "CAMERA_FAILED": (
        "Kamera {source} tidak memberi gambar. Periksa izin kamera, atau pilih: face --office …",
        "Camera {source} gives no picture. Check its permission, or choose: face --office …",
    ),
    "POSE_NOT_SEEN": (
        "Belum berhasil dalam waktunya. {reason} Jalankan lagi: face",
        "Not seen in time. {reason} Run again: face",
    ),
    "NOT_REFUSED": (
        "Layanan TIDAK menolak percobaan ini.",
        "The service did NOT refuse this attempt.",
    ),
    "CHOOSE_CAMERA": (
        "Berikan --folder, --camera, atau --office.",
        "Give --folder, --camera or --office.",
    ),
    "FRAME_TOO_LARGE": (
        "{file} lebih besar dari {limit} byte.",
        "{file} is larger than {limit} bytes.",
    ),
    "FILE_MISSING": ("Berkas {file} tidak ada.", "There is no file {file}."),
    # PIN
    "PIN_LENGTH": ("PIN harus {length} angka.", "The PIN must be {length} digits."),
    "PIN_COMMON": (
        "PIN ini terlalu umum. Pilih yang lain.",
        "This PIN is too common. Choose another.",
    ),
    "PIN_SEQUENCE": ("PIN tidak boleh angka berurutan.", "The PIN must not be a run of digits."),
    "PIN_REPEAT": ("PIN tidak boleh angka berulang.", "The PIN must not repeat itself."),
    "PIN_BIRTH_DATE": (
        "PIN tidak boleh tanggal lahir Anda.",
        "The PIN must not be your date of birth.",
    ),
    "PIN_NIK_PART": (
        "PIN tidak boleh potongan NIK Anda.",
        "The PIN must not be a part of your NIK.",
    ),
    "PIN_RULE_UNKNOWN": (
        "Aplikasi ini terlalu lama untuk aturan PIN yang berlaku. Perbarui aplikasi.",
        "This app is too old for the PIN rules in force. Update the app.",
    ),
    "PIN_MISMATCH": ("Kedua PIN tidak sama.", "The two PINs differ."),
    "NO_PIN": ("PIN belum dibuat. Jalankan: pin", "No PIN yet. Run: pin"),
    "NO_TERMINAL": (
        "Tidak ada terminal untuk bertanya; berikan {option}.",
        "There is no terminal to ask on; give {option}.",
    ),
    # at the counter
    "NO_QR_IN_IMAGE": (
        "Tidak ada kode QR loket di {source}.",
        "No counter QR found in {source}.",
    ),
    "COUNTER_CLOSED": (
        "Loket sedang tutup: layarnya tidak menampilkan kode.",
        "The counter is closed: its display shows no code.",
    ),
    "KIOSK_UNTRUSTED": (
        "JANGAN LANJUTKAN. Kode ini bukan dari loket resmi ({reason}).",
        "DO NOT GO ON. This code is not from an official counter ({reason}).",
    ),
    "DECLINED": ("Dibatalkan. Tidak ada yang diaktifkan.", "Declined. Nothing was activated."),
    "NOTHING_CLAIMED": (
        "Pindai dulu kode di layar loket: scan",
        "First scan the code on the counter's display: scan",
    ),
    # other wallets
    "LINK_INVALID": (
        "Ini bukan tautan permintaan persetujuan (ikd-wallet://authorize?id=…).",
        "This is no link of a request to approve (ikd-wallet://authorize?id=…).",
    ),
    "NOT_APPROVED": (
        "Tidak disetujui; belum ada yang dibagikan. Untuk menolak: approve --refuse …",
        "Not approved; nothing was shared. To refuse: approve --refuse …",
    ),
    # wallet
    "NO_WALLET": (
        "Dompet belum aktif. Selesaikan aktivasi di loket.",
        "The wallet is not active yet. Finish the activation at a counter.",
    ),
    "NO_CREDENTIAL": (
        "Tidak ada kartu {what} di telepon ini. Jalankan: receive",
        "There is no {what} on this phone. Run: receive",
    ),
    "CHALLENGE_INVALID": (
        "Tantangan pemeriksa tidak dapat dibaca ({reason}).",
        "The verifier's challenge cannot be read ({reason}).",
    ),
    "NOT_ANSWERED": (
        "Tidak dijawab. Tidak ada yang diberitahukan.",
        "Not answered. Nothing was told.",
    ),
    "NO_CHALLENGE_IN_IMAGE": (
        "Tidak ada kode tantangan di {source}.",
        "No challenge's code found in {source}.",
    ),
    "REQUESTERS_MISSING": (
        "Telepon ini belum dapat mengenali penanya. Sambungkan ke internet, lalu: requesters",
        "This phone cannot tell who asks yet. Go online, then: requesters",
    ),
    "REQUESTERS_UNTRUSTED": (
        "Daftar penanya yang diterima bukan dari registri ({reason}); tidak disimpan.",
        "The list of who may ask is not the registry's ({reason}); not kept.",
    ),
    "REQUESTER_UNKNOWN": (
        "JANGAN LANJUTKAN. Registri tidak mengenal penanya yang mengaku {name}.",
        "DO NOT GO ON. The registry does not know who claims to be {name}.",
    ),
    "REQUESTER_FORGED": (
        "JANGAN LANJUTKAN. Tanda tangan penanya yang mengaku {name} palsu.",
        "DO NOT GO ON. The signature of who claims to be {name} is forged.",
    ),
    "REQUESTER_EXPIRED": (
        "Ditolak. Pendaftaran {name} di registri di luar masa berlakunya.",
        "Refused. {name} is registered for another time than now.",
    ),
    "REQUESTER_REVOKED": (
        "JANGAN LANJUTKAN. Registri telah mencabut pendaftaran {name}.",
        "DO NOT GO ON. The registry has revoked the registration of {name}.",
    ),
    "REQUESTER_PROFILE": (
        "Ditolak. {name} meminta lebih dari yang diizinkan registri.",
        "Refused. {name} asks for more than the registry allows it to.",
    ),
    "CHALLENGE_OLD": (
        "Ditolak. Tantangan {name} ini bukan dari sekarang. Minta yang baru.",
        "Refused. This challenge of {name} is not from now. Ask for a new one.",
    ),
    "CREDENTIAL_WRONG": (
        "Kartu yang diterima tidak cocok dengan kunci telepon ini ({reason}); tidak disimpan.",
        "A credential received does not fit this phone's key ({reason}); not kept.",
    ),
}


def text_of(code: str, language: str, **values: object) -> str:
    """Return the text of `code` in "id" or "en"."""
    return TEXTS[code][1 if language == "en" else 0].format(**values)
