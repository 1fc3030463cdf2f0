"""Policies that came with the bundle: `--policy bundle:NAME`.

The registry's signature stands behind them as behind the rest of the bundle, and a newer bundle
may change one, or leave it out: a desk then checks by the new one, or says that it has none.
"""

from __future__ import annotations

from collections.abc import Callable

from credentials.bundle_policies import read_policies
from credentials.errors import FormatError
from verifier.bundle import TrustedBundle
from verifier.errors import PolicyError
from verifier.policy.files import load_policy, parse_policy
from verifier.policy.values import Policy

PREFIX = "bundle:"


# What a terminal was told to use; which policy that is may change with the bundle. PolicyError.
PolicyChoice = Callable[[TrustedBundle], Policy]


def choose_policy(given: str) -> PolicyChoice:
    """Return the choice for a `--policy` argument; PolicyError for a file that cannot be used."""
    if given.startswith(PREFIX):
        name = given.removeprefix(PREFIX)
        return lambda bundle: bundled_policy(bundle, name)
    policy = load_policy(given)
    return lambda _bundle: policy


def bundled_policy(bundle: TrustedBundle, name: str) -> Policy:
    """Return a policy of the bundle; PolicyError: POLICY_NOT_IN_BUNDLE, POLICY_INVALID."""
    found = bundled_policies(bundle)
    if name not in found:
        names = ", ".join(found) or "-"
        raise PolicyError("POLICY_NOT_IN_BUNDLE", f"version {bundle.version} holds: {names}")
    return parse_policy(found[name])


def bundled_policies(bundle: TrustedBundle) -> dict[str, bytes]:
    """Return the files of all policies in the bundle by name; PolicyError("POLICY_INVALID")."""
    try:
        return read_policies(bundle.policies)
    except FormatError as error:
        raise PolicyError("POLICY_INVALID", f"{PREFIX} {error.code}") from None
