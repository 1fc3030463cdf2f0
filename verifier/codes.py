"""Every verdict this package can give, each with the number of the check that gives it.

The names are the contract: help desks, turnstiles and receipts store them. What a person reads
for each stands in `texts.json`; a test holds that no code goes without words and without a vector.
"""

from __future__ import annotations

from enum import StrEnum


class Code(StrEnum):
    """A stable verdict code; `step` is the check of the plan in `verify` that decides it."""

    # Valid, in three shades that a person must be able to tell apart.
    VALID = "VALID"
    VALID_STATUS_UNKNOWN = "VALID_STATUS_UNKNOWN"
    HOLDER_NOT_PROVEN = "HOLDER_NOT_PROVEN"  # a print: the policy decides whether it is valid
    # 0: this terminal, before any code is looked at
    CLOCK_SUSPECT = "CLOCK_SUSPECT"
    BUNDLE_EXPIRED = "BUNDLE_EXPIRED"
    VERIFIER_TOO_OLD = "VERIFIER_TOO_OLD"  # the registry lets older programs check no more
    # 1 to 3: the text
    TEXT_TOO_LONG = "TEXT_TOO_LONG"
    PREFIX_UNKNOWN = "PREFIX_UNKNOWN"
    NOT_A_CREDENTIAL = "NOT_A_CREDENTIAL"  # a kiosk frame or a challenge was shown instead
    BASE45_INVALID = "BASE45_INVALID"
    CBOR_INVALID = "CBOR_INVALID"  # or not built as the format demands
    FORM_MISMATCH = "FORM_MISMATCH"  # bound to a holder but printed, or the other way round
    # 4 to 6: the issuer
    ISSUER_UNKNOWN = "ISSUER_UNKNOWN"
    ALGORITHM_MISMATCH = "ALGORITHM_MISMATCH"
    SIGNATURE_INVALID = "SIGNATURE_INVALID"
    DOCUMENT_UNKNOWN = "DOCUMENT_UNKNOWN"  # not in this bundle's catalogue
    ISSUER_NOT_ALLOWED = "ISSUER_NOT_ALLOWED"
    CLAIMS_INVALID = "CLAIMS_INVALID"  # signed, but not what the catalogue says
    # 7: times
    ISSUER_KEY_EXPIRED = "ISSUER_KEY_EXPIRED"
    NOT_YET_VALID = "NOT_YET_VALID"
    EXPIRED = "EXPIRED"
    # 8: status
    REVOKED = "REVOKED"
    SUSPENDED = "SUSPENDED"
    STATUS_UNKNOWN = "STATUS_UNKNOWN"
    STATUS_TOO_OLD = "STATUS_TOO_OLD"
    # 9 to 12: the holder
    HOLDER_KEY_INVALID = "HOLDER_KEY_INVALID"
    PROOF_INVALID = "PROOF_INVALID"
    NOT_FRESH = "NOT_FRESH"
    PROOF_FROM_FUTURE = "PROOF_FROM_FUTURE"
    CHALLENGE_EXPIRED = "CHALLENGE_EXPIRED"
    CHALLENGE_MISMATCH = "CHALLENGE_MISMATCH"
    CHALLENGE_UNEXPECTED = "CHALLENGE_UNEXPECTED"  # an answer meant for another verifier
    REPLAYED = "REPLAYED"
    REPLAY_MEMORY_FULL = "REPLAY_MEMORY_FULL"
    # 13: policy
    DOCUMENT_NOT_ACCEPTED = "DOCUMENT_NOT_ACCEPTED"
    CHALLENGE_REQUIRED = "CHALLENGE_REQUIRED"
    FIELD_MISSING = "FIELD_MISSING"
    BELOW_MINIMUM = "BELOW_MINIMUM"
    # 14: portrait
    PORTRAIT_INVALID = "PORTRAIT_INVALID"

    @property
    def step(self) -> int:
        """The number of the check, 0 (this terminal) to 14; 14 as well for what passed them all."""
        return _STEPS.get(self, 14)


_STEPS = {
    Code.HOLDER_NOT_PROVEN: 13,
    Code.CLOCK_SUSPECT: 0,
    Code.BUNDLE_EXPIRED: 0,
    Code.VERIFIER_TOO_OLD: 0,
    Code.TEXT_TOO_LONG: 1,
    Code.PREFIX_UNKNOWN: 1,
    Code.NOT_A_CREDENTIAL: 1,
    Code.BASE45_INVALID: 2,
    Code.CBOR_INVALID: 3,
    Code.FORM_MISMATCH: 3,
    Code.ISSUER_UNKNOWN: 4,
    Code.ALGORITHM_MISMATCH: 5,
    Code.SIGNATURE_INVALID: 6,
    Code.DOCUMENT_UNKNOWN: 6,
    Code.ISSUER_NOT_ALLOWED: 6,
    Code.CLAIMS_INVALID: 6,
    Code.ISSUER_KEY_EXPIRED: 7,
    Code.NOT_YET_VALID: 7,
    Code.EXPIRED: 7,
    Code.REVOKED: 8,
    Code.SUSPENDED: 8,
    Code.STATUS_UNKNOWN: 8,
    Code.STATUS_TOO_OLD: 8,
    Code.HOLDER_KEY_INVALID: 9,
    Code.PROOF_INVALID: 10,
    Code.NOT_FRESH: 11,
    Code.PROOF_FROM_FUTURE: 11,
    Code.CHALLENGE_EXPIRED: 11,
    Code.CHALLENGE_MISMATCH: 11,
    Code.CHALLENGE_UNEXPECTED: 11,
    Code.REPLAYED: 12,
    Code.REPLAY_MEMORY_FULL: 12,
    Code.DOCUMENT_NOT_ACCEPTED: 13,
    Code.CHALLENGE_REQUIRED: 13,
    Code.FIELD_MISSING: 13,
    Code.BELOW_MINIMUM: 13,
}
