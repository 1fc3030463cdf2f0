"""An operator at a kiosk's console, without a browser: the same calls as the console's own page."""

from __future__ import annotations

import json
import re
import time
import uuid
from typing import Any, Self

import pyotp
import requests

from samples.passkey import SoftwarePasskey

TIMEOUT_SECONDS = 15
CSRF = re.compile(r'<meta name="csrf" content="([^"]+)">')


class ConsoleRefusal(Exception):
    """The console said no. `code` is stable, `title` is for the operator."""

    def __init__(self, status: int, body: dict[str, Any]) -> None:
        """Keep the console's JSON."""
        super().__init__(body.get("code", f"HTTP_{status}"))
        self.code = str(body.get("code", f"HTTP_{status}"))
        self.title = str(body.get("title", ""))
        self.body = body


class CounterOperator:
    """One operator at one console."""

    def __init__(self, address: str, *, language: str = "id") -> None:
        """Take the kiosk's address."""
        self._console = f"{address.rstrip('/')}/console"
        self._http = requests.Session()
        self._http.cookies.set("kiosk_language", language)
        self._csrf = ""

    def sign_in(self, username: str, password: str, totp_secret: str) -> Self:
        """Begin the shift with password and the TOTP code of this moment."""
        self._read_page()
        body = {"username": username, "password": password, "totp": pyotp.TOTP(totp_secret).now()}
        self._post("/session", body)
        self._read_page()  # the signed-in page has its own token
        return self

    def add_passkey(self, name: str, password: str, passkey: SoftwarePasskey) -> None:
        """Add a passkey to one's own account; the password is asked for once more."""
        question = self._post("/passkeys/challenge", {"password": password})
        self._post("/passkeys", {**passkey.make(question), "name": name})

    def sign_in_by_passkey(self, passkey: SoftwarePasskey) -> Self:
        """Begin the shift of whoever's passkey it is."""
        self._read_page()
        self._post("/session/passkey", passkey.answer(self._post("/session/passkey/challenge", {})))
        self._read_page()
        return self

    def list_passkeys(self) -> list[dict[str, Any]]:
        """Return one's own passkeys."""
        held: list[dict[str, Any]] = self._get("/passkeys").json()["passkeys"]
        return held

    def read_day(self) -> dict[str, Any]:
        """Return what went wrong today, by reason."""
        day: dict[str, Any] = self._get("/today").json()
        return day

    def wait_for_row(self, *, seconds: float = 10) -> dict[str, Any]:
        """Return the first resident whom the console shows as waiting (server-sent events)."""
        until = time.monotonic() + seconds
        with self._http.get(
            f"{self._console}/events", stream=True, timeout=TIMEOUT_SECONDS
        ) as stream:
            for line in stream.iter_lines(chunk_size=1, decode_unicode=True):
                if line.startswith("data: "):
                    state = json.loads(line.removeprefix("data: "))
                    if state.get("waiting"):
                        first: dict[str, Any] = state["waiting"][0]
                        return first
                if time.monotonic() > until:
                    break
        raise TimeoutError("nobody appeared on the console")

    def look_at_photo(self, row: str) -> bytes:
        """Return the registry photo that the console shows."""
        return self._get(f"/photo/{row}").content

    def look_at_selfie(self, row: str) -> bytes:
        """Return the picture that the resident's phone took, where an officer decides the face."""
        return self._get(f"/selfie/{row}").content

    def confirm(self, row: str, number: str | None, *, face_reason: str | None = None) -> str:
        """Type the number; return the new state. ConsoleRefusal NUMBER_WRONG and others.

        `face_reason`: why it is the same person, where the machine left that to an officer.
        """
        body = {"number": number, "face_reason": face_reason, "attempt": str(uuid.uuid4())}
        return str(self._post(f"/queue/{row}/confirm", body)["state"])

    def refuse(self, row: str, reason: str) -> str:
        """Refuse with a reason; return the new state."""
        body = {"reason": reason, "attempt": str(uuid.uuid4())}
        return str(self._post(f"/queue/{row}/refuse", body)["state"])

    def block(self, nik: str, reason: str) -> None:
        """Block whatever wallet a NIK has; the answer does not tell whether there is one."""
        self._post("/blocks", {"nik": nik, "reason": reason, "attempt": str(uuid.uuid4())})

    def sign_out(self) -> None:
        """End the shift."""
        self._post("/session/end", {})

    def _read_page(self) -> None:
        page = self._http.get(self._console, timeout=TIMEOUT_SECONDS)
        self._check(page)
        found = CSRF.search(page.text)
        if found is None:
            raise ConsoleRefusal(page.status_code, {"code": "NO_CONSOLE_PAGE"})
        self._csrf = found[1]

    def _get(self, path: str) -> requests.Response:
        answer = self._http.get(self._console + path, timeout=TIMEOUT_SECONDS)
        self._check(answer)
        return answer

    def _post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        answer = self._http.post(
            self._console + path,
            json=body,
            headers={"Kiosk-Csrf": self._csrf},
            timeout=TIMEOUT_SECONDS,
        )
        self._check(answer)
        answered: dict[str, Any] = answer.json()
        return answered

    def _check(self, answer: requests.Response) -> None:
        if not answer.ok:
            try:
                body = answer.json()
            except requests.JSONDecodeError:
                body = {}
            raise ConsoleRefusal(answer.status_code, body)
