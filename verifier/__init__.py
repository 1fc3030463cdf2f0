"""Checks digital identity credentials offline: at a bank's counter, at an airport's gate.

    bundle = read_bundle("bundle.cose", root=load_root("root.pem"))
    policy = load_policy("bank-kyc")
    try:
        verified = verify(text, bundle=bundle, policy=policy, now=datetime.now(UTC), replay=memory)
    except Refused as refused:
        ...

Installs alone: the core needs cryptography, cbor2 and numpy. Reading images needs the extra
`scan`; everything heavy is imported where it is first used.
"""

from __future__ import annotations

from verifier.bundle import TrustedBundle, read_bundle, trust_bundle
from verifier.codes import Code
from verifier.errors import (
    BundleError,
    PolicyError,
    RootError,
    ScanError,
    StateError,
    VerifierError,
)
from verifier.policy import Policy, built_in_policies, load_policy, parse_policy
from verifier.replay import MemoryReplay, ReplayMemory
from verifier.roots import Root, load_root, root_of
from verifier.state import StateFolder
from verifier.verdict import Facts, Refused, Verified
from verifier.verify import verify

__all__ = [
    "BundleError",
    "Code",
    "Facts",
    "MemoryReplay",
    "Policy",
    "PolicyError",
    "Refused",
    "ReplayMemory",
    "Root",
    "RootError",
    "ScanError",
    "StateError",
    "StateFolder",
    "TrustedBundle",
    "Verified",
    "VerifierError",
    "built_in_policies",
    "load_policy",
    "load_root",
    "parse_policy",
    "read_bundle",
    "root_of",
    "trust_bundle",
    "verify",
]
