"""The modules that tests here stand for, as the OpenID Foundation names them.

Each test says which one it is: ``@module("oid4vci-1_0-issuer-happy-flow")``. The document
docs/conformance.md is written from that (``make reference``), and a house test sees to it that no
module of these lists is without a test.
"""

from __future__ import annotations

from typing import Final

_ISSUER: Final = "oid4vci-1_0-issuer-"
_VERIFIER: Final = "oid4vp-1final-verifier-"
_FAPI2: Final = "fapi2-security-profile-final-"

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

FAPI2: Final = tuple(
    f"{_FAPI2}{name}"
    for name in (
        "discovery-end-point-verification",
        "happy-flow",
        "user-rejects-authentication",
        "ensure-authorization-request-without-state-success",
        "ensure-authorization-request-with-long-state",
        "ensure-different-state-inside-and-outside-request-object",
        "state-only-outside-request-object-not-used",
        "ensure-redirect-uri-in-authorization-request",
        "ensure-request-object-without-redirect-uri-fails",
        "plain-fapi-tolerate-unregistered-redirect-uri",
        "ensure-response-type-code-idtoken-fails",
        "ensure-response-type-token-fails",
        "ensure-unsigned-authorization-request-without-using-par-fails",
        "par-attempt-reuse-request_uri",
        "par-ensure-reused-request-uri-prior-to-auth-completion-succeeds",
        "par-attempt-to-use-expired-request_uri",
        "par-attempt-to-use-request_uri-for-different-client",
        "par-authorization-request-containing-request_uri-form-param",
        "par-without-duplicate-parameters",
        "par-attempt-invalid-http-method",
        "par-ensure-pkce-required",
        "ensure-pkce-code-verifier-required",
        "incorrect-pkce-code-verifier-rejected",
        "par-plain-pkce-rejected",
        "ensure-authorization-code-is-bound-to-client",
        "attempt-reuse-authorization-code-after-one-second",
        "ensure-token-endpoint-fails-with-expired-auth-code",
        "ensure-client-id-in-token-endpoint",
        "ensure-holder-of-key-required",
        "refresh-token",
        "access-token-type-header-case-sensitivity",
        "ensure-dpopproof-with-iat-10seconds-before-succeeds",
        "ensure-dpopproof-with-iat-10seconds-after-succeeds",
        "check-dpop-proof-nbf-exp",
        "ensure-mismatched-dpop-jkt-fails",
        "ensure-dpopproof-at-par-endpoint-binding-success",
        "ensure-dpop-auth-code-binding-success",
        "ensure-token-endpoint-fails-with-mismatched-dpop-proof-jkt",
        "ensure-token-endpoint-fails-with-mismatched-dpop-jkt",
        "dpop-negative-tests",
    )
)

PLANS: Final = {"issuer": ISSUER, "verifier": VERIFIER, "fapi2": FAPI2}
