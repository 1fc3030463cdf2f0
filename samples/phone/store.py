"""What the phone keeps, in one folder: JSON and PEM files that only their owner may read.

A real app keeps the device key in secure hardware and the rest in encrypted storage. Never kept:
the PIN, the PIN key, its public half. Kept until the server answered: the idempotency key of the
call under way, so that a phone killed in the middle repeats the call instead of making a second
one.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from credentials.signing import PemSigner
from samples.phone.errors import PhoneError


@dataclass(slots=True)
class State:
    """The small facts of the phone; the file `phone.json`."""

    api: str
    nik: str
    language: str = "id"
    enrolment: str = ""
    wallet: str = ""
    kiosk_ca: str = ""  # PEM, pinned when the enrolment starts
    clock_offset: float = 0.0  # seconds, server minus phone
    email: str = ""
    phone: str = ""


@dataclass(frozen=True, slots=True)
class StoredCredential:
    """One credential as received, and the file name of the key that may present it."""

    id: str
    type: str
    profile: str
    profile_number: int
    document: str
    part: dict[str, int] | None
    credential: str  # base64url of the COSE bytes
    holder_jkt: str
    issued_at: str
    expires_at: str
    renew_at: str


class Home:
    """The folder of one phone."""

    def __init__(self, folder: Path) -> None:
        """Use `folder`; it is made with the first write."""
        self.folder = folder

    # --- small facts -----------------------------------------------------------------------------
    def exists(self) -> bool:
        """Whether an enrolment was begun on this phone."""
        return (self.folder / "phone.json").exists()

    def load(self) -> State:
        """Return the facts; PhoneError NOT_ENROLLED when there are none."""
        if not self.exists():
            raise PhoneError("NOT_ENROLLED", home=self.folder)
        try:
            return State(**json.loads((self.folder / "phone.json").read_text("utf-8")))
        except (ValueError, TypeError) as error:
            raise PhoneError("HOME_BROKEN", home=self.folder) from error

    def save(self, state: State) -> None:
        """Write the facts."""
        self._write_json("phone.json", asdict(state))

    def policy(self) -> dict[str, Any]:
        """Return the policy fetched when the enrolment began."""
        policy: dict[str, Any] = json.loads((self.folder / "policy.json").read_text("utf-8"))
        return policy

    def save_policy(self, policy: dict[str, Any]) -> None:
        """Write the policy of `GET /v1/policy`."""
        self._write_json("policy.json", policy)

    def requesters(self) -> bytes | None:
        """Return the list of who may ask, as fetched; None before the first."""
        path = self.folder / "relying-parties.cose"
        return path.read_bytes() if path.exists() else None

    def save_requesters(self, data: bytes) -> None:
        """Keep the newest list."""
        self._write("relying-parties.cose", data)

    # --- keys ------------------------------------------------------------------------------------
    def device_key(self) -> PemSigner:
        """Return the device key."""
        return PemSigner((self.folder / "device.pem").read_bytes())

    def save_device_key(self, pem: bytes) -> None:
        """Keep a new device key."""
        self._write("device.pem", pem)

    def has_pin_salt(self) -> bool:
        """Whether a PIN was chosen, or its choice begun."""
        return (self.folder / "pin-salt.bin").exists()

    def pin_salt(self) -> bytes:
        """Return the salt of the PIN key; PhoneError NO_PIN before a PIN was chosen."""
        if not self.has_pin_salt():
            raise PhoneError("NO_PIN")
        return (self.folder / "pin-salt.bin").read_bytes()

    def save_pin_salt(self, salt: bytes) -> None:
        """Keep the salt."""
        self._write("pin-salt.bin", salt)

    def holder_key(self, thumbprint: str) -> PemSigner:
        """Return the holder key with this thumbprint."""
        return PemSigner((self.folder / "holder" / f"{thumbprint}.pem").read_bytes())

    def save_holder_key(self, thumbprint: str, pem: bytes) -> None:
        """Keep a new holder key."""
        self._write(f"holder/{thumbprint}.pem", pem)

    # --- credentials -----------------------------------------------------------------------------
    def credentials(self) -> list[StoredCredential]:
        """Return the credentials held, by type, profile and part."""
        files = sorted((self.folder / "credentials").glob("*.json"))
        held = [StoredCredential(**json.loads(file.read_text("utf-8"))) for file in files]
        return sorted(
            held, key=lambda c: (c.type, c.profile_number, (c.part or {}).get("number", 0))
        )

    def add_credential(self, credential: StoredCredential) -> None:
        """Keep a credential."""
        self._write_json(f"credentials/{credential.id}.json", asdict(credential))

    def remove_credential(self, credential_id: str) -> None:
        """Forget a credential that ended."""
        (self.folder / "credentials" / f"{credential_id}.json").unlink(missing_ok=True)

    def drop_unused_holder_keys(self) -> None:
        """Delete the holder keys that no credential here is bound to."""
        used = {held.holder_jkt for held in self.credentials()}
        for file in (self.folder / "holder").glob("*.pem"):
            if file.stem not in used:
                file.unlink()

    # --- the capture of the face -----------------------------------------------------------------
    def capture(self) -> str:
        """Return the id of the capture under way, or nothing."""
        path = self.folder / "capture.json"
        return str(json.loads(path.read_text("utf-8"))["capture"]) if path.exists() else ""

    def save_capture(self, capture: str) -> None:
        """Remember the capture that was opened."""
        self._write_json("capture.json", {"capture": capture})

    def frame_names(self) -> set[str]:
        """Return the digests (base64url) of the frames kept for the capture."""
        return {file.stem for file in (self.folder / "capture").glob("*.frame")}

    def frame(self, digest: str) -> bytes:
        """Return a frame kept."""
        return (self.folder / "capture" / f"{digest}.frame").read_bytes()

    def save_frame(self, digest: str, data: bytes) -> None:
        """Keep a frame until the capture is over."""
        self._write(f"capture/{digest}.frame", data)

    def forget_capture(self) -> None:
        """Delete the frames and the capture's id."""
        for file in (self.folder / "capture").glob("*"):
            file.unlink()
        (self.folder / "capture.json").unlink(missing_ok=True)

    # --- calls under way -------------------------------------------------------------------------
    def pending_key(self, name: str) -> str | None:
        """Return the idempotency key of the unanswered call `name`."""
        return self._pending().get(name)

    def set_pending(self, name: str, key: str | None) -> None:
        """Remember the call's idempotency key; None when it was answered."""
        pending = {k: v for k, v in self._pending().items() if k != name}
        if key is not None:
            pending[name] = key
        self._write_json("pending.json", pending)

    def _pending(self) -> dict[str, str]:
        path = self.folder / "pending.json"
        return json.loads(path.read_text("utf-8")) if path.exists() else {}

    # --- files -----------------------------------------------------------------------------------
    def _write_json(self, name: str, value: object) -> None:
        self._write(name, (json.dumps(value, indent=2, ensure_ascii=False) + "\n").encode())

    def _write(self, name: str, data: bytes) -> None:
        """Write atomically: a killed phone has the old file or the new one, never half of one."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        beside = path.with_name(path.name + ".new")
        descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
