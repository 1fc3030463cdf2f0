"""Two or three digits for every verdict, to be read out on the telephone to a help desk.

The first number is the check of the plan in `verifier.verify` (0 this terminal … 14 all passed),
the second one of its outcomes. They never change their meaning; a new verdict gets a new one.
"""

from __future__ import annotations

from typing import Final

# Outcomes that only a desk has, beside the verdicts of `verifier.codes`.
STATUS_OLD: Final = "VALID_STATUS_OLD"  # valid, and from the policy's warning age on said so
SEEN_AGAIN: Final = "SEEN_AGAIN"  # valid, and the same credential was accepted here minutes ago
NOTHING_READ: Final = "NOTHING_READ"  # no code, or several, in a picture
DESK_FAULT: Final = "DESK_FAULT"  # this terminal's own files or programs

SHORT_CODES: Final = {
    "VALID": "14-1",
    "VALID_STATUS_UNKNOWN": "14-2",
    STATUS_OLD: "14-3",
    "PORTRAIT_INVALID": "14-9",
    "CLOCK_SUSPECT": "0-1",
    "BUNDLE_EXPIRED": "0-2",
    "VERIFIER_TOO_OLD": "0-3",
    DESK_FAULT: "0-9",
    "TEXT_TOO_LONG": "1-1",
    "PREFIX_UNKNOWN": "1-2",
    "NOT_A_CREDENTIAL": "1-3",
    NOTHING_READ: "1-9",
    "BASE45_INVALID": "2-1",
    "CBOR_INVALID": "3-1",
    "FORM_MISMATCH": "3-2",
    "ISSUER_UNKNOWN": "4-1",
    "ALGORITHM_MISMATCH": "5-1",
    "SIGNATURE_INVALID": "6-1",
    "DOCUMENT_UNKNOWN": "6-2",
    "ISSUER_NOT_ALLOWED": "6-3",
    "CLAIMS_INVALID": "6-4",
    "ISSUER_KEY_EXPIRED": "7-1",
    "NOT_YET_VALID": "7-2",
    "EXPIRED": "7-3",
    "REVOKED": "8-1",
    "SUSPENDED": "8-2",
    "STATUS_UNKNOWN": "8-3",
    "STATUS_TOO_OLD": "8-4",
    "HOLDER_KEY_INVALID": "9-1",
    "PROOF_INVALID": "10-1",
    "NOT_FRESH": "11-1",
    "PROOF_FROM_FUTURE": "11-2",
    "CHALLENGE_EXPIRED": "11-3",
    "CHALLENGE_MISMATCH": "11-4",
    "CHALLENGE_UNEXPECTED": "11-5",
    "REPLAYED": "12-1",
    "REPLAY_MEMORY_FULL": "12-2",
    SEEN_AGAIN: "12-3",
    "DOCUMENT_NOT_ACCEPTED": "13-1",
    "HOLDER_NOT_PROVEN": "13-2",
    "CHALLENGE_REQUIRED": "13-3",
    "FIELD_MISSING": "13-4",
    "BELOW_MINIMUM": "13-5",
}
