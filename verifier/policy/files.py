"""Where a policy comes from: those that come with the package, or a file an institution edits."""

from __future__ import annotations

import re
from importlib import resources
from pathlib import Path

from verifier.errors import PolicyError
from verifier.policy.form import read_policy
from verifier.policy.values import Policy

MAX_POLICY_BYTES = 65536
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,39}", re.ASCII)


def built_in_policies() -> tuple[str, ...]:
    """Return the names of the policies that come with the package."""
    folder = resources.files("verifier") / "policies"
    return tuple(sorted(file.name[:-5] for file in folder.iterdir() if file.name.endswith(".json")))


def load_policy(name_or_path: str | Path) -> Policy:
    """Load a policy by built-in name (`default`, `bank-kyc` …) or from a JSON file.

    Raises PolicyError: POLICY_NOT_FOUND, POLICY_UNREADABLE, POLICY_INVALID (with the member).
    """
    return parse_policy(policy_bytes(name_or_path))


def policy_bytes(name_or_path: str | Path) -> bytes:
    """Return the bytes of a built-in policy or of a file; POLICY_NOT_FOUND, POLICY_UNREADABLE."""
    text = str(name_or_path)
    if _NAME.fullmatch(text) and text in built_in_policies():
        return (resources.files("verifier") / "policies" / f"{text}.json").read_bytes()
    path = Path(name_or_path)
    try:
        if path.stat().st_size > MAX_POLICY_BYTES:
            raise PolicyError("POLICY_UNREADABLE", "larger than 64 KiB")
        return path.read_bytes()
    except FileNotFoundError:
        choices = ", ".join(built_in_policies())
        raise PolicyError("POLICY_NOT_FOUND", f"no such file; built in: {choices}") from None
    except (OSError, ValueError):
        raise PolicyError("POLICY_UNREADABLE", "cannot read the file") from None


def parse_policy(data: bytes) -> Policy:
    """Parse a policy file; PolicyError("POLICY_INVALID", "member: what is expected").

    The first mistake is told; `policy lint` tells them all.
    """
    if len(data) > MAX_POLICY_BYTES:
        raise PolicyError("POLICY_UNREADABLE", "larger than 64 KiB")
    reading = read_policy(data)
    if reading.policy is None:
        first = reading.mistakes[0]
        raise PolicyError("POLICY_INVALID", f"{first.where('en')}: {first.text('en')}")
    return reading.policy
