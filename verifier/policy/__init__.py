"""Policies: what an institution accepts, as a JSON file that it edits itself.

`values` is what one says, `form` the strict reading of the file, `files` where it comes from.
"""

from __future__ import annotations

from verifier.policy.files import built_in_policies, load_policy, parse_policy
from verifier.policy.values import Accepted, Policy, ReceiptClaims

__all__ = [
    "Accepted",
    "Policy",
    "ReceiptClaims",
    "built_in_policies",
    "load_policy",
    "parse_policy",
]
