"""The modules that tests here stand for, as the OpenID Foundation names them.

Each test says which one it is: ``@module("oid4vci-1_0-issuer-happy-flow")``. The document
docs/conformance.md is written from that (``make reference``), and a house test sees to it that no
module of these lists is without a test.
"""

from __future__ import annotations

from typing import Final

_ISSUER: Final = "oid4vci-1_0-issuer-"
_VERIFIER: Final = "oid4vp-1final-verifier-"

ISSUER: Final = tuple(
    f"{_ISSUER}{name}"
    for name in (
        "metadata-test",
        "metadata-test-signed",
        "happy-flow",
        "happy-flow-additional-requests",
        "happy-flow-multiple-clients",
        "happy-flow-skip-notification",
        "batch-issuance",
        "fail-invalid-nonce",
        "fail-invalid-jwt-proof-signature",
        "fail-invalid-key-attestation-signature",
        "fail-missing-proof",
        "fail-unknown-credential-configuration",
        "fail-unknown-credential-identifier",
        "fail-unsupported-encryption-algorithm",
        "fail-on-access-token-in-query",
        "fail-invalid-client-attestation-signature",
        "fail-invalid-client-attestation-pop-signature",
        "fail-mismatched-client-attestation-pop-key",
        "fail-client-attestation-exp-in-past",
        "fail-client-attestation-no-sub",
        "fail-client-attestation-pop-wrong-aud",
    )
)

VERIFIER: Final = tuple(
    f"{_VERIFIER}{name}"
    for name in (
        "happy-flow",
        "minimal-cnf-jwk",
        "request-uri-method-post",
        "request-uri-fetched-twice",
        "invalid-session-transcript",
        "invalid-kb-jwt-signature",
        "invalid-credential-signature",
        "invalid-sd-hash",
        "invalid-kb-jwt-nonce",
        "invalid-kb-jwt-aud",
        "kb-jwt-iat-in-past",
        "kb-jwt-iat-in-future",
    )
)

# Our own names: what we had of the Foundation's list told what is checked, not what it is called.
FAPI2: Final = tuple(
    f"fapi2-{name}"
    for name in (
        "discovery",
        "happy-flow",
        "user-rejects",
        "state-without",
        "state-any-text",
        "dpop-iat-10-seconds-before",
        "dpop-iat-10-seconds-after",
        "dpop-nbf-exp",
        "dpop-jkt-mismatch",
        "dpop-par-code-binding",
        "dpop-negative-set",
        "holder-of-key-required",
        "wrong-response-types",
        "par-required",
        "par-reuse",
        "par-expiry",
        "par-foreign-client",
        "par-form-request-uri",
        "par-bad-method",
        "pkce-required",
        "pkce-wrong",
        "pkce-plain",
        "code-bound-to-client",
        "code-reuse",
        "code-expiry",
        "refresh-token",
        "client-id-at-token-endpoint",
        "scheme-case-insensitive",
    )
)

PLANS: Final = {"issuer": ISSUER, "verifier": VERIFIER, "fapi2": FAPI2}
