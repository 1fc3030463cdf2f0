"""For trying by hand: what a person does by looking at the phone, read from the file outbox."""

from __future__ import annotations

import json
import re
from pathlib import Path

from samples.phone.errors import PhoneError

CODE = re.compile(r"(?<![0-9])[0-9]{6}(?![0-9])")


def codes_from_outbox(folder: Path, *, email: str, number: str) -> dict[str, str]:
    """Return the newest codes sent to `email` and `number`, as arguments of `verify_contact`."""
    found: dict[str, str] = {}
    for file in sorted(folder.glob("*.json"), key=lambda path: path.stat().st_mtime_ns):
        message = json.loads(file.read_text("utf-8"))
        code = CODE.search(message["text"])
        if code and (message["channel"], message["to"]) == ("email", email):
            found["email_code"] = code[0]
        elif code and (message["channel"], message["to"]) == ("sms", number):
            found["sms_code"] = code[0]
    if not found:
        raise PhoneError("NO_CODE_IN_OUTBOX", folder=folder)
    return found
