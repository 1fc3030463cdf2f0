"""JSON bodies of the page's script and of the back end: one strict reading, however deep."""

from __future__ import annotations

from typing import Any

from flask import request

from credentials.errors import CredentialError
from credentials.json_text import parse_object
from verifier.openid4vp.errors import Rejected

JSON = "application/json"


def read_object() -> dict[str, Any]:
    """Return the request's JSON object; Rejected("INPUT_INVALID") for any other body."""
    if request.mimetype != JSON:
        raise Rejected("INPUT_INVALID")
    try:
        return parse_object(request.get_data(cache=False))
    except CredentialError:
        raise Rejected("INPUT_INVALID") from None
