"""The policies that a registry recommends, as a member of the bundle: JSON objects with a name.

What a policy means is the verifier's to say, and newer verifiers know more members: here are only
the frame, the names and the limits, so that whoever publishes and whoever reads agree on them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from credentials.errors import FormatError, LintError
from credentials.json_text import encode_json, parse_json

MAX_POLICY_BYTES = 1 << 16
MAX_POLICIES = 64
MAX_SIZE = 1 << 18  # of all together

_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,39}", re.ASCII)
_LANGUAGES = {"id", "en"}


def pack_policies(files: Iterable[bytes]) -> bytes:
    """Return the member for these policy files, in the order of their names.

    The same policies give the same bytes. LintError("POLICY_…", name) for what is no JSON object
    with name and title, is named twice or is too large.
    """
    found: dict[str, object] = {}
    for file in files:
        try:
            value = _policy(parse_json(file[: MAX_POLICY_BYTES + 1].removeprefix(b"\xef\xbb\xbf")))
        except FormatError as error:
            raise LintError(error.code, error.detail) from None
        name = str(value["name"])
        if len(file) > MAX_POLICY_BYTES or len(found) >= MAX_POLICIES:
            raise LintError("POLICIES_TOO_LARGE", name)
        if name in found:
            raise LintError("POLICY_TWICE", name)
        found[name] = value
    packed = encode_json([_sorted(found[name]) for name in sorted(found)])
    if len(packed) > MAX_SIZE:
        raise LintError("POLICIES_TOO_LARGE")
    return packed


def read_policies(data: bytes) -> dict[str, bytes]:
    """Return the policies of a bundle by name, each as a JSON file; FormatError("POLICY_…")."""
    if len(data) > MAX_SIZE:
        raise FormatError("POLICIES_TOO_LARGE")
    values = parse_json(data)
    if not isinstance(values, list) or len(values) > MAX_POLICIES:
        raise FormatError("POLICIES_FORMAT")
    found: dict[str, bytes] = {}
    for value in map(_policy, values):
        name = str(value["name"])
        if name in found:
            raise FormatError("POLICY_TWICE", name)
        found[name] = encode_json(value)
    return found


def _policy(value: object) -> dict[str, object]:
    if not isinstance(value, dict):
        raise FormatError("POLICY_NOT_OBJECT")
    name, title = value.get("name"), value.get("title")
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise FormatError("POLICY_NAME")
    if not isinstance(title, dict) or title.keys() != _LANGUAGES:
        raise FormatError("POLICY_TITLE", name)
    return value


def _sorted(value: object) -> object:
    if isinstance(value, dict):
        return {name: _sorted(value[name]) for name in sorted(value)}
    return [_sorted(one) for one in value] if isinstance(value, list) else value
